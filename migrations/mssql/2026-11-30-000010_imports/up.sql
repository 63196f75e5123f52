-- Files of orders that somebody brought, and what is known of each. An import has the number of its job in jobs; that table
-- is not referred to, because an older program deletes jobs that nobody has let run. Times are UTC. No card number stands in
-- it but in the pieces, which are sealed.
CREATE TABLE imports (
    id           BIGINT         NOT NULL CONSTRAINT imports_pk PRIMARY KEY,
    file_name    NVARCHAR(400)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(file_name) >= 1),
    bytes        BIGINT         NOT NULL,
    pieces       INT            NOT NULL,
    -- What tells the file from every other; nothing as long as it comes in.
    fingerprint  NVARCHAR(16)   COLLATE Latin1_General_BIN2 NULL,
    -- How it is read and what its columns are, as JSON; and how often somebody has changed that.
    reading      NVARCHAR(MAX)  COLLATE Latin1_General_BIN2 NULL,
    mapping      NVARCHAR(MAX)  COLLATE Latin1_General_BIN2 NULL,
    revision     INT            NOT NULL,
    -- What is in it, as JSON; nothing as long as nobody has looked.
    survey       NVARCHAR(MAX)  COLLATE Latin1_General_BIN2 NULL,
    -- Behind which row it goes on, as JSON.
    resume_at    NVARCHAR(4000) COLLATE Latin1_General_BIN2 NULL,
    -- What came of its rows so far, as JSON.
    counts       NVARCHAR(4000) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(counts) >= 1),
    uploaded_at  DATETIME2(0)   NOT NULL,
    -- When somebody let it run.
    started_at   DATETIME2(0)   NULL,
    -- When its bytes were erased.
    erased_at    DATETIME2(0)   NULL
);

CREATE INDEX imports_by_fingerprint ON imports (fingerprint, id);
CREATE INDEX imports_by_erasure ON imports (erased_at, uploaded_at, id);

-- The bytes of a file, cut into pieces; each is sealed to its file and its place, under a key that is made of that of cards.
CREATE TABLE import_pieces (
    import_id BIGINT         NOT NULL,
    nth       INT            NOT NULL,
    seal_key  SMALLINT       NOT NULL,
    sealed    VARBINARY(MAX) NOT NULL CHECK (DATALENGTH(sealed) BETWEEN 28 AND 262172),
    CONSTRAINT import_pieces_pk PRIMARY KEY (import_id, nth)
);

-- What the columns of files with the same header are, as somebody has said.
CREATE TABLE import_mappings (
    header  NVARCHAR(100) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT import_mappings_pk PRIMARY KEY
            CHECK (LEN(header) >= 1),
    mapping NVARCHAR(MAX) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(mapping) >= 1),
    used_at DATETIME2(0)  NOT NULL
);

-- Which orders a job has.
CREATE INDEX job_orders_by_order ON job_orders (job_id, order_number);

-- What a desk may do with them, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO orders_desk;
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON import_pieces TO orders_desk;
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON import_mappings TO orders_desk;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000010, 20261123000001);
