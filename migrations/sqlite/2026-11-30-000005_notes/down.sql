DELETE FROM schema_compatibility WHERE migration = 20261130000005;
DROP INDEX order_events_by_kind;
DROP INDEX order_events_by_actor;
DROP INDEX order_events_by_time;
ALTER TABLE order_events DROP COLUMN detail;
ALTER TABLE order_events DROP COLUMN act;
ALTER TABLE orders DROP COLUMN note;
