-- Long work that any desk takes up: what it is, who asked for it, how far it has come. Times are UTC. No card number stands
-- in it.
CREATE TABLE jobs (
    -- People's are counted from 1.
    id            BIGINT IDENTITY(0, 1) NOT NULL CONSTRAINT jobs_pk PRIMARY KEY,
    kind          NVARCHAR(40)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(kind) >= 1),
    -- What a job of this kind has to know, as JSON.
    details       NVARCHAR(4000) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(details) >= 1),
    -- The request that asked for it, to know one that is sent twice.
    submission    NVARCHAR(100)  COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT jobs_submission UNIQUE
                  CHECK (LEN(submission) >= 1),
    -- The job that it takes back.
    undoes        BIGINT         NULL,
    state         NVARCHAR(10)   COLLATE Latin1_General_BIN2 NOT NULL
                  CHECK (state IN ('collecting', 'asking', 'running', 'done', 'cancelled', 'failed')),
    -- How many orders it is about, up to which of them it has come, and what came of those.
    orders        INT            NOT NULL,
    position      INT            NOT NULL,
    changed       INT            NOT NULL,
    left_out      INT            NOT NULL,
    -- Until then one desk is at it, and no other takes it up.
    claimed_until DATETIME2(0)   NULL,
    created_at    DATETIME2(0)   NOT NULL,
    created_by    NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(created_by) >= 1),
    -- Who has signed in to ask for it.
    person_id     INT            NULL CONSTRAINT jobs_person REFERENCES people (id),
    client        NVARCHAR(45)   COLLATE Latin1_General_BIN2 NULL,
    ended_at      DATETIME2(0)   NULL
);

-- What is to be done or thrown away, the oldest first.
CREATE INDEX jobs_by_state ON jobs (state, id);

-- The orders of a job as its page showed them, and what came of each.
CREATE TABLE job_orders (
    job_id       BIGINT        NOT NULL CONSTRAINT job_orders_job REFERENCES jobs (id),
    position     INT           NOT NULL,
    order_number BIGINT        NOT NULL,
    -- The version that was shown; the job changes no other.
    version      INT           NOT NULL,
    -- Nothing as long as it waits.
    outcome      NVARCHAR(10)  COLLATE Latin1_General_BIN2 NULL CHECK (outcome IN ('changed', 'left-out')),
    -- Why it was left out, in words.
    reason       NVARCHAR(200) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(reason) >= 1),
    CONSTRAINT job_orders_pk PRIMARY KEY (job_id, position)
);

-- The job that did it; NULL where somebody changed the order by itself, or an earlier release did.
ALTER TABLE order_events ADD job BIGINT NULL;

-- What a desk may do with them, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO orders_desk;
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON job_orders TO orders_desk;

-- The list has all that it shows, as before: it shows the version of each order to whoever acts on many.
DROP INDEX orders_by_date ON orders;
CREATE INDEX orders_by_date ON orders (order_date, number)
    INCLUDE (version, date_uuid, user_id, store_code, product_code, product_quantity, shipping_date, delivery_date,
             cancelled_at, card_brand, card_last4, flags, unseen);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000004, 20261123000001);
