ALTER TABLE order_events DROP COLUMN submission;
ALTER TABLE order_events DROP COLUMN changes;
