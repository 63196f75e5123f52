-- Since which migration a program may work with this schema: a program whose newest one is older is refused. A
-- migration that only adds has no row here; one that takes away or tightens something adds one, in its own script.
CREATE TABLE schema_compatibility (
    migration  INTEGER PRIMARY KEY,
    works_with INTEGER NOT NULL CHECK (works_with <= migration)
) STRICT;

INSERT INTO schema_compatibility (migration, works_with) VALUES (20261123000001, 20261123000001);
