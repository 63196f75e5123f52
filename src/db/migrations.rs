//! The schema's versions, embedded in the program.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The versions for SQLite, oldest first.
pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Names of migrations that a database has not had yet, oldest first.
pub type Pending = Vec<String>;
