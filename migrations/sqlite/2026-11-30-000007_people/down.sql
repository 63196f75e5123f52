ALTER TABLE sign_ins DROP COLUMN form_until;
ALTER TABLE sign_ins DROP COLUMN form;
ALTER TABLE sessions DROP COLUMN ended_at;
ALTER TABLE sessions DROP COLUMN browser;
DROP INDEX people_by_name;
ALTER TABLE people DROP COLUMN disabled_reason;
ALTER TABLE people DROP COLUMN disabled_by;
ALTER TABLE people DROP COLUMN disabled_at;
