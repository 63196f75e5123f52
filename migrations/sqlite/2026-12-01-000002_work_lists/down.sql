DELETE FROM schema_compatibility WHERE migration = 20261201000002;

DROP INDEX orders_delivered;
DROP INDEX orders_under_way;
DROP INDEX orders_open;
CREATE INDEX orders_open ON orders (order_date, number, cancelled_at, shipping_date, delivery_date)
    WHERE +cancelled_at IS NULL AND +shipping_date IS NULL AND +delivery_date IS NULL;
CREATE INDEX orders_under_way ON orders (order_date, number, cancelled_at, shipping_date, delivery_date)
    WHERE +cancelled_at IS NULL AND +shipping_date IS NOT NULL AND +delivery_date IS NULL;
