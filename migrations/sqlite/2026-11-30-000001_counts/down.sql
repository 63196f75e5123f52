DELETE FROM schema_compatibility WHERE migration = 20261130000001;
DROP TRIGGER orders_counted_again;
DROP TRIGGER orders_counted_no_more;
DROP TRIGGER orders_counted;
DROP TABLE kept_counts;
