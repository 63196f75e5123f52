//! Opening a database: which, and how.

use super::migrations::Plan;
use super::open_error::OpenError;
use super::{Db, FlaskTable, KeySource, azure_sql, sqlite};
use crate::files;

/// How to open the desk's database, wherever it is.
#[derive(Debug, Clone)]
pub enum DatabaseOptions {
    /// In a file.
    Sqlite(sqlite::SqliteOptions),
    /// On a server.
    AzureSql(Box<azure_sql::AzureSqlOptions>),
}

impl DatabaseOptions {
    /// Opens the database, made and migrated where that is allowed, with the keys of its cards.
    pub async fn open(&self) -> Result<Db, OpenError> {
        let db = match self {
            Self::Sqlite(options) => options.open(),
            Self::AzureSql(options) => options.open().await,
        }?;
        self.warn_of_readers();
        Ok(db)
    }

    /// The database, as people call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Sqlite(options) => options.name(),
            Self::AzureSql(options) => options.name(),
        }
    }

    /// The same, making a new database even where keys are there already.
    #[must_use]
    pub fn with_new_database(mut self) -> Self {
        if let Self::Sqlite(options) = &mut self {
            options.new_database = true;
        }
        self
    }

    /// Says in the log which of its files everybody on this machine may read or write.
    fn warn_of_readers(&self) {
        let (database, keys) = match self {
            Self::Sqlite(options) => (Some(options.path.as_path()), &options.keys),
            Self::AzureSql(options) => (None, &options.keys),
        };
        let keys = if let KeySource::File(path) = keys { Some(path.as_path()) } else { None };
        for file in [database, keys].into_iter().flatten().filter(|file| files::is_open_to_others(file)) {
            let file = file.display();
            tracing::warn!(%file, "everybody on this machine may read or write this file: chmod 600 makes it its owner's");
        }
    }

    /// How the schema differs from this program's; found by reading alone.
    pub async fn plan(&self) -> Result<Plan, OpenError> {
        match self {
            Self::Sqlite(options) => options.plan(),
            Self::AzureSql(options) => options.plan().await,
        }
    }

    /// Brings the schema up to date and returns how it differed; one that is newer stays as it is.
    pub async fn migrate(&self) -> Result<Plan, OpenError> {
        match self {
            Self::Sqlite(options) => options.migrate(),
            Self::AzureSql(options) => options.migrate().await,
        }
    }

    /// The Flask application's table of orders, before its adoption or since.
    pub async fn find_flask(&self) -> Result<FlaskTable, OpenError> {
        match self {
            Self::Sqlite(options) => options.find_flask(),
            Self::AzureSql(options) => options.find_flask().await,
        }
    }

    /// Begins the adoption of the Flask application's orders and returns their table.
    ///
    /// It is called `orders_flask` from then on, and this program's schema is there, up to date: both or neither.
    /// Where that was done before, it stays.
    pub async fn adopt(&self) -> Result<FlaskTable, OpenError> {
        match self {
            Self::Sqlite(options) => options.adopt(),
            Self::AzureSql(options) => options.adopt().await,
        }
    }
}
