-- Who has signed in, and until when they are. Times are UTC. What a browser keeps stands here as its SHA-256 alone.
CREATE TABLE people (
    id         INT IDENTITY(1, 1) NOT NULL CONSTRAINT people_pk PRIMARY KEY,
    -- Who vouches for them, and what they are there: neither is ever given to somebody else, as a name or an address is.
    issuer     NVARCHAR(400) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(issuer) >= 1),
    subject    NVARCHAR(255) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(subject) >= 1),
    -- To show; as it was when they last signed in.
    name       NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(name) >= 1),
    created_at DATETIME2(0)  NOT NULL,
    -- Within a minute.
    seen_at    DATETIME2(0)  NOT NULL,
    CONSTRAINT people_identity UNIQUE (issuer, subject)
);

CREATE TABLE sessions (
    id         INT IDENTITY(1, 1) NOT NULL CONSTRAINT sessions_pk PRIMARY KEY,
    token_hash VARBINARY(32) NOT NULL CONSTRAINT sessions_token UNIQUE CHECK (DATALENGTH(token_hash) = 32),
    person_id  INT           NOT NULL CONSTRAINT sessions_person REFERENCES people (id),
    -- Names of roles between commas, which last as long as the session.
    roles      NVARCHAR(100) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(roles) >= 1),
    -- The address that signed in.
    client     NVARCHAR(45)  COLLATE Latin1_General_BIN2 NULL,
    created_at DATETIME2(0)  NOT NULL,
    -- Within a minute.
    seen_at    DATETIME2(0)  NOT NULL,
    -- Whether it is used or not.
    ends_at    DATETIME2(0)  NOT NULL
);

-- A person's own.
CREATE INDEX sessions_by_person ON sessions (person_id, id);
-- What is over is deleted.
CREATE INDEX sessions_by_end ON sessions (ends_at, id);

-- Sign-ins that were begun: what must be known when the browser comes back from the provider, once.
CREATE TABLE sign_ins (
    id          INT IDENTITY(1, 1) NOT NULL CONSTRAINT sign_ins_pk PRIMARY KEY,
    token_hash  VARBINARY(32)  NOT NULL CONSTRAINT sign_ins_token UNIQUE CHECK (DATALENGTH(token_hash) = 32),
    state       NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(state) >= 1),
    nonce       NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(nonce) >= 1),
    verifier    NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(verifier) >= 1),
    -- Within the desk.
    return_path NVARCHAR(2000) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(return_path) >= 1),
    ends_at     DATETIME2(0)   NOT NULL,
    -- The request that has used it.
    claim       BIGINT         NULL
);

CREATE INDEX sign_ins_by_end ON sign_ins (ends_at, id);

-- Who an actor of the history is, whatever they were called. An older program goes on: it writes none.
ALTER TABLE order_events ADD person_id INT NULL CONSTRAINT order_events_person REFERENCES people (id);

-- What a desk may do with them, where it has a user of its own. People are never deleted: the history names them.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE ON people TO orders_desk;
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO orders_desk;
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON sign_ins TO orders_desk;
