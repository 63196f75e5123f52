DROP TABLE card_keys;
DROP TABLE order_counts;
DROP TABLE order_events;
DROP TABLE orders;
