-- Who has signed in, and until when they are. Times are UTC. What a browser keeps stands here as its SHA-256 alone.
CREATE TABLE people (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Who vouches for them, and what they are there: neither is ever given to somebody else, as a name or an address is.
    issuer     TEXT    NOT NULL CHECK (length(issuer) BETWEEN 1 AND 400),
    subject    TEXT    NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    -- To show; as it was when they last signed in.
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at TEXT    NOT NULL CHECK (length(created_at) = 19),
    -- Within a minute.
    seen_at    TEXT    NOT NULL CHECK (length(seen_at) = 19),
    CONSTRAINT people_identity UNIQUE (issuer, subject)
) STRICT;

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB    NOT NULL CONSTRAINT sessions_token UNIQUE CHECK (length(token_hash) = 32),
    person_id  INTEGER NOT NULL REFERENCES people (id),
    -- Names of roles between commas, which last as long as the session.
    roles      TEXT    NOT NULL CHECK (length(roles) BETWEEN 1 AND 100),
    -- The address that signed in.
    client     TEXT    CHECK (length(client) <= 45),
    created_at TEXT    NOT NULL CHECK (length(created_at) = 19),
    -- Within a minute.
    seen_at    TEXT    NOT NULL CHECK (length(seen_at) = 19),
    -- Whether it is used or not.
    ends_at    TEXT    NOT NULL CHECK (length(ends_at) = 19)
) STRICT;

-- A person's own. SQLite adds the row's id to every index entry.
CREATE INDEX sessions_by_person ON sessions (person_id);
-- What is over is deleted.
CREATE INDEX sessions_by_end ON sessions (ends_at);

-- Sign-ins that were begun: what must be known when the browser comes back from the provider, once.
CREATE TABLE sign_ins (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash  BLOB    NOT NULL CONSTRAINT sign_ins_token UNIQUE CHECK (length(token_hash) = 32),
    state       TEXT    NOT NULL CHECK (length(state) BETWEEN 1 AND 200),
    nonce       TEXT    NOT NULL CHECK (length(nonce) BETWEEN 1 AND 200),
    verifier    TEXT    NOT NULL CHECK (length(verifier) BETWEEN 1 AND 200),
    -- Within the desk.
    return_path TEXT    NOT NULL CHECK (length(return_path) BETWEEN 1 AND 2000),
    ends_at     TEXT    NOT NULL CHECK (length(ends_at) = 19),
    -- The request that has used it.
    claim       INTEGER
) STRICT;

CREATE INDEX sign_ins_by_end ON sign_ins (ends_at);

-- Who an actor of the history is, whatever they were called. An older program goes on: it writes none.
ALTER TABLE order_events ADD COLUMN person_id INTEGER REFERENCES people (id);
