DELETE FROM schema_compatibility WHERE migration = 20261130000009;
DELETE FROM jobs WHERE id = 0;
ALTER TABLE jobs DROP COLUMN result;
ALTER TABLE jobs DROP COLUMN reached;
