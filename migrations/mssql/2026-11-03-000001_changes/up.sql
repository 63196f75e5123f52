-- What an event changed: a JSON list of field, before and after; of a card its brand and last four digits only.
ALTER TABLE order_events ADD changes NVARCHAR(4000) COLLATE Latin1_General_BIN2 NULL;

-- The form or program that asked for it, to know one that asks twice.
ALTER TABLE order_events ADD submission NVARCHAR(100) COLLATE Latin1_General_BIN2 NULL;
