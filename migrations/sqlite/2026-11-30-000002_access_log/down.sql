DELETE FROM schema_compatibility WHERE migration = 20261130000002;
DROP TABLE access_outcomes;
DROP TABLE access_log;
