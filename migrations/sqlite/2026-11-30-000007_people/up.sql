-- Who may not sign in any more: since when, who has said so, and why.
ALTER TABLE people ADD COLUMN disabled_at TEXT CHECK (length(disabled_at) = 19);
ALTER TABLE people ADD COLUMN disabled_by TEXT CHECK (length(disabled_by) BETWEEN 1 AND 200);
ALTER TABLE people ADD COLUMN disabled_reason TEXT CHECK (length(disabled_reason) BETWEEN 1 AND 500);

-- All of them, by name. SQLite adds the row's id to every index entry.
CREATE INDEX people_by_name ON people (name);

-- With what somebody signed in: `Firefox on Windows`.
ALTER TABLE sessions ADD COLUMN browser TEXT CHECK (length(browser) BETWEEN 1 AND 60);
-- When somebody has ended it. It is over by `ends_at`, which older programs know; the row stays for a while, so that a form
-- that was being filled in is known to be this person's.
ALTER TABLE sessions ADD COLUMN ended_at TEXT CHECK (length(ended_at) = 19);

-- A form that was sent when the session was over: sealed, without a card, and until when it waits.
ALTER TABLE sign_ins ADD COLUMN form BLOB CHECK (length(form) <= 17000);
ALTER TABLE sign_ins ADD COLUMN form_until TEXT CHECK (length(form_until) = 19);
