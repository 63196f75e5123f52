-- Who acts, by which session, and what it is about. Sessions are gone when they are over: only their numbers stay.
ALTER TABLE access_log ADD person_id INT NULL CONSTRAINT access_log_person REFERENCES people (id);
ALTER TABLE access_log ADD session_id INT NULL;
-- The person whom it is about, and what that person, a view, a key or a path is called. Never a card number or a token.
ALTER TABLE access_log ADD subject_id INT NULL CONSTRAINT access_log_subject REFERENCES people (id);
ALTER TABLE access_log ADD subject NVARCHAR(200) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(subject) >= 1);

-- Why it was refused, and the session that began by it. 'refused' is an outcome, too, and `orders` counts whatever it was.
ALTER TABLE access_outcomes ADD reason NVARCHAR(40) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(reason) >= 1);
ALTER TABLE access_outcomes ADD session_id INT NULL;

-- Roles at the last sign-in, to see that they have changed.
ALTER TABLE people ADD last_roles NVARCHAR(100) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(last_roles) >= 1);

-- How each entry stands, 'begun' or its outcome, to find entries by it. Triggers keep it, whichever release writes.
CREATE TABLE access_states (
    number BIGINT       NOT NULL CONSTRAINT access_states_pk PRIMARY KEY,
    state  NVARCHAR(40) COLLATE Latin1_General_BIN2 NOT NULL,
    at     DATETIME2(0) NOT NULL
);

-- What a desk may do with them, where it has a user of its own.
IF DATABASE_PRINCIPAL_ID('orders_desk') IS NOT NULL
BEGIN
    GRANT SELECT ON access_states TO orders_desk;
    GRANT DELETE ON access_log TO orders_desk;
    GRANT DELETE ON access_outcomes TO orders_desk;
END;
GO
INSERT INTO access_states (number, state, at)
    SELECT access_log.number, COALESCE(access_outcomes.outcome, 'begun'), access_log.at
    FROM access_log LEFT JOIN access_outcomes ON access_outcomes.id = access_log.id;

-- Newest first.
CREATE INDEX access_states_by_state ON access_states (state, at, number);
CREATE INDEX access_log_by_time ON access_log (at, number);
CREATE INDEX access_log_by_actor ON access_log (actor, at, number);
CREATE INDEX access_log_by_person ON access_log (person_id, at, number);
CREATE INDEX access_log_by_kind ON access_log (kind, at, number);
CREATE INDEX access_log_by_client ON access_log (client, at, number);

DROP TRIGGER access_log_stays;
DROP TRIGGER access_outcomes_stay;

-- An older program goes on: it knows nothing of all this, and need not.
INSERT INTO schema_compatibility (migration, works_with) VALUES (20261130000006, 20261123000001);
GO
CREATE TRIGGER access_log_begins ON access_log AFTER INSERT
AS
BEGIN
    SET NOCOUNT ON;
    INSERT INTO access_states (number, state, at) SELECT number, 'begun', at FROM inserted;
END;
GO
CREATE TRIGGER access_outcomes_end ON access_outcomes AFTER INSERT
AS
BEGIN
    SET NOCOUNT ON;
    UPDATE access_states SET state = inserted.outcome
        FROM access_states JOIN access_log ON access_log.number = access_states.number
        JOIN inserted ON inserted.id = access_log.id;
END;
GO
CREATE TRIGGER access_log_stays ON access_log INSTEAD OF UPDATE
AS
BEGIN
    SET NOCOUNT ON;
    THROW 50002, 'access_log is append-only', 1;
END;
GO
CREATE TRIGGER access_outcomes_stay ON access_outcomes INSTEAD OF UPDATE
AS
BEGIN
    SET NOCOUNT ON;
    THROW 50002, 'access_outcomes is append-only', 1;
END;
GO
-- Entries last for 90 days at least, whatever `audit.retention_days` says and whoever asks.
CREATE TRIGGER access_log_lasts ON access_log AFTER DELETE
AS
BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM deleted WHERE at >= DATEADD(DAY, -90, SYSUTCDATETIME()))
        THROW 50002, 'access_log is append-only for 90 days', 1;
    DELETE FROM access_states WHERE number IN (SELECT number FROM deleted);
END;
GO
CREATE TRIGGER access_outcomes_last ON access_outcomes AFTER DELETE
AS
BEGIN
    SET NOCOUNT ON;
    IF EXISTS (SELECT 1 FROM deleted JOIN access_log ON access_log.id = deleted.id
               WHERE access_log.at >= DATEADD(DAY, -90, SYSUTCDATETIME()))
        THROW 50002, 'access_outcomes is append-only for 90 days', 1;
END;
