-- Own views: lists that the people of the desk have named. Times are UTC. No card number stands in a name or a query.
CREATE TABLE saved_views (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    -- The name without regard to case.
    name_key   TEXT    NOT NULL CONSTRAINT saved_views_name UNIQUE CHECK (length(name_key) BETWEEN 1 AND 240),
    -- The canonical query string of the list's filter and sort; empty for all orders, newest first.
    query      TEXT    NOT NULL CHECK (length(query) <= 4000),
    -- Where it stands among the others; where two have the same place, the older one comes first.
    position   INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT    NOT NULL CHECK (length(created_at) = 19),
    created_by TEXT    NOT NULL CHECK (length(created_by) BETWEEN 1 AND 200),
    updated_at TEXT    NOT NULL CHECK (length(updated_at) = 19),
    updated_by TEXT    NOT NULL CHECK (length(updated_by) BETWEEN 1 AND 200)
) STRICT;

-- As the list shows them. SQLite adds the row's id to every index entry.
CREATE INDEX saved_views_by_position ON saved_views (position);
