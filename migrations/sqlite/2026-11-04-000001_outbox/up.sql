-- What webhooks are told: a row for each event and endpoint, written in the order's own transaction and kept until a
-- month after it was delivered. Times are UTC. No card data stands in a body.
CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The webhook-id: the same at every try, and for every endpoint that is told of the event.
    message_id      TEXT    NOT NULL CHECK (length(message_id) = 36),
    endpoint        TEXT    NOT NULL CHECK (length(endpoint) BETWEEN 1 AND 400),
    order_number    INTEGER NOT NULL REFERENCES orders (number),
    version         INTEGER NOT NULL,
    kind            TEXT    NOT NULL,
    -- As it is sent: what was true of the order at this version.
    body            TEXT    NOT NULL,
    created_at      TEXT    NOT NULL CHECK (length(created_at) = 19),
    state           TEXT    NOT NULL CHECK (state IN ('waiting', 'failed', 'delivered', 'discarded')),
    attempts        INTEGER NOT NULL,
    next_attempt_at TEXT    NOT NULL CHECK (length(next_attempt_at) = 19),
    -- Until then one desk is sending it, and no other does.
    claimed_until   TEXT             CHECK (length(claimed_until) = 19),
    last_status     INTEGER,
    last_error      TEXT             CHECK (length(last_error) <= 300),
    -- Delivered or discarded: nothing is left to do.
    settled_at      TEXT             CHECK (length(settled_at) = 19),
    CONSTRAINT outbox_key UNIQUE (order_number, endpoint, version)
) STRICT;

-- What is due at an endpoint. SQLite adds the row's id to every index entry.
CREATE INDEX outbox_due ON outbox (state, endpoint, next_attempt_at);

-- What is not settled, newest first; and what was settled long ago.
CREATE INDEX outbox_settled ON outbox (settled_at);
