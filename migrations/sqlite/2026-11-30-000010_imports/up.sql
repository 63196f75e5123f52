-- Files of orders that somebody brought, and what is known of each. An import has the number of its job in jobs; that table
-- is not referred to, because an older program deletes jobs that nobody has let run. Times are UTC. No card number stands in
-- it but in the pieces, which are sealed.
CREATE TABLE imports (
    id           INTEGER PRIMARY KEY,
    file_name    TEXT    NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    bytes        INTEGER NOT NULL,
    pieces       INTEGER NOT NULL,
    -- What tells the file from every other; nothing as long as it comes in.
    fingerprint  TEXT    CHECK (length(fingerprint) = 16),
    -- How it is read and what its columns are, as JSON; and how often somebody has changed that.
    reading      TEXT,
    mapping      TEXT,
    revision     INTEGER NOT NULL,
    -- What is in it, as JSON; nothing as long as nobody has looked.
    survey       TEXT,
    -- Behind which row it goes on, as JSON.
    resume_at    TEXT    CHECK (length(resume_at) BETWEEN 1 AND 4000),
    -- What came of its rows so far, as JSON.
    counts       TEXT    NOT NULL CHECK (length(counts) BETWEEN 1 AND 4000),
    uploaded_at  TEXT    NOT NULL CHECK (length(uploaded_at) = 19),
    -- When somebody let it run.
    started_at   TEXT    CHECK (length(started_at) = 19),
    -- When its bytes were erased.
    erased_at    TEXT    CHECK (length(erased_at) = 19)
) STRICT;

CREATE INDEX imports_by_fingerprint ON imports (fingerprint);
CREATE INDEX imports_by_erasure ON imports (erased_at, uploaded_at);

-- The bytes of a file, cut into pieces; each is sealed to its file and its place, under a key that is made of that of cards.
CREATE TABLE import_pieces (
    import_id INTEGER NOT NULL,
    nth       INTEGER NOT NULL,
    seal_key  INTEGER NOT NULL,
    sealed    BLOB    NOT NULL CHECK (length(sealed) BETWEEN 28 AND 262172),
    PRIMARY KEY (import_id, nth)
) STRICT;

-- What the columns of files with the same header are, as somebody has said.
CREATE TABLE import_mappings (
    header  TEXT NOT NULL PRIMARY KEY CHECK (length(header) BETWEEN 1 AND 100),
    mapping TEXT NOT NULL CHECK (length(mapping) >= 1),
    used_at TEXT NOT NULL CHECK (length(used_at) = 19)
) STRICT;

-- Which orders a job has.
CREATE INDEX job_orders_by_order ON job_orders (job_id, order_number);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000010, 20261123000001);
