-- Who acts, by which session, and what it is about. Sessions are gone when they are over: only their numbers stay.
ALTER TABLE access_log ADD COLUMN person_id INTEGER REFERENCES people (id);
ALTER TABLE access_log ADD COLUMN session_id INTEGER;
-- The person whom it is about, and what that person, a view, a key or a path is called. Never a card number or a token.
ALTER TABLE access_log ADD COLUMN subject_id INTEGER REFERENCES people (id);
ALTER TABLE access_log ADD COLUMN subject TEXT CHECK (length(subject) BETWEEN 1 AND 200);

-- Why it was refused, and the session that began by it. 'refused' is an outcome, too, and `orders` counts whatever it was.
ALTER TABLE access_outcomes ADD COLUMN reason TEXT CHECK (length(reason) BETWEEN 1 AND 40);
ALTER TABLE access_outcomes ADD COLUMN session_id INTEGER;

-- Roles at the last sign-in, to see that they have changed.
ALTER TABLE people ADD COLUMN last_roles TEXT CHECK (length(last_roles) BETWEEN 1 AND 100);

-- How each entry stands, 'begun' or its outcome, to find entries by it. Triggers keep it, whichever release writes.
CREATE TABLE access_states (
    number INTEGER PRIMARY KEY,
    state  TEXT    NOT NULL,
    at     TEXT    NOT NULL
) STRICT;

INSERT INTO access_states (number, state, at)
    SELECT access_log.number, coalesce(access_outcomes.outcome, 'begun'), access_log.at
    FROM access_log LEFT JOIN access_outcomes ON access_outcomes.id = access_log.id;

-- Newest first; SQLite adds the entry's number to each.
CREATE INDEX access_states_by_state ON access_states (state, at);
CREATE INDEX access_log_by_time ON access_log (at);
CREATE INDEX access_log_by_actor ON access_log (actor, at);
CREATE INDEX access_log_by_person ON access_log (person_id, at);
CREATE INDEX access_log_by_kind ON access_log (kind, at);
CREATE INDEX access_log_by_client ON access_log (client, at);

CREATE TRIGGER access_log_begins AFTER INSERT ON access_log
BEGIN
    INSERT INTO access_states (number, state, at) VALUES (new.number, 'begun', new.at);
END;

CREATE TRIGGER access_outcomes_end AFTER INSERT ON access_outcomes
BEGIN
    UPDATE access_states SET state = new.outcome
        WHERE number = (SELECT number FROM access_log WHERE id = new.id);
END;

-- Nothing takes an entry's place: REPLACE would delete it without asking the triggers below.
CREATE TRIGGER access_log_once BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE id = new.id OR number = new.number)
BEGIN
    SELECT raise(IGNORE);
END;

CREATE TRIGGER access_outcomes_once BEFORE INSERT ON access_outcomes
WHEN EXISTS (SELECT 1 FROM access_outcomes WHERE id = new.id)
BEGIN
    SELECT raise(IGNORE);
END;

-- Entries last for 90 days at least, whatever `audit.retention_days` says and whoever asks.
DROP TRIGGER access_log_lasts;
CREATE TRIGGER access_log_lasts BEFORE DELETE ON access_log
WHEN old.at >= datetime('now', '-90 days')
BEGIN
    SELECT raise(ABORT, 'access_log is append-only for 90 days');
END;

DROP TRIGGER access_outcomes_last;
CREATE TRIGGER access_outcomes_last BEFORE DELETE ON access_outcomes
WHEN (SELECT at FROM access_log WHERE id = old.id) >= datetime('now', '-90 days')
BEGIN
    SELECT raise(ABORT, 'access_outcomes is append-only for 90 days');
END;

CREATE TRIGGER access_log_goes AFTER DELETE ON access_log
BEGIN
    DELETE FROM access_states WHERE number = old.number;
END;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000006, 20261123000001);
