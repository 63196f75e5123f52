//! The card keys of a database: in a file beside it, known to it by their check values.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use diesel_async::SimpleAsyncConnection;

use super::{OpenError, Options, create_private};
use crate::db::DbError;
use crate::db::cards::{CardKeys, Purpose};
use crate::db::sqlite::{Conn, finish, queries};

/// Purpose, id and check value, as the database remembers them.
type KnownKey = (String, i16, Vec<u8>);

impl Options {
    /// The keys of the key file, which must be those that the database was written with.
    pub(super) fn fit_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn)?;
        match self.read_keys()? {
            Some(keys) if !known.is_empty() && !self.has_more(&keys, &known)? => Ok(keys),
            // One program at a time gives a database keys; whoever comes second finds them.
            _ => self.in_transaction(conn, |conn| self.give_keys(conn)),
        }
    }

    /// An error if the key file has not the keys that the database was written with.
    ///
    /// The database is asked first: whoever gives it keys at this moment has written their file before.
    pub(super) fn check_keys(&self, conn: &mut Conn) -> Result<(), OpenError> {
        let known = self.known_keys(conn)?;
        match self.read_keys()? {
            Some(keys) => self.has_more(&keys, &known).map(drop),
            None if known.is_empty() => Ok(()),
            None => Err(self.misfit("it is not there".to_owned())),
        }
    }

    /// Remembers the keys of the file in the database; if neither has any, makes some.
    fn give_keys(&self, conn: &mut Conn) -> Result<CardKeys, OpenError> {
        let known = self.known_keys(conn)?;
        let keys = match self.read_keys()? {
            Some(keys) => keys,
            None if known.is_empty() => self.make_keys()?,
            None => return Err(self.misfit("it is not there".to_owned())),
        };
        self.has_more(&keys, &known)?;
        for (purpose, id, check_value) in self.check_values(&keys)? {
            if !known.iter().any(|(p, i, _)| p == purpose.as_str() && *i == id) {
                finish(queries::insert_card_key(conn, purpose.as_str(), id, check_value))
                    .map_err(|error| self.sqlite_error(&error.to_string()))?;
            }
        }
        Ok(keys)
    }

    /// Whether there are keys that the database does not know yet; an error if one that it knows is missing.
    fn has_more(&self, keys: &CardKeys, known: &[KnownKey]) -> Result<bool, OpenError> {
        let present = self.check_values(keys)?;
        for (purpose, id, check_value) in known {
            match present.iter().find(|(p, i, _)| p.as_str() == purpose && i == id) {
                None => return Err(self.misfit(format!("it lacks the {purpose} key {id}"))),
                Some((.., value)) if value != check_value => {
                    return Err(self.misfit(format!("its {purpose} key {id} is another one")));
                }
                Some(_) => {}
            }
        }
        Ok(present.len() > known.len())
    }

    fn known_keys(&self, conn: &mut Conn) -> Result<Vec<KnownKey>, OpenError> {
        finish(queries::list_card_keys(conn)).map_err(|error| self.sqlite_error(&error.to_string()))
    }

    fn check_values(&self, keys: &CardKeys) -> Result<Vec<(Purpose, i16, Vec<u8>)>, OpenError> {
        keys.check_values().map_err(|error| self.key_file_error(&error))
    }

    /// The keys of the key file; none if there is no such file.
    pub(super) fn read_keys(&self) -> Result<Option<CardKeys>, OpenError> {
        match fs::read_to_string(&self.key_file) {
            Ok(text) => CardKeys::parse(&text).map(Some).map_err(|error| self.key_file_error(&error)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(error) => Err(self.key_file_error(&error)),
        }
    }

    fn in_transaction<T>(
        &self,
        conn: &mut Conn,
        work: impl FnOnce(&mut Conn) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        let run = |conn: &mut Conn, sql: &'static str| {
            finish(async { conn.batch_execute(sql).await.map_err(DbError::from) })
                .map_err(|error| self.sqlite_error(&error.to_string()))
        };
        run(conn, "BEGIN IMMEDIATE")?;
        let result = work(conn);
        run(conn, if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        result
    }

    /// Makes keys and their file, whole or not at all, readable by its owner only.
    fn make_keys(&self) -> Result<CardKeys, OpenError> {
        let keys = CardKeys::generate().map_err(|error| self.key_file_error(&error))?;
        write_private(&self.key_file, keys.to_text().as_bytes())
            .map_err(|error| self.key_file_error(&error))?;
        Ok(keys)
    }
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
