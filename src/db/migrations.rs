//! The schema's versions, embedded in the program, and whether a database's schema fits it.
//!
//! Both databases have migrations of the same names. A database may have had more of them than this program knows: a
//! release migrates before its desks are rolled out, and after going back the older desks serve alone. Migrations only
//! add, so that is fine, unless one says otherwise in the table `schema_compatibility`.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use rust_embed::RustEmbed;

use super::open_error::OpenError;

/// The versions for SQLite, oldest first.
pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The version that first knows card keys.
pub(super) const CARD_KEYS: &str = "2026-11-01-000001_orders";
/// The version that first notes when keys came and went.
pub(super) const KEY_DATES: &str = "2026-11-02-000001_card_keys";

/// The version that first notes desks that were moved to a database.
pub(super) const ARRIVALS: &str = "2026-12-01-000001_relocations";

/// Names of migrations that a database has not had yet, oldest first.
pub type Pending = Vec<String>;

/// How a database's schema differs from this program's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What it lacks, oldest first.
    pub pending: Pending,
    /// What it has besides, from a newer program; oldest first.
    pub unknown: Vec<String>,
}

impl Plan {
    /// Holds the migrations of a database against those of this program, both oldest first.
    pub(super) fn new(known: &[String], applied: &[String]) -> Self {
        let without = |these: &[String], those: &[String]| {
            let is_there = |one: &&String| those.iter().any(|other| version(other) == version(one));
            these.iter().filter(|one| !is_there(one)).cloned().collect()
        };
        Self { pending: without(known, applied), unknown: without(applied, known) }
    }

    /// Whether the database has had none of this program's migrations: there is nothing in it yet.
    pub(super) fn is_of_nothing(&self) -> bool {
        self.pending.len() == sql_server().len() && self.unknown.is_empty()
    }

    /// An error if the schema is not exactly this program's.
    pub(super) fn check_equal(&self, database: &str) -> Result<(), OpenError> {
        let database = database.to_owned();
        match (self.pending.len(), self.unknown.last()) {
            (0, None) => Ok(()),
            (_, Some(migration)) => Err(OpenError::Newer { database, migration: migration.clone() }),
            (count, None) => Err(OpenError::Behind { database, count }),
        }
    }

    /// Says so in the log where the database is newer.
    pub(super) fn remark(&self, database: &str) {
        if let Some(migration) = self.unknown.last() {
            tracing::warn!(
                database,
                migration,
                "the database is newer than this program; that is fine during a rollout, and after going back"
            );
        }
    }
}

/// Whether a program that knows these migrations may work with a database that has had others, too.
///
/// `since` is what the database says: the oldest migration whose program may. Where it says nothing, nobody knows.
pub(super) fn is_compatible(known: &[String], since: Option<i64>) -> bool {
    let newest = known.iter().filter_map(|name| version(name).parse().ok()).max();
    since.is_some_and(|since| newest >= Some(since))
}

/// `20261101000001` of `2026-11-01-000001_orders`, which is how Diesel's bookkeeping calls it.
fn version(name: &str) -> String {
    name.split('_').next().unwrap_or_default().replace('-', "")
}

#[derive(RustEmbed)]
#[folder = "migrations/mssql/"]
struct SqlServerMigrations;

/// The versions for SQL Server, oldest first: names and T-SQL.
pub(super) fn sql_server() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = SqlServerMigrations::iter()
        .filter_map(|path| {
            let file = SqlServerMigrations::get(&path)?;
            let name = path.strip_suffix("/up.sql")?.to_owned();
            Some((name, String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests;
