DROP TRIGGER orders_changed_with_keys;
DROP TRIGGER orders_added_with_keys;
ALTER TABLE card_keys DROP COLUMN retired_at;
ALTER TABLE card_keys DROP COLUMN registered_at;
DROP INDEX card_keys_by_value;
