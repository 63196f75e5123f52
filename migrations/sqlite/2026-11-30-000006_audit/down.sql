DELETE FROM schema_compatibility WHERE migration = 20261130000006;
DROP TRIGGER access_log_goes;
DROP TRIGGER access_outcomes_last;
CREATE TRIGGER access_outcomes_last BEFORE DELETE ON access_outcomes
BEGIN
    SELECT raise(ABORT, 'access_outcomes is append-only');
END;
DROP TRIGGER access_log_lasts;
CREATE TRIGGER access_log_lasts BEFORE DELETE ON access_log
BEGIN
    SELECT raise(ABORT, 'access_log is append-only');
END;
DROP TRIGGER access_outcomes_once;
DROP TRIGGER access_log_once;
DROP TRIGGER access_outcomes_end;
DROP TRIGGER access_log_begins;
DROP INDEX access_log_by_client;
DROP INDEX access_log_by_kind;
DROP INDEX access_log_by_person;
DROP INDEX access_log_by_actor;
DROP INDEX access_log_by_time;
DROP TABLE access_states;
ALTER TABLE people DROP COLUMN last_roles;
ALTER TABLE access_outcomes DROP COLUMN session_id;
ALTER TABLE access_outcomes DROP COLUMN reason;
ALTER TABLE access_log DROP COLUMN subject;
ALTER TABLE access_log DROP COLUMN subject_id;
ALTER TABLE access_log DROP COLUMN session_id;
ALTER TABLE access_log DROP COLUMN person_id;
