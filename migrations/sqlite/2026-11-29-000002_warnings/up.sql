-- The doubts about an order, one row each, and who has looked at them (UTC). `orders.flags` has all of an order as bits.
CREATE TABLE order_warnings (
    order_number INTEGER NOT NULL REFERENCES orders (number),
    kind         TEXT    NOT NULL,
    seen_by      TEXT,
    seen_at      TEXT    CHECK (length(seen_at) = 19),
    PRIMARY KEY (order_number, kind),
    CHECK ((seen_by IS NULL) = (seen_at IS NULL))
) STRICT, WITHOUT ROWID;

-- What nobody has seen of a kind.
CREATE INDEX order_warnings_unseen ON order_warnings (kind, order_number, seen_at) WHERE seen_at IS NULL;

-- Which bit is which kind.
CREATE TABLE warning_kinds (
    flag INTEGER PRIMARY KEY,
    kind TEXT    NOT NULL UNIQUE
) STRICT;

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
ALTER TABLE orders ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0 CHECK (unseen >= 0);

INSERT INTO order_warnings (order_number, kind)
    SELECT orders.number, warning_kinds.kind FROM orders CROSS JOIN warning_kinds
    WHERE orders.flags <> 0 AND (orders.flags & warning_kinds.flag) <> 0;

UPDATE orders SET unseen = flags WHERE flags <> 0;

-- The plus hides the column from other indexes, as in the queries.
CREATE INDEX orders_to_check ON orders (order_date, number, unseen) WHERE +unseen <> 0;

-- Programs write flags alone, those of an older release too: a new warning is one that nobody has seen.
CREATE TRIGGER orders_warn AFTER INSERT ON orders WHEN new.flags <> 0
BEGIN
    INSERT INTO order_warnings (order_number, kind)
        SELECT new.number, kind FROM warning_kinds WHERE (new.flags & flag) <> 0;
    UPDATE orders SET unseen = new.flags WHERE number = new.number;
END;

CREATE TRIGGER orders_warn_again AFTER UPDATE OF flags ON orders WHEN new.flags <> old.flags
BEGIN
    DELETE FROM order_warnings
        WHERE order_number = new.number AND kind IN (SELECT kind FROM warning_kinds WHERE (new.flags & flag) = 0);
    INSERT INTO order_warnings (order_number, kind)
        SELECT new.number, kind FROM warning_kinds WHERE (new.flags & flag) <> 0 AND (old.flags & flag) = 0;
    UPDATE orders SET unseen = (unseen & new.flags) | (new.flags & ~old.flags) WHERE number = new.number;
END;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261129000002, 20261123000001);
