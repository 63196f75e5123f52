-- What lists are filtered and sorted by, each followed by the order of the list. SQLite adds the row's number to every
-- index entry: it breaks ties.
CREATE INDEX orders_by_store ON orders (store_code, order_date);
CREATE INDEX orders_by_product ON orders (product_code, order_date);
CREATE INDEX orders_by_customer ON orders (user_id, order_date);
CREATE INDEX orders_by_brand ON orders (card_brand, order_date);
CREATE INDEX orders_by_last4 ON orders (card_last4, order_date);
CREATE INDEX orders_by_quantity ON orders (product_quantity, order_date);
CREATE INDEX orders_by_shipping ON orders (shipping_date, order_date);
CREATE INDEX orders_by_delivery ON orders (delivery_date, order_date, number, cancelled_at);

-- What is to be done: the few orders that are not shipped, not delivered, or cancelled; with all that is asked of them.
-- The plus hides a column from the indexes above, here and in the queries, so that SQLite takes these.
CREATE INDEX orders_open ON orders (order_date, number, cancelled_at, shipping_date, delivery_date)
    WHERE +cancelled_at IS NULL AND +shipping_date IS NULL AND +delivery_date IS NULL;
CREATE INDEX orders_under_way ON orders (order_date, number, cancelled_at, shipping_date, delivery_date)
    WHERE +cancelled_at IS NULL AND +shipping_date IS NOT NULL AND +delivery_date IS NULL;
CREATE INDEX orders_cancelled ON orders (order_date, number, cancelled_at) WHERE +cancelled_at IS NOT NULL;
