-- A key is known by its check value, whatever its file or vault calls it; ids are this database's own.
-- A key that two ids were given to has the first of them from here on.
UPDATE orders SET card_seal_key = (
    SELECT min(one.id) FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value
    WHERE twin.purpose = 'seal' AND twin.id = orders.card_seal_key
) WHERE card_seal_key IN (
    SELECT twin.id FROM card_keys AS one JOIN card_keys AS twin
        ON one.purpose = twin.purpose AND one.check_value = twin.check_value AND one.id < twin.id
    WHERE twin.purpose = 'seal'
);
UPDATE orders SET card_hash_key = (
    SELECT min(one.id) FROM card_keys AS one JOIN card_keys AS twin
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
CREATE UNIQUE INDEX card_keys_by_value ON card_keys (purpose, check_value);

-- When a key came to be known; NULL where that was before this version. When it was retired: from then on nobody has
-- to have it, nothing is sealed or hashed with it, and its id is given to no other.
ALTER TABLE card_keys ADD COLUMN registered_at TEXT CHECK (length(registered_at) = 19);
ALTER TABLE card_keys ADD COLUMN retired_at TEXT CHECK (length(retired_at) = 19);

-- A desk that has not heard of newer keys writes nothing that nobody may be able to read.
CREATE TRIGGER orders_added_with_keys BEFORE INSERT ON orders
WHEN EXISTS (
    SELECT 1 FROM card_keys WHERE retired_at IS NOT NULL
        AND (purpose = 'seal' AND id = NEW.card_seal_key OR purpose = 'hash' AND id = NEW.card_hash_key)
)
BEGIN
    SELECT raise(ABORT, 'a card key is retired');
END;

CREATE TRIGGER orders_changed_with_keys BEFORE UPDATE OF card_sealed, card_hash ON orders
WHEN (NEW.card_sealed <> OLD.card_sealed OR NEW.card_hash <> OLD.card_hash) AND EXISTS (
    SELECT 1 FROM card_keys WHERE retired_at IS NOT NULL
        AND (purpose = 'seal' AND id = NEW.card_seal_key OR purpose = 'hash' AND id = NEW.card_hash_key)
)
BEGIN
    SELECT raise(ABORT, 'a card key is retired');
END;
