ALTER TABLE order_events DROP COLUMN person_id;
DROP TABLE sign_ins;
DROP TABLE sessions;
DROP TABLE people;
