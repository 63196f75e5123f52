//! The schema's versions, embedded in the program.
//!
//! Both databases have migrations of the same names.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use rust_embed::RustEmbed;

/// The versions for SQLite, oldest first.
pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// The version that first knows card keys.
pub(super) const CARD_KEYS: &str = "2026-11-01-000001_orders";
/// The version that first notes when keys came and went.
pub(super) const KEY_DATES: &str = "2026-11-02-000001_card_keys";

/// Names of migrations that a database has not had yet, oldest first.
pub type Pending = Vec<String>;

#[derive(RustEmbed)]
#[folder = "migrations/mssql/"]
struct SqlServer;

/// The versions for SQL Server, oldest first: names and T-SQL.
pub(super) fn sql_server() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = SqlServer::iter()
        .filter_map(|path| {
            let file = SqlServer::get(&path)?;
            let name = path.strip_suffix("/up.sql")?.to_owned();
            Some((name, String::from_utf8_lossy(&file.data).into_owned()))
        })
        .collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use diesel::migration::MigrationSource;
    use diesel::sqlite::Sqlite;

    use super::*;

    #[test]
    fn both_databases_have_the_same_versions() {
        let mut sqlite: Vec<String> = MigrationSource::<Sqlite>::migrations(&SQLITE)
            .unwrap()
            .iter()
            .map(|one| one.name().to_string())
            .collect();
        sqlite.sort_unstable();
        let sql_server: Vec<String> = sql_server().into_iter().map(|(name, _)| name).collect();
        assert_eq!(sql_server, sqlite);
    }
}
