DELETE FROM schema_compatibility WHERE migration = 20261130000004;
ALTER TABLE order_events DROP COLUMN job;
DROP TABLE job_orders;
DROP TABLE jobs;
