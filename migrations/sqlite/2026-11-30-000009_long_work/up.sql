-- How far a job has come that goes through all orders: a key, behind which it goes on.
ALTER TABLE jobs ADD COLUMN reached INTEGER;

-- What came of it beside its counts, as JSON.
ALTER TABLE jobs ADD COLUMN result TEXT CHECK (length(result) BETWEEN 1 AND 4000);

-- What was kept for long enough is deleted by a job that is never over. It has a number of its own: people's jobs are counted
-- from 1. It rests until claimed_until.
INSERT INTO jobs (id, kind, details, submission, state, orders, position, changed, left_out, claimed_until, created_at,
                  created_by)
VALUES (0, 'purge', '{}', 'purge', 'running', 0, 0, 0, 0, datetime('now', '+1 hour'), datetime('now'), 'desk');

-- An older program goes on: it leaves jobs alone whose kind it does not know.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000009, 20261123000001);
