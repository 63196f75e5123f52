-- Who took what out of the desk: exports, and searches by a whole card. Times are UTC. No card number stands in a query or a
-- detail.
CREATE TABLE access_log (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What the program calls it, so that writing it twice writes it once.
    id     TEXT    NOT NULL CONSTRAINT access_log_id UNIQUE CHECK (length(id) = 36),
    at     TEXT    NOT NULL CHECK (length(at) = 19),
    actor  TEXT    NOT NULL CHECK (length(actor) BETWEEN 1 AND 200),
    client TEXT    CHECK (length(client) BETWEEN 2 AND 45),
    -- 'export', 'card-search', and whatever later releases write down.
    kind   TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    -- The canonical query string of the list's filter and sort, where it is about a list.
    query  TEXT,
    -- Of an export its format.
    detail TEXT    CHECK (length(detail) BETWEEN 1 AND 200)
) STRICT;

-- What came of it, written when it had ended. What has no row here is under way, or was broken off with the program.
CREATE TABLE access_outcomes (
    id      TEXT    PRIMARY KEY NOT NULL REFERENCES access_log (id),
    at      TEXT    NOT NULL CHECK (length(at) = 19),
    -- 'finished', 'cut-off', 'failed'.
    outcome TEXT    NOT NULL CHECK (length(outcome) BETWEEN 1 AND 40),
    -- How many orders it was.
    orders  INTEGER NOT NULL CHECK (orders >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER access_log_stays BEFORE UPDATE ON access_log
BEGIN
    SELECT raise(ABORT, 'access_log is append-only');
END;

CREATE TRIGGER access_log_lasts BEFORE DELETE ON access_log
BEGIN
    SELECT raise(ABORT, 'access_log is append-only');
END;

CREATE TRIGGER access_outcomes_stay BEFORE UPDATE ON access_outcomes
BEGIN
    SELECT raise(ABORT, 'access_outcomes is append-only');
END;

CREATE TRIGGER access_outcomes_last BEFORE DELETE ON access_outcomes
BEGIN
    SELECT raise(ABORT, 'access_outcomes is append-only');
END;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000002, 20261123000001);
