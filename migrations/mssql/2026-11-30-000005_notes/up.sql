-- A short remark on an order: five hundred characters, of which some count twice here.
ALTER TABLE orders ADD note NVARCHAR(1000) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(note) >= 1);

-- What an event was, where releases before this one know no word for it: to them it is a change.
ALTER TABLE order_events ADD act NVARCHAR(20) COLLATE Latin1_General_BIN2 NULL;

-- What else there is to tell of an event, as JSON: what it took back, why an order was cancelled, its note.
ALTER TABLE order_events ADD detail NVARCHAR(4000) COLLATE Latin1_General_BIN2 NULL;
GO
-- Everything that happened, newest first; by one person, and of one kind.
CREATE INDEX order_events_by_time ON order_events (at, order_number, version);
CREATE INDEX order_events_by_actor ON order_events (actor, at, order_number, version);
CREATE INDEX order_events_by_kind ON order_events (kind, act, at, order_number, version);

-- The list has all that it shows, as before.
DROP INDEX orders_by_date ON orders;
CREATE INDEX orders_by_date ON orders (order_date, number)
    INCLUDE (version, date_uuid, user_id, store_code, product_code, product_quantity, shipping_date, delivery_date,
             cancelled_at, card_brand, card_last4, flags, unseen, note);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000005, 20261123000001);
