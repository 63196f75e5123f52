-- What a whole desk that was moved here is: one row, in a database that `orders move` has written to. As long as it is no
-- move that has come to its end, nobody serves the database. Times are UTC.
CREATE TABLE relocations (
    id          INT           NOT NULL CONSTRAINT relocations_pk PRIMARY KEY CHECK (id = 1),
    purpose     NVARCHAR(10)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (purpose IN ('move', 'rehearsal')),
    -- The database that it comes from, as people call it.
    source      NVARCHAR(800) COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(source) >= 1),
    started_at  DATETIME2(0)  NOT NULL,
    -- When all rows had been found to be the same; nothing before that.
    finished_at DATETIME2(0)  NULL
);

-- A desk looks whether it may serve, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT ON relocations TO orders_desk;
