-- What an action on many orders did, newest first: few events have one. SQLite adds the primary key to every index entry.
CREATE INDEX order_events_by_job ON order_events (job, at) WHERE job IS NOT NULL;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000008, 20261123000001);
