-- The address of whom an event came from, past trusted proxies; NULL where a command or an earlier release did it.
ALTER TABLE order_events ADD COLUMN client TEXT CHECK (length(client) <= 45);
