-- Who may not sign in any more: since when, who has said so, and why (500 characters, of which some count twice here).
ALTER TABLE people ADD disabled_at DATETIME2(0) NULL;
ALTER TABLE people ADD disabled_by NVARCHAR(200) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(disabled_by) >= 1);
ALTER TABLE people ADD disabled_reason NVARCHAR(1000) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(disabled_reason) >= 1);

-- All of them, by name.
CREATE INDEX people_by_name ON people (name, id);

-- With what somebody signed in: `Firefox on Windows`.
ALTER TABLE sessions ADD browser NVARCHAR(60) COLLATE Latin1_General_BIN2 NULL CHECK (LEN(browser) >= 1);
-- When somebody has ended it. It is over by `ends_at`, which older programs know; the row stays for a while, so that a form
-- that was being filled in is known to be this person's.
ALTER TABLE sessions ADD ended_at DATETIME2(0) NULL;

-- A form that was sent when the session was over: sealed, without a card, and until when it waits.
ALTER TABLE sign_ins ADD form VARBINARY(MAX) NULL CHECK (DATALENGTH(form) <= 17000);
ALTER TABLE sign_ins ADD form_until DATETIME2(0) NULL;
