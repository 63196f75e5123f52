-- What is to be done, with what such lists are filtered by: an order that is not meant is passed over without reading it.
DROP INDEX orders_open ON orders;
DROP INDEX orders_under_way ON orders;
GO
CREATE INDEX orders_open ON orders (order_date, number)
    INCLUDE (cancelled_at, shipping_date, delivery_date, store_code, product_code, product_quantity, card_brand)
    WHERE cancelled_at IS NULL AND shipping_date IS NULL AND delivery_date IS NULL;
CREATE INDEX orders_under_way ON orders (order_date, number)
    INCLUDE (cancelled_at, shipping_date, delivery_date, store_code, product_code, product_quantity, card_brand)
    WHERE cancelled_at IS NULL AND shipping_date IS NOT NULL AND delivery_date IS NULL;

-- What is done: the newest orders are not, and would all be looked at in vain.
CREATE INDEX orders_delivered ON orders (order_date, number) INCLUDE (cancelled_at, delivery_date)
    WHERE cancelled_at IS NULL AND delivery_date IS NOT NULL;

INSERT INTO schema_compatibility (migration, works_with) VALUES (20261201000002, 20261123000001);
