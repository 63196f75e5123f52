-- What webhooks are told: a row for each event and endpoint, written in the order's own transaction and kept until a
-- month after it was delivered. Times are UTC. No card data stands in a body.
CREATE TABLE outbox (
    id              BIGINT IDENTITY(1, 1) NOT NULL CONSTRAINT outbox_pk PRIMARY KEY,
    -- The webhook-id: the same at every try, and for every endpoint that is told of the event.
    message_id      NVARCHAR(36)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(message_id) = 36),
    endpoint        NVARCHAR(400)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(endpoint) >= 1),
    order_number    BIGINT         NOT NULL CONSTRAINT outbox_order REFERENCES orders (number),
    version         INT            NOT NULL,
    kind            NVARCHAR(40)   COLLATE Latin1_General_BIN2 NOT NULL,
    -- As it is sent: what was true of the order at this version.
    body            NVARCHAR(4000) COLLATE Latin1_General_BIN2 NOT NULL,
    created_at      DATETIME2(0)   NOT NULL,
    state           NVARCHAR(10)   COLLATE Latin1_General_BIN2 NOT NULL
                    CHECK (state IN ('waiting', 'failed', 'delivered', 'discarded')),
    attempts        INT            NOT NULL,
    next_attempt_at DATETIME2(0)   NOT NULL,
    -- Until then one desk is sending it, and no other does.
    claimed_until   DATETIME2(0)   NULL,
    last_status     SMALLINT       NULL,
    last_error      NVARCHAR(300)  COLLATE Latin1_General_BIN2 NULL,
    -- Delivered or discarded: nothing is left to do.
    settled_at      DATETIME2(0)   NULL,
    CONSTRAINT outbox_key UNIQUE (order_number, endpoint, version)
);

-- What is due at an endpoint.
CREATE INDEX outbox_due ON outbox (state, endpoint, next_attempt_at, id);

-- What is not settled, newest first; and what was settled long ago.
CREATE INDEX outbox_settled ON outbox (settled_at, id);
