DELETE FROM schema_compatibility WHERE migration = 20261130000011;
DROP TRIGGER orders_counted_again;
DROP TRIGGER orders_counted_no_more;
DROP TRIGGER orders_counted;
DROP VIEW counted_orders;
DROP TABLE counted_by_writer;
ALTER TABLE kept_counts RENAME TO kept_counts_after;
CREATE TABLE kept_counts (
    kind      TEXT    NOT NULL CHECK (kind IN ('order', 'store', 'product', 'shipping', 'delivery')),
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

INSERT INTO kept_counts SELECT * FROM kept_counts_after WHERE kind <> 'cancelled';
DROP TABLE kept_counts_after;

-- Kept in the transaction of every order, whichever release writes it.
CREATE TRIGGER orders_counted AFTER INSERT ON orders
BEGIN
    INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, CAST(replace(substr(one.at, 1, digits.n), '-', '') AS INTEGER), 1, new.product_quantity,
               new.cancelled_at IS NOT NULL,
               new.cancelled_at IS NULL AND (new.shipping_date IS NOT NULL OR new.delivery_date IS NOT NULL),
               new.cancelled_at IS NULL AND new.delivery_date IS NOT NULL
        FROM (SELECT 'order' AS kind, '' AS code, new.order_date AS at
              UNION ALL SELECT 'store', new.store_code, new.order_date
              UNION ALL SELECT 'product', new.product_code, new.order_date
              UNION ALL SELECT 'shipping', '', new.shipping_date
              UNION ALL SELECT 'delivery', '', new.delivery_date) AS one
        CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
        WHERE one.at IS NOT NULL
        ON CONFLICT (kind, code, period) DO UPDATE SET
            orders = orders + excluded.orders, units = units + excluded.units,
            cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated,
            delivered = delivered + excluded.delivered;
END;

CREATE TRIGGER orders_counted_no_more AFTER DELETE ON orders
BEGIN
    INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, CAST(replace(substr(one.at, 1, digits.n), '-', '') AS INTEGER), -1, -old.product_quantity,
               -(old.cancelled_at IS NOT NULL),
               -(old.cancelled_at IS NULL AND (old.shipping_date IS NOT NULL OR old.delivery_date IS NOT NULL)),
               -(old.cancelled_at IS NULL AND old.delivery_date IS NOT NULL)
        FROM (SELECT 'order' AS kind, '' AS code, old.order_date AS at
              UNION ALL SELECT 'store', old.store_code, old.order_date
              UNION ALL SELECT 'product', old.product_code, old.order_date
              UNION ALL SELECT 'shipping', '', old.shipping_date
              UNION ALL SELECT 'delivery', '', old.delivery_date) AS one
        CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
        WHERE one.at IS NOT NULL
        ON CONFLICT (kind, code, period) DO UPDATE SET
            orders = orders + excluded.orders, units = units + excluded.units,
            cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated,
            delivered = delivered + excluded.delivered;
END;

CREATE TRIGGER orders_counted_again
AFTER UPDATE OF store_code, product_code, product_quantity, order_date, shipping_date, delivery_date, cancelled_at
ON orders
WHEN new.store_code <> old.store_code OR new.product_code <> old.product_code
    OR new.product_quantity <> old.product_quantity OR new.order_date <> old.order_date
    OR new.shipping_date IS NOT old.shipping_date OR new.delivery_date IS NOT old.delivery_date
    OR new.cancelled_at IS NOT old.cancelled_at
BEGIN
    INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, CAST(replace(substr(one.at, 1, digits.n), '-', '') AS INTEGER), -1, -old.product_quantity,
               -(old.cancelled_at IS NOT NULL),
               -(old.cancelled_at IS NULL AND (old.shipping_date IS NOT NULL OR old.delivery_date IS NOT NULL)),
               -(old.cancelled_at IS NULL AND old.delivery_date IS NOT NULL)
        FROM (SELECT 'order' AS kind, '' AS code, old.order_date AS at
              UNION ALL SELECT 'store', old.store_code, old.order_date
              UNION ALL SELECT 'product', old.product_code, old.order_date
              UNION ALL SELECT 'shipping', '', old.shipping_date
              UNION ALL SELECT 'delivery', '', old.delivery_date) AS one
        CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
        WHERE one.at IS NOT NULL
        ON CONFLICT (kind, code, period) DO UPDATE SET
            orders = orders + excluded.orders, units = units + excluded.units,
            cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated,
            delivered = delivered + excluded.delivered;
    INSERT INTO kept_counts (kind, code, period, orders, units, cancelled, dated, delivered)
        SELECT one.kind, one.code, CAST(replace(substr(one.at, 1, digits.n), '-', '') AS INTEGER), 1, new.product_quantity,
               new.cancelled_at IS NOT NULL,
               new.cancelled_at IS NULL AND (new.shipping_date IS NOT NULL OR new.delivery_date IS NOT NULL),
               new.cancelled_at IS NULL AND new.delivery_date IS NOT NULL
        FROM (SELECT 'order' AS kind, '' AS code, new.order_date AS at
              UNION ALL SELECT 'store', new.store_code, new.order_date
              UNION ALL SELECT 'product', new.product_code, new.order_date
              UNION ALL SELECT 'shipping', '', new.shipping_date
              UNION ALL SELECT 'delivery', '', new.delivery_date) AS one
        CROSS JOIN (SELECT 4 AS n UNION ALL SELECT 10) AS digits
        WHERE one.at IS NOT NULL
        ON CONFLICT (kind, code, period) DO UPDATE SET
            orders = orders + excluded.orders, units = units + excluded.units,
            cancelled = cancelled + excluded.cancelled, dated = dated + excluded.dated,
            delivered = delivered + excluded.delivered;
END;
