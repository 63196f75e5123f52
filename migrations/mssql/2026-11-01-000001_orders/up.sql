-- One row an order. Times of orders are the business's local time, the desk's own times are UTC.
-- The whole card number stands in no column (PCI DSS 4.0, 3.3 to 3.5).
--
-- Text is NVARCHAR, as parameters are; compared by code point, as codes differ by case.
CREATE TABLE orders (
    number           BIGINT IDENTITY(1, 1) NOT NULL CONSTRAINT orders_pk PRIMARY KEY,
    date_uuid        NVARCHAR(36)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(date_uuid) = 36),
    user_id          NVARCHAR(36)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(user_id) BETWEEN 1 AND 36),
    store_code       NVARCHAR(12)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(store_code) BETWEEN 11 AND 12),
    product_code     NVARCHAR(11)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(product_code) BETWEEN 9 AND 11),
    product_quantity INT            NOT NULL CHECK (product_quantity BETWEEN 1 AND 10000),
    order_date       DATETIME2(0)   NOT NULL,
    shipping_date    DATETIME2(0)   NULL,
    delivery_date    DATETIME2(0)   NULL,
    cancelled_at     DATETIME2(0)   NULL,
    card_brand       NVARCHAR(20)   COLLATE Latin1_General_BIN2 NOT NULL,
    card_last4       NVARCHAR(4)    COLLATE Latin1_General_BIN2 NOT NULL CHECK (LEN(card_last4) = 4),
    card_sealed      VARBINARY(64)  NOT NULL,
    card_seal_key    SMALLINT       NOT NULL,
    card_hash        VARBINARY(32)  NOT NULL CHECK (DATALENGTH(card_hash) = 32),
    card_hash_key    SMALLINT       NOT NULL,
    flags            SMALLINT       NOT NULL,
    submission       NVARCHAR(100)  COLLATE Latin1_General_BIN2 NULL,
    version          INT            NOT NULL,
    created_at       DATETIME2(0)   NOT NULL,
    created_by       NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL,
    updated_at       DATETIME2(0)   NOT NULL,
    updated_by       NVARCHAR(200)  COLLATE Latin1_General_BIN2 NOT NULL,
    CONSTRAINT orders_key UNIQUE (date_uuid, user_id)
);

-- The list, newest first, with all that it shows: no page looks its rows up one by one.
CREATE INDEX orders_by_date ON orders (order_date, number)
    INCLUDE (date_uuid, user_id, store_code, product_code, product_quantity, shipping_date, delivery_date,
             cancelled_at, card_brand, card_last4, flags);

-- The history: who did what when. Rows are added and never changed.
CREATE TABLE order_events (
    order_number BIGINT        NOT NULL CONSTRAINT order_events_order REFERENCES orders (number),
    version      INT           NOT NULL,
    at           DATETIME2(0)  NOT NULL,
    actor        NVARCHAR(200) COLLATE Latin1_General_BIN2 NOT NULL,
    kind         NVARCHAR(20)  COLLATE Latin1_General_BIN2 NOT NULL,
    CONSTRAINT order_events_pk PRIMARY KEY (order_number, version)
);

-- How many orders each year, month and day has: 2026, 202603 and 20260304. It counts the list's
-- pages and finds the start of any of them without reading the orders before it.
CREATE TABLE order_counts (
    period INT    NOT NULL CONSTRAINT order_counts_pk PRIMARY KEY,
    orders BIGINT NOT NULL CHECK (orders >= 0)
);

-- The card keys that this database was written with, to tell a wrong key file before it does harm.
-- Holds a check value of each key, never a key.
CREATE TABLE card_keys (
    purpose     NVARCHAR(4)   COLLATE Latin1_General_BIN2 NOT NULL CHECK (purpose IN ('seal', 'hash')),
    id          SMALLINT      NOT NULL,
    check_value VARBINARY(64) NOT NULL,
    CONSTRAINT card_keys_pk PRIMARY KEY (purpose, id)
);
GO
CREATE TRIGGER order_events_stay ON order_events INSTEAD OF UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;
    THROW 50002, 'order_events is append-only', 1;
END;
