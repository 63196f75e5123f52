-- How far a job has come that goes through all orders: a key, behind which it goes on.
ALTER TABLE jobs ADD reached BIGINT NULL;

-- What came of it beside its counts, as JSON.
ALTER TABLE jobs ADD result NVARCHAR(4000) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(result) >= 1);
GO
-- What was kept for long enough is deleted by a job that is never over. It is the first of all, with the number 0, before
-- there is any of a person. It rests until claimed_until.
INSERT INTO jobs (kind, details, submission, state, orders, position, changed, left_out, claimed_until, created_at, created_by)
VALUES ('purge', '{}', 'purge', 'running', 0, 0, 0, 0, DATEADD(hour, 1, SYSUTCDATETIME()), SYSUTCDATETIME(), 'desk');

-- An older program goes on: it leaves jobs alone whose kind it does not know.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000009, 20261123000001);
