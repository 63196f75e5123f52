-- Since which migration a program may work with this schema: a program whose newest one is older is refused. A
-- migration that only adds has no row here; one that takes away or tightens something adds one, in its own script.
CREATE TABLE schema_compatibility (
    migration  BIGINT NOT NULL CONSTRAINT schema_compatibility_pk PRIMARY KEY,
    works_with BIGINT NOT NULL,
    CONSTRAINT schema_compatibility_past CHECK (works_with <= migration)
);

INSERT INTO schema_compatibility (migration, works_with) VALUES (20261123000001, 20261123000001);
