DELETE FROM schema_compatibility WHERE migration = 20261130000008;
DROP INDEX order_events_by_job;
