-- Who took what out of the desk: exports, and searches by a whole card. Times are UTC. No card number stands in a query or a
-- detail.
CREATE TABLE access_log (
    number BIGINT IDENTITY(1, 1) NOT NULL CONSTRAINT access_log_pk PRIMARY KEY,
    -- What the program calls it, so that writing it twice writes it once.
    id     NVARCHAR(36)  COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT access_log_id UNIQUE CHECK (LEN(id) = 36),
    at     DATETIME2(0)  NOT NULL,
    actor  NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(actor) >= 1),
    client NVARCHAR(45)  COLLATE Latin1_General_BIN2 NULL CHECK (LEN(client) >= 2),
    -- 'export', 'card-search', and whatever later releases write down.
    kind   NVARCHAR(40)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(kind) >= 1),
    -- The canonical query string of the list's filter and sort, where it is about a list.
    query  NVARCHAR(MAX) COLLATE Latin1_General_BIN2 NULL,
    -- Of an export its format.
    detail NVARCHAR(200) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(detail) >= 1)
);

-- What came of it, written when it had ended. What has no row here is under way, or was broken off with the program.
-- A trigger stands for the foreign key: Babelfish compares no text that has a collation of its own for one.
CREATE TABLE access_outcomes (
    id      NVARCHAR(36) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT access_outcomes_pk PRIMARY KEY,
    at      DATETIME2(0) NOT NULL,
    -- 'finished', 'cut-off', 'failed'.
    outcome NVARCHAR(40) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(outcome) >= 1),
    -- How many orders it was.
    orders  BIGINT       NOT NULL CHECK (orders >= 0)
);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000002, 20261123000001);

-- What a desk may do with them, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
BEGIN
    GRANT SELECT, INSERT ON access_log TO orders_desk;
    GRANT SELECT, INSERT ON access_outcomes TO orders_desk;
END;
GO
CREATE TRIGGER access_log_stays ON access_log INSTEAD OF UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    THROW 50002, 'access_log is append-only', 1;
END;
GO
CREATE TRIGGER access_outcomes_stay ON access_outcomes INSTEAD OF UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    THROW 50002, 'access_outcomes is append-only', 1;
END;
GO
CREATE TRIGGER access_outcomes_of_entries ON access_outcomes AFTER INSERT
AS
BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM inserted WHERE NOT EXISTS (SELECT 1 FROM access_log WHERE access_log.id = inserted.id))
        THROW 50002, 'an outcome is of an entry of access_log', 1;
END;
