-- Counts by the day of cancellation, too: the day in UTC, as that moment is stored. And a way to count many orders at once.
DROP TRIGGER orders_counted;
DROP TRIGGER orders_counted_no_more;
DROP TRIGGER orders_counted_again;

ALTER TABLE kept_counts RENAME TO kept_counts_before;
CREATE TABLE kept_counts (
    -- order, store, product, shipping, delivery, cancelled; a later release may count by more.
    kind      TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 10),
    -- Of the store or product; empty for the other kinds.
    code      TEXT    NOT NULL,
    -- A year or a day: 2026, 20260304.
    period    INTEGER NOT NULL,
    orders    INTEGER NOT NULL,
    units     INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    -- Those not cancelled that have a date of shipping or delivery, past or to come.
    dated     INTEGER NOT NULL,
    -- Those not cancelled that have a date of delivery, past or to come.
    delivered INTEGER NOT NULL,
    PRIMARY KEY (kind, code, period)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_counts SELECT * FROM kept_counts_before;
DROP TABLE kept_counts_before;

INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
    SELECT 'cancelled', '', CAST(replace(substr(cancelled_at, 1, digits.n), '-', '') AS INTEGER), count(*),
           sum(product_quantity), count(*), 0, 0
    FROM orders CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
    WHERE cancelled_at IS NOT NULL GROUP BY 3;

-- Has a row within a transaction that adds many orders, and counts them itself: many counts are the same ones.
CREATE TABLE counted_by_writer (id INTEGER PRIMARY KEY CHECK (id = 1)) STRICT;

-- What is inserted here is an order that is counted, once or minus once. It has no rows of its own.
CREATE VIEW counted_orders AS
    SELECT 1 AS orders, store_code, product_code, product_quantity, order_date, shipping_date, delivery_date, cancelled_at
    FROM orders WHERE 0;

CREATE TRIGGER counted_orders_are_kept INSTEAD OF INSERT ON counted_orders
BEGIN
    INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, CAST(replace(substr(one.at, 1, digits.n), '-', '') AS INTEGER), new.orders,
               new.orders * new.product_quantity, new.orders * (new.cancelled_at IS NOT NULL),
               new.orders * (new.cancelled_at IS NULL
                             AND (new.shipping_date IS NOT NULL OR new.delivery_date IS NOT NULL)),
               new.orders * (new.cancelled_at IS NULL AND new.delivery_date IS NOT NULL)
        FROM (SELECT 'order' AS kind, '' AS code, new.order_date AS at
              UNION ALL SELECT 'store', new.store_code, new.order_date
              UNION ALL SELECT 'product', new.product_code, new.order_date
              UNION ALL SELECT 'shipping', '', new.shipping_date
              UNION ALL SELECT 'delivery', '', new.delivery_date
              UNION ALL SELECT 'cancelled', '', new.cancelled_at) AS one
        CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
        WHERE one.at IS NOT NULL
        ON CONFLICT (kind, code, period) DO UPDATE SET
            orders = orders + excluded.orders, units = units + excluded.units,
            cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated,
            delivered = delivered + excluded.delivered;
END;

-- Kept in the transaction of every order, whichever release writes it.
CREATE TRIGGER orders_counted AFTER INSERT ON orders WHEN NOT EXISTS (SELECT 1 FROM counted_by_writer)
BEGIN
    INSERT INTO counted_orders
        VALUES (1, new.store_code, new.product_code, new.product_quantity, new.order_date, new.shipping_date,
                new.delivery_date, new.cancelled_at);
END;

CREATE TRIGGER orders_counted_no_more AFTER DELETE ON orders
BEGIN
    INSERT INTO counted_orders
        VALUES (-1, old.store_code, old.product_code, old.product_quantity, old.order_date, old.shipping_date,
                old.delivery_date, old.cancelled_at);
END;

CREATE TRIGGER orders_counted_again
AFTER UPDATE OF store_code, product_code, product_quantity, order_date, shipping_date, delivery_date, cancelled_at
ON orders
WHEN new.store_code <> old.store_code OR new.product_code <> old.product_code
    OR new.product_quantity <> old.product_quantity OR new.order_date <> old.order_date
    OR new.shipping_date IS NOT old.shipping_date OR new.delivery_date IS NOT old.delivery_date
    OR new.cancelled_at IS NOT old.cancelled_at
BEGIN
    INSERT INTO counted_orders
        VALUES (-1, old.store_code, old.product_code, old.product_quantity, old.order_date, old.shipping_date,
                old.delivery_date, old.cancelled_at);
    INSERT INTO counted_orders
        VALUES (1, new.store_code, new.product_code, new.product_quantity, new.order_date, new.shipping_date,
                new.delivery_date, new.cancelled_at);
END;

-- An older program goes on: the triggers count what it writes.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000011, 20261123000001);
