-- What a whole desk that was moved here is: one row, in a database that `orders move` has written to. As long as it is no
-- move that has come to its end, nobody serves the database. Times are UTC.
CREATE TABLE relocations (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    purpose     TEXT    NOT NULL CHECK (purpose IN ('move', 'rehearsal')),
    -- The database that it comes from, as people call it.
    source      TEXT    NOT NULL CHECK (length(source) BETWEEN 1 AND 400),
    started_at  TEXT    NOT NULL CHECK (length(started_at) = 19),
    -- When all rows had been found to be the same; nothing before that.
    finished_at TEXT    CHECK (length(finished_at) = 19)
) STRICT;
