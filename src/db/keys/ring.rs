//! The keys of a source, compared with those that a database knows.

use super::{KeySource, KnownKey, NewKey, SourceKeys, file};
use crate::db::cards::{CardKey, CardKeys, Purpose};
use crate::db::open_error::OpenError;

/// A source of keys, and the database to compare it with.
pub(in crate::db) struct Keyring<'a> {
    pub(in crate::db) source: &'a KeySource,
    /// The database, as people call it.
    pub(in crate::db) database: &'a str,
}

/// Keys, and what the database does not know of them yet.
pub(in crate::db) struct RingKeys {
    pub(in crate::db) keys: SourceKeys,
    pub(in crate::db) new: Vec<NewKey>,
}

impl Keyring<'_> {
    /// The keys of the source; none if it is a file that is not there.
    pub(in crate::db) fn read(&self) -> Result<Option<SourceKeys>, OpenError> {
        match self.source {
            KeySource::File(path) => file::read(path).map_err(|error| self.unusable(&error)),
            KeySource::Given { keys, .. } => Ok(Some(keys.clone())),
        }
    }

    /// An error if the source cannot give a new database its keys.
    pub(in crate::db) fn check_source(&self) -> Result<(), OpenError> {
        self.read()?.map_or(Ok(()), |keys| self.check_fit(&keys, &[]))
    }

    /// An error if the source lacks a key that the database was written with.
    ///
    /// The database is asked first: a program that registers keys at this moment has written its file before.
    pub(in crate::db) fn check(&self, known: &[KnownKey]) -> Result<(), OpenError> {
        match self.read()? {
            Some(keys) => self.check_fit(&keys, known),
            None if known.iter().all(KnownKey::is_retired) => Ok(()),
            None => Err(self.misfit("it is not there".to_owned())),
        }
    }

    /// The keys of the source under their ids, if the database knows all of them.
    pub(in crate::db) fn fitting(&self, known: &[KnownKey]) -> Result<Option<CardKeys>, OpenError> {
        let Some(keys) = self.read()? else { return Ok(None) };
        self.check_fit(&keys, known)?;
        if self.unknown(&keys, known)?.is_empty() { self.with_ids(&keys, known).map(Some) } else { Ok(None) }
    }

    /// The keys of the source, and those to register in the database; made in a file where there are none.
    ///
    /// One program at a time may do this for a database; a second one finds the first one's keys.
    pub(in crate::db) fn give(&self, known: &[KnownKey]) -> Result<RingKeys, OpenError> {
        self.check(known)?;
        let keys = match (self.read()?, self.source) {
            (Some(keys), _) => keys,
            (None, KeySource::File(path)) => file::make(path).map_err(|error| self.unusable(&error))?,
            (None, KeySource::Given { .. }) => SourceKeys::default(),
        };
        let new = self.unknown(&keys, known)?;
        Ok(RingKeys { keys, new })
    }

    /// The keys for a running desk: none is made, and none may be missing.
    pub(in crate::db) fn renewed(&self, known: &[KnownKey]) -> Result<RingKeys, OpenError> {
        let keys = self.read()?.ok_or_else(|| self.misfit("it is not there".to_owned()))?;
        self.check_fit(&keys, known)?;
        let new = self.unknown(&keys, known)?;
        Ok(RingKeys { keys, new })
    }

    /// The keys under the ids that the database gave them. A retired key reads, and never writes.
    pub(in crate::db) fn with_ids(
        &self,
        keys: &SourceKeys,
        known: &[KnownKey],
    ) -> Result<CardKeys, OpenError> {
        let [seal, hash] = Purpose::ALL.map(|purpose| {
            let values = keys.values(purpose).map_err(|error| self.unusable(&error))?;
            let mut ring: Vec<(&KnownKey, &CardKey)> = values
                .iter()
                .filter_map(|(value, key)| Some((known.iter().find(|one| one.is(purpose, value))?, &key.key)))
                .collect();
            // Stable: oldest first within each half.
            ring.sort_by_key(|(known, _)| !known.is_retired());
            match ring.last() {
                Some((newest, _)) if !newest.is_retired() => {
                    Ok(ring.into_iter().map(|(known, key)| (known.id, key.clone())).collect())
                }
                _ => Err(self.without(purpose)),
            }
        });
        Ok(CardKeys::new(seal?, hash?))
    }

    fn check_fit(&self, keys: &SourceKeys, known: &[KnownKey]) -> Result<(), OpenError> {
        let mut missing = Vec::new();
        for purpose in Purpose::ALL {
            let values = keys.values(purpose).map_err(|error| self.unusable(&error))?;
            let is_there = |one: &KnownKey| values.iter().any(|(value, _)| *value == one.check_value);
            let needed = known.iter().filter(|one| one.purpose == purpose && !one.is_retired());
            missing.extend(
                needed.filter(|one| !is_there(one)).map(|one| format!("the {purpose} key {}", one.id)),
            );
        }
        match (missing.is_empty(), keys.lacking()) {
            (false, _) => Err(self.misfit(format!("it lacks {}", missing.join(", ")))),
            (true, Some(purpose)) => Err(self.without(purpose)),
            (true, None) => Ok(()),
        }
    }

    /// The keys that the database does not know yet, oldest first.
    fn unknown(&self, keys: &SourceKeys, known: &[KnownKey]) -> Result<Vec<NewKey>, OpenError> {
        let mut new = Vec::new();
        for purpose in Purpose::ALL {
            let values = keys.values(purpose).map_err(|error| self.unusable(&error))?;
            let unknown =
                values.into_iter().filter(|(value, _)| !known.iter().any(|one| one.is(purpose, value)));
            new.extend(unknown.map(|(check_value, _)| NewKey { purpose, check_value }));
        }
        Ok(new)
    }

    fn unusable(&self, error: &dyn std::error::Error) -> OpenError {
        OpenError::Keys { place: self.source.to_string(), cause: error.to_string(), remedy: self.remedy() }
    }

    fn misfit(&self, cause: String) -> OpenError {
        OpenError::KeysDoNotFit {
            place: self.source.to_string(),
            database: self.database.to_owned(),
            cause,
            remedy: match self.source {
                KeySource::File(_) => {
                    "Put back the key file that was made with this database, or set cards.key_file to it"
                }
                KeySource::Given { .. } => {
                    "Put that key back there: it may be disabled, or deleted and recoverable"
                }
            },
        }
    }

    fn without(&self, purpose: Purpose) -> OpenError {
        OpenError::NoKey { place: self.source.to_string(), database: self.database.to_owned(), purpose }
    }

    fn remedy(&self) -> &'static str {
        match self.source {
            KeySource::File(_) => "Put it right, or set cards.key_file to another file",
            KeySource::Given { .. } => "Put it right",
        }
    }
}
