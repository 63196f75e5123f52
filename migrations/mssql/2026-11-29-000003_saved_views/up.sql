-- Own views: lists that the people of the desk have named. Times are UTC. No card number stands in a name or a query.
CREATE TABLE saved_views (
    id         INT IDENTITY(1, 1) NOT NULL CONSTRAINT saved_views_pk PRIMARY KEY,
    -- Forty characters; one that is not of the Basic Multilingual Plane counts twice here.
    name       NVARCHAR(80)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(name) >= 1),
    -- The name without regard to case.
    name_key   NVARCHAR(240)  COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT saved_views_name UNIQUE
               CHECK (LEN(name_key) >= 1),
    -- The canonical query string of the list's filter and sort; empty for all orders, newest first.
    query      NVARCHAR(4000) COLLATE Latin1_General_BIN2 NOT NULL,
    -- Where it stands among the others; where two have the same place, the older one comes first.
    position   INT            NOT NULL,
    version    INT            NOT NULL,
    created_at DATETIME2(0)   NOT NULL,
    created_by NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(created_by) >= 1),
    updated_at DATETIME2(0)   NOT NULL,
    updated_by NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(updated_by) >= 1)
);

-- As the list shows them.
CREATE INDEX saved_views_by_position ON saved_views (position, id);

-- What a desk may do with it, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
    GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO orders_desk;
