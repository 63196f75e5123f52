-- The doubts about an order, one row each, and who has looked at them (UTC). `orders.flags` has all of an order as bits.
CREATE TABLE order_warnings (
    order_number BIGINT        NOT NULL CONSTRAINT order_warnings_order REFERENCES orders (number),
    kind         NVARCHAR(40)  COLLATE Latin1_General_BIN2 NOT NULL,
    seen_by      NVARCHAR(200) COLLATE Latin1_General_BIN2 NULL,
    seen_at      DATETIME2(0)  NULL,
    CONSTRAINT order_warnings_pk PRIMARY KEY (order_number, kind)
);

-- What nobody has seen of a kind.
CREATE INDEX order_warnings_unseen ON order_warnings (kind, order_number) INCLUDE (seen_at) WHERE seen_at IS NULL;

-- Which bit is which kind.
CREATE TABLE warning_kinds (
    flag SMALLINT     NOT NULL CONSTRAINT warning_kinds_pk PRIMARY KEY,
    kind NVARCHAR(40) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT warning_kinds_kind UNIQUE
);

INSERT INTO warning_kinds (flag, kind) VALUES
    (1, 'card-check-digit'),
    (2, 'card-length'),
    (4, 'customer-id'),
    (8, 'card-mark'),
    (16, 'order-date-future'),
    (32, 'order-date-old'),
    (64, 'shipping-date'),
    (128, 'delivery-date'),
    (256, 'date-unreadable'),
    (512, 'card-unchecked'),
    (1024, 'card-placeholder'),
    (2048, 'card-security-code'),
    (4096, 'customer-id-masked');

-- The bits that nobody has seen, for an index in the order of the list.
ALTER TABLE orders ADD unseen SMALLINT NOT NULL CONSTRAINT orders_unseen DEFAULT 0;

-- Where people sign in to the database, the desk's own role was made before this table.
IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = 'orders_desk')
    EXEC('GRANT SELECT, UPDATE ON order_warnings TO orders_desk');
GO
INSERT INTO order_warnings (order_number, kind)
    SELECT orders.number, warning_kinds.kind FROM orders CROSS JOIN warning_kinds
    WHERE orders.flags <> 0 AND (orders.flags & warning_kinds.flag) <> 0;

UPDATE orders SET unseen = flags WHERE flags <> 0;

CREATE INDEX orders_to_check ON orders (order_date, number) INCLUDE (unseen) WHERE unseen <> 0;

-- The list has all that it shows, as before.
DROP INDEX orders_by_date ON orders;
CREATE INDEX orders_by_date ON orders (order_date, number)
    INCLUDE (date_uuid, user_id, store_code, product_code, product_quantity, shipping_date, delivery_date,
             cancelled_at, card_brand, card_last4, flags, unseen);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261129000002, 20261123000001);
GO
-- Programs write flags alone, those of an older release too: a new warning is one that nobody has seen.
CREATE TRIGGER orders_warn ON orders AFTER INSERT
AS
BEGIN
    SET NOCOUNT ON;
    IF NOT EXISTS (SELECT 1 FROM inserted WHERE flags <> 0)
        RETURN;
    INSERT INTO order_warnings (order_number, kind)
        SELECT inserted.number, warning_kinds.kind FROM inserted CROSS JOIN warning_kinds
        WHERE (inserted.flags & warning_kinds.flag) <> 0;
    UPDATE orders SET unseen = inserted.flags
        FROM orders JOIN inserted ON inserted.number = orders.number
        WHERE inserted.flags <> 0;
END;
GO
CREATE TRIGGER orders_warn_again ON orders AFTER UPDATE
AS
BEGIN
    SET NOCOUNT ON;
    IF NOT EXISTS (SELECT 1 FROM inserted JOIN deleted ON deleted.number = inserted.number
                   WHERE inserted.flags <> deleted.flags)
        RETURN;
    DELETE FROM order_warnings
        WHERE EXISTS (SELECT 1 FROM inserted CROSS JOIN warning_kinds
                      WHERE inserted.number = order_warnings.order_number
                      AND warning_kinds.kind = order_warnings.kind
                      AND (inserted.flags & warning_kinds.flag) = 0);
    INSERT INTO order_warnings (order_number, kind)
        SELECT inserted.number, warning_kinds.kind
        FROM inserted JOIN deleted ON deleted.number = inserted.number CROSS JOIN warning_kinds
        WHERE (inserted.flags & warning_kinds.flag) <> 0 AND (deleted.flags & warning_kinds.flag) = 0;
    UPDATE orders SET unseen = (orders.unseen & inserted.flags) | (inserted.flags & ~deleted.flags)
        FROM orders JOIN inserted ON inserted.number = orders.number JOIN deleted ON deleted.number = orders.number
        WHERE inserted.flags <> deleted.flags;
END;
