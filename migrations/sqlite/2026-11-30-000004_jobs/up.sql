-- Long work that any desk takes up: what it is, who asked for it, how far it has come. Times are UTC. No card number stands
-- in it.
CREATE TABLE jobs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL CHECK (length(kind) BETWEEN 1 AND 40),
    -- What a job of this kind has to know, as JSON.
    details       TEXT    NOT NULL CHECK (length(details) BETWEEN 1 AND 4000),
    -- The request that asked for it, to know one that is sent twice.
    submission    TEXT    NOT NULL CONSTRAINT jobs_submission UNIQUE CHECK (length(submission) BETWEEN 1 AND 100),
    -- The job that it takes back.
    undoes        INTEGER,
    state         TEXT    NOT NULL
                  CHECK (state IN ('collecting', 'asking', 'running', 'done', 'cancelled', 'failed')),
    -- How many orders it is about, up to which of them it has come, and what came of those.
    orders        INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    changed       INTEGER NOT NULL,
    left_out      INTEGER NOT NULL,
    -- Until then one desk is at it, and no other takes it up.
    claimed_until TEXT    CHECK (length(claimed_until) = 19),
    created_at    TEXT    NOT NULL CHECK (length(created_at) = 19),
    created_by    TEXT    NOT NULL CHECK (length(created_by) BETWEEN 1 AND 200),
    -- Who has signed in to ask for it.
    person_id     INTEGER REFERENCES people (id),
    client        TEXT    CHECK (length(client) <= 45),
    ended_at      TEXT    CHECK (length(ended_at) = 19)
) STRICT;

-- What is to be done or thrown away, the oldest first. SQLite adds the row's id to every index entry.
CREATE INDEX jobs_by_state ON jobs (state);

-- The orders of a job as its page showed them, and what came of each.
CREATE TABLE job_orders (
    job_id       INTEGER NOT NULL REFERENCES jobs (id),
    position     INTEGER NOT NULL,
    order_number INTEGER NOT NULL,
    -- The version that was shown; the job changes no other.
    version      INTEGER NOT NULL,
    -- Nothing as long as it waits.
    outcome      TEXT    CHECK (outcome IN ('changed', 'left-out')),
    -- Why it was left out, in words.
    reason       TEXT    CHECK (length(reason) BETWEEN 1 AND 200),
    PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;

-- The job that did it; NULL where somebody changed the order by itself, or an earlier release did.
ALTER TABLE order_events ADD COLUMN job INTEGER;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000004, 20261123000001);
