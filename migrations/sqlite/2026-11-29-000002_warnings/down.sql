DELETE FROM schema_compatibility WHERE migration = 20261129000002;
DROP TRIGGER orders_warn_again;
DROP TRIGGER orders_warn;
DROP INDEX orders_to_check;
ALTER TABLE orders DROP COLUMN unseen;
DROP TABLE warning_kinds;
DROP TABLE order_warnings;
