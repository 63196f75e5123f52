-- What an event changed: a JSON list of field, before and after; of a card its brand and last four digits only.
ALTER TABLE order_events ADD COLUMN changes TEXT CHECK (length(changes) <= 4000);

-- The form or program that asked for it, to know one that asks twice.
ALTER TABLE order_events ADD COLUMN submission TEXT CHECK (length(submission) <= 100);
