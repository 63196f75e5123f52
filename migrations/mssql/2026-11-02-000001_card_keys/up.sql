-- A key is known by its check value, whatever its file or vault calls it; ids are this database's own.
-- A key that two ids were given to has the first of them from here on.
UPDATE orders SET card_seal_key = (
    SELECT MIN(one.id) FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value
    WHERE twin.purpose = 'seal' AND twin.id = orders.card_seal_key
) WHERE card_seal_key IN (
    SELECT twin.id FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value AND one.id < twin.id
    WHERE twin.purpose = 'seal'
);
UPDATE orders SET card_hash_key = (
    SELECT MIN(one.id) FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value
    WHERE twin.purpose = 'hash' AND twin.id = orders.card_hash_key
) WHERE card_hash_key IN (
    SELECT twin.id FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value AND one.id < twin.id
    WHERE twin.purpose = 'hash'
);
DELETE FROM card_keys WHERE EXISTS (
    SELECT 1 FROM card_keys AS one
    WHERE one.purpose = card_keys.purpose AND one.check_value = card_keys.check_value AND one.id < card_keys.id
);
ALTER TABLE card_keys ADD CONSTRAINT card_keys_value UNIQUE (purpose, check_value);

-- When a key came to be known; NULL where that was before this version. When it was retired: from then on nobody has
-- to have it, nothing is sealed or hashed with it, and its id is given to no other.
ALTER TABLE card_keys ADD registered_at DATETIME2(0) NULL;
ALTER TABLE card_keys ADD retired_at DATETIME2(0) NULL;
GO
-- A desk that has not heard of newer keys writes nothing that nobody may be able to read.
CREATE TRIGGER orders_with_keys ON orders AFTER INSERT, UPDATE
AS
BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM card_keys WHERE retired_at IS NOT NULL) AND EXISTS (
        SELECT 1 FROM inserted
        JOIN card_keys ON card_keys.purpose = 'seal' AND card_keys.id = inserted.card_seal_key
            OR card_keys.purpose = 'hash' AND card_keys.id = inserted.card_hash_key
        LEFT JOIN deleted ON deleted.number = inserted.number
        WHERE card_keys.retired_at IS NOT NULL AND (deleted.number IS NULL
            OR deleted.card_sealed <> inserted.card_sealed OR deleted.card_hash <> inserted.card_hash)
    )
        THROW 50003, 'a card key is retired', 1;
END;
