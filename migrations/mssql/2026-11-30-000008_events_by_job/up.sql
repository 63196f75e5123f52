-- What an action on many orders did, newest first: few events have one.
CREATE INDEX order_events_by_job ON order_events (job, at, order_number, version) WHERE job IS NOT NULL;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000008, 20261123000001);
