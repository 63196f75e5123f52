DELETE FROM schema_compatibility WHERE migration = 20261130000010;
DROP INDEX job_orders_by_order;
DROP TABLE import_mappings;
DROP TABLE import_pieces;
DROP TABLE imports;
