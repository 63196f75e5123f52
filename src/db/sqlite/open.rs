//! Opening a database file: its schema, its keys, and one sentence for each thing that can be wrong.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::readers::Readers;
use super::writer::Writer;
use super::{Conn, DB, InPlace, Sqlite, finish, queries};
use crate::db::cards::CardKeys;
use crate::db::migrations::{Pending, SQLITE};
use crate::db::{Db, DbError};

/// How to open a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file.
    pub path: PathBuf,
    /// The file with the card keys.
    pub key_file: PathBuf,
    /// How many requests may read at once.
    pub readers: usize,
    /// How long to wait for another program that holds the database, in milliseconds.
    pub busy_timeout_ms: u32,
    /// Whether to bring the schema up to date, instead of refusing one that is behind.
    pub migrate: bool,
}

/// Why a database cannot be opened. Each says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or its folder cannot be written, or is no file.
    #[error(
        "cannot open the database {path}: {cause}. Make its folder writable, or set database.url to another file"
    )]
    File {
        /// The database.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// Another program holds it.
    #[error(
        "the database {path} is locked by another program. Stop that program, or set database.url to another file"
    )]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// It is no SQLite database, or a damaged one.
    #[error(
        "{path} is damaged or not an SQLite database ({cause}). Put a backup in its place, or set database.url to another file"
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        cause: String,
    },
    /// A later program made it.
    #[error(
        "the database {path} is from a newer version of orders (its migration {migration} is unknown here). Run that version, or set database.url to another file"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The first unknown one.
        migration: String,
    },
    /// Its schema is behind and this start may not change it.
    #[error(
        "the database {path} lacks {count} of this program's migrations. Run `orders migrate`, then start again"
    )]
    Behind {
        /// The database.
        path: PathBuf,
        /// How many are pending.
        count: usize,
    },
    /// The key file cannot be read or written.
    #[error("cannot use the key file {path}: {cause}. Put it right, or set cards.key_file to another file")]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
    /// The database was written with keys that the file lacks.
    #[error(
        "the key file {path} does not fit the database {database}: {cause}. Put back the key file that was made with this database, or set cards.key_file to it"
    )]
    KeysDoNotFit {
        /// The key file.
        path: PathBuf,
        /// The database.
        database: PathBuf,
        /// Which key is missing or another one.
        cause: String,
    },
}

impl Options {
    /// Opens the database, made and migrated where that is allowed, with the keys of its cards.
    ///
    /// Nothing is written before everything that exists has been found to fit.
    pub fn open(&self) -> Result<Db, OpenError> {
        let mut first = self.connect(Access::Write)?;
        self.migrate_with(&mut first, self.migrate)?;
        let keys = Arc::new(self.fit_keys(&mut first)?);
        let readers = (0..self.readers.max(1))
            .map(|_| self.connect(Access::Read))
            .collect::<Result<Vec<Conn>, OpenError>>()?;
        let reopen = {
            let options = self.clone();
            move || options.connect(Access::Write).map_err(|error| DbError::Unavailable(error.to_string()))
        };
        let writer = Writer::start(first, reopen).map_err(|error| self.file_error(&error))?;
        Ok(Db::new(Sqlite { readers: Readers::new(readers), writer }, keys))
    }

    /// What is missing of this program's schema; a database that is not there lacks all of it.
    pub fn pending(&self) -> Result<Pending, OpenError> {
        if !self.path.exists() {
            return all_migrations()
                .map(|all| all.iter().map(|one| one.name().to_string()).collect())
                .map_err(|cause| OpenError::Corrupt { path: self.path.clone(), cause });
        }
        let mut conn = self.establish(&self.path)?;
        self.plan(&mut conn)
    }

    /// Brings the schema up to date and returns what was missing.
    pub fn migrate(&self) -> Result<Pending, OpenError> {
        let mut conn = self.connect(Access::Write)?;
        self.migrate_with(&mut conn, true)
    }

    /// Brings the schema up to date if that is allowed; all in one transaction, so that programs that start
    /// together do not meet half of it.
    fn migrate_with(&self, conn: &mut Conn, allowed: bool) -> Result<Pending, OpenError> {
        let result = finish(async {
            conn.spawn_blocking({
                let options = self.clone();
                move |conn| Ok(options.migrate_in_place(conn, allowed))
            })
            .await
            .map_err(DbError::from)
        });
        result.map_err(|error| self.sqlite_error(&error.to_string()))?
    }

    fn migrate_in_place(&self, conn: &mut SqliteConnection, allowed: bool) -> Result<Pending, OpenError> {
        let pending = self.plan(conn)?;
        if pending.is_empty() {
            return Ok(pending);
        }
        if !allowed {
            return Err(OpenError::Behind { path: self.path.clone(), count: pending.len() });
        }
        conn.immediate_transaction(|conn| {
            conn.run_pending_migrations(SQLITE).map(drop).map_err(|cause| Fault(cause.to_string()))
        })
        .map_err(|Fault(cause)| self.sqlite_error(&cause))?;
        Ok(pending)
    }

    /// What is missing, found by reading alone; an error if the schema is newer than this program.
    fn plan(&self, conn: &mut SqliteConnection) -> Result<Pending, OpenError> {
        let applied = applied_migrations(conn).map_err(|error| self.sqlite_error(&error.to_string()))?;
        let known =
            all_migrations().map_err(|cause| OpenError::Corrupt { path: self.path.clone(), cause })?;
        let is_known = |version: &String| {
            known.iter().any(|one| one.name().version() == MigrationVersion::from(version))
        };
        if let Some(migration) = applied.iter().find(|version| !is_known(version)) {
            return Err(OpenError::Newer { path: self.path.clone(), migration: migration.clone() });
        }
        let is_applied = |one: &dyn Migration<DB>| {
            applied.iter().any(|version| one.name().version() == MigrationVersion::from(version))
        };
        Ok(known.iter().filter(|one| !is_applied(one.as_ref())).map(|one| one.name().to_string()).collect())
    }

    /// The keys of the key file, which must be those that the database was written with. A database without
    /// keys gets those of the file; where there is no file either, one is made.
    fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known =
            finish(queries::list_card_keys(conn)).map_err(|error| self.sqlite_error(&error.to_string()))?;
        let keys = match fs::read_to_string(&self.key_file) {
            Ok(text) => CardKeys::parse(&text).map_err(|error| self.key_file_error(&error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound && known.is_empty() => self.make_keys()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.misfit("it is not there".to_owned()));
            }
            Err(error) => return Err(self.key_file_error(&error)),
        };
        let present = keys.check_values().map_err(|error| self.key_file_error(&error))?;
        for (purpose, id, check_value) in &known {
            match present.iter().find(|(p, i, _)| p.as_str() == purpose && i == id) {
                None => return Err(self.misfit(format!("it lacks the {purpose} key {id}"))),
                Some((.., value)) if value != check_value => {
                    return Err(self.misfit(format!("its {purpose} key {id} is another one")));
                }
                Some(_) => {}
            }
        }
        for (purpose, id, check_value) in present {
            if !known.iter().any(|(p, i, _)| p == purpose.as_str() && *i == id) {
                finish(queries::insert_card_key(conn, purpose.as_str(), id, check_value))
                    .map_err(|error| self.sqlite_error(&error.to_string()))?;
            }
        }
        Ok(keys)
    }

    /// Makes keys and their file, whole or not at all, readable by its owner only.
    fn make_keys(&self) -> Result<CardKeys, OpenError> {
        let keys = CardKeys::generate().map_err(|error| self.key_file_error(&error))?;
        write_private(&self.key_file, keys.to_text().as_bytes())
            .map_err(|error| self.key_file_error(&error))?;
        Ok(keys)
    }

    fn connect(&self, access: Access) -> Result<Conn, OpenError> {
        if !self.path.exists() {
            // SQLite would make it readable by everyone; its journals take over what the file has.
            create_private(&self.path).map_err(|error| self.file_error(&error))?;
        } else if fs::metadata(&self.path).is_ok_and(|meta| !meta.is_file()) {
            return Err(self.file_error(&io::Error::other("it is not a file")));
        }
        let mut conn = self.establish(&self.path)?;
        conn.batch_execute(access.pragmas()).map_err(|error| self.sqlite_error(&error.to_string()))?;
        Ok(Conn::with_runtime(conn, InPlace))
    }

    pub(super) fn establish(&self, path: &Path) -> Result<SqliteConnection, OpenError> {
        let name =
            path.to_str().ok_or_else(|| self.file_error(&io::Error::other("its name is not UTF-8")))?;
        // With "./" no name can be taken for a URI.
        let name = if path.is_absolute() { name.to_owned() } else { format!("./{name}") };
        let mut conn =
            SqliteConnection::establish(&name).map_err(|error| self.sqlite_error(&error.to_string()))?;
        // Before anything that could meet a lock.
        conn.batch_execute(&format!("PRAGMA busy_timeout = {}", self.busy_timeout_ms))
            .map_err(|error| self.sqlite_error(&error.to_string()))?;
        Ok(conn)
    }

    fn file_error(&self, error: &io::Error) -> OpenError {
        OpenError::File { path: self.path.clone(), cause: error.to_string() }
    }

    fn key_file_error(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::KeyFile { path: self.key_file.clone(), cause: error.to_string() }
    }

    fn misfit(&self, cause: String) -> OpenError {
        OpenError::KeysDoNotFit { path: self.key_file.clone(), database: self.path.clone(), cause }
    }

    /// The sentence for what SQLite says.
    fn sqlite_error(&self, cause: &str) -> OpenError {
        let path = self.path.clone();
        if cause.contains("locked") {
            OpenError::Locked { path }
        } else if cause.contains("not a database") || cause.contains("malformed") {
            OpenError::Corrupt { path, cause: cause.to_owned() }
        } else {
            OpenError::File { path, cause: cause.to_owned() }
        }
    }
}

#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

impl Access {
    /// `synchronous = FULL` makes every commit durable; a reader cannot write even by mistake.
    fn pragmas(self) -> &'static str {
        match self {
            Self::Write => {
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                 PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF"
            }
            Self::Read => "PRAGMA query_only = ON; PRAGMA cache_size = -2048; PRAGMA trusted_schema = OFF",
        }
    }
}

struct Fault(String);

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        Self(error.to_string())
    }
}

fn all_migrations() -> Result<Vec<Box<dyn Migration<DB>>>, String> {
    let mut all = MigrationSource::<DB>::migrations(&SQLITE).map_err(|error| error.to_string())?;
    all.sort_unstable_by(|a, b| a.name().version().cmp(&b.name().version()));
    Ok(all)
}

/// The versions in Diesel's bookkeeping table, which a new database does not have yet.
fn applied_migrations(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    diesel::table! {
        sqlite_master (name) {
            name -> Text,
        }
    }
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    let tables: i64 = sqlite_master::table
        .filter(sqlite_master::name.eq("__diesel_schema_migrations"))
        .count()
        .get_result(conn)?;
    if tables == 0 {
        return Ok(Vec::new());
    }
    __diesel_schema_migrations::table
        .select(__diesel_schema_migrations::version)
        .order(__diesel_schema_migrations::version)
        .load(conn)
}

pub(super) fn create_private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a new file so that a crash leaves all of it or nothing.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let unfinished = PathBuf::from(name);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_private(&unfinished)?;
    io::Write::write_all(&mut file, content)?;
    file.sync_all()?;
    // Unlike a rename, a link does not replace a file that another start has made meanwhile.
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    linked?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => fs::File::open(folder)?.sync_all(),
        _ => fs::File::open(".")?.sync_all(),
    }
}
