-- A short remark on an order.
ALTER TABLE orders ADD COLUMN note TEXT CHECK (length(note) BETWEEN 1 AND 500);

-- What an event was, where releases before this one know no word for it: to them it is a change.
ALTER TABLE order_events ADD COLUMN act TEXT CHECK (length(act) <= 20);

-- What else there is to tell of an event, as JSON: what it took back, why an order was cancelled, its note.
ALTER TABLE order_events ADD COLUMN detail TEXT CHECK (length(detail) <= 4000);

-- Everything that happened, newest first; by one person, and of one kind. SQLite adds the primary key to every index entry.
CREATE INDEX order_events_by_time ON order_events (at);
CREATE INDEX order_events_by_actor ON order_events (actor, at);
CREATE INDEX order_events_by_kind ON order_events (kind, act, at);

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000005, 20261123000001);
