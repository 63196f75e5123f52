-- One row an order. Times of orders are the business's local time, the desk's own times are UTC;
-- both as YYYY-MM-DD HH:MM:SS. The whole card number stands in no column (PCI DSS 4.0, 3.3 to 3.5).
CREATE TABLE orders (
    number           INTEGER PRIMARY KEY AUTOINCREMENT,
    date_uuid        TEXT    NOT NULL CHECK (length(date_uuid) = 36),
    user_id          TEXT    NOT NULL CHECK (length(user_id) BETWEEN 1 AND 36),
    store_code       TEXT    NOT NULL CHECK (length(store_code) BETWEEN 11 AND 12),
    product_code     TEXT    NOT NULL CHECK (length(product_code) BETWEEN 9 AND 11),
    product_quantity INTEGER NOT NULL CHECK (product_quantity BETWEEN 1 AND 10000),
    order_date       TEXT    NOT NULL CHECK (length(order_date) = 19),
    shipping_date    TEXT             CHECK (length(shipping_date) = 19),
    delivery_date    TEXT             CHECK (length(delivery_date) = 19),
    cancelled_at     TEXT             CHECK (length(cancelled_at) = 19),
    card_brand       TEXT    NOT NULL,
    card_last4       TEXT    NOT NULL CHECK (length(card_last4) = 4),
    card_sealed      BLOB    NOT NULL,
    card_seal_key    INTEGER NOT NULL,
    card_hash        BLOB    NOT NULL CHECK (length(card_hash) = 32),
    card_hash_key    INTEGER NOT NULL,
    flags            INTEGER NOT NULL,
    submission       TEXT,
    version          INTEGER NOT NULL,
    created_at       TEXT    NOT NULL CHECK (length(created_at) = 19),
    created_by       TEXT    NOT NULL,
    updated_at       TEXT    NOT NULL CHECK (length(updated_at) = 19),
    updated_by       TEXT    NOT NULL,
    CONSTRAINT orders_key UNIQUE (date_uuid, user_id)
) STRICT;

-- The list, newest first. SQLite adds the row's number to every index entry: it breaks ties.
CREATE INDEX orders_by_date ON orders (order_date);

-- The history: who did what when. Rows are added and never changed.
CREATE TABLE order_events (
    order_number INTEGER NOT NULL REFERENCES orders (number),
    version      INTEGER NOT NULL,
    at           TEXT    NOT NULL CHECK (length(at) = 19),
    actor        TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    PRIMARY KEY (order_number, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER order_events_stay BEFORE UPDATE ON order_events
BEGIN
    SELECT raise(ABORT, 'order_events is append-only');
END;

CREATE TRIGGER order_events_last BEFORE DELETE ON order_events
BEGIN
    SELECT raise(ABORT, 'order_events is append-only');
END;

-- How many orders each year, month and day has: 2026, 202603 and 20260304. It counts the list's
-- pages and finds the start of any of them without reading the orders before it.
CREATE TABLE order_counts (
    period INTEGER PRIMARY KEY,
    orders INTEGER NOT NULL CHECK (orders >= 0)
) STRICT;

-- The card keys that this database was written with, to tell a wrong key file before it does harm.
-- Holds a check value of each key, never a key.
CREATE TABLE card_keys (
    purpose     TEXT    NOT NULL CHECK (purpose IN ('seal', 'hash')),
    id          INTEGER NOT NULL,
    check_value BLOB    NOT NULL,
    PRIMARY KEY (purpose, id)
) STRICT, WITHOUT ROWID;
