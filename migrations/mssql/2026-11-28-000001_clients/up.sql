-- The address of whom an event came from, past trusted proxies; NULL where a command or an earlier release did it.
ALTER TABLE order_events ADD client NVARCHAR(45) COLLATE Latin1_General_BIN2 NULL;
