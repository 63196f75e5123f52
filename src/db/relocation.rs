//! A whole desk on its way to another database: its tables, rows of any of them, and what a database notes of it.

mod tables;

use std::fmt::{self, Display};

pub use tables::{NUMBERED_AND_LEFT, TABLES};

use crate::order::Timestamp;

/// A table that is moved: its rows go as they are.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// Those of the primary key come first.
    pub columns: &'static [Column],
    /// How many columns the primary key has.
    pub key: usize,
    /// Whether the database counts its key up. No number that was given is given again.
    pub is_numbered: bool,
    /// How many rows are read at once, and stored in one transaction.
    pub batch: usize,
}

/// A column and what stands in it, unless that is NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
}

/// What stands in a column, as both databases understand it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 16 bits.
    Small,
    /// 32 bits.
    Integer,
    /// 64 bits.
    Big,
    Text,
    /// `YYYY-MM-DD HH:MM:SS`, which is what SQLite stores.
    Time,
    Bytes,
}

impl Table {
    /// The columns of its primary key, by which its rows are in order.
    pub fn key_columns(&self) -> &'static [Column] {
        self.columns.get(..self.key).unwrap_or(self.columns)
    }
}

/// A value as it is stored. Prints nothing: it may be somebody's.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row: a value for each column of its table.
#[derive(Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    pub fn key(&self, table: &Table) -> &[Value] {
        self.0.get(..table.key).unwrap_or(&self.0)
    }
}

/// The key of a row, which names it in messages: numbers and identifiers, never what somebody has typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub Vec<Value>);

impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, part) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str("/")?;
            }
            match part {
                Value::Number(number) => number.fmt(f)?,
                Value::Text(text) => f.write_str(text)?,
                Value::Null | Value::Bytes(_) => f.write_str("?")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// How a database is held while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nobody writes to it until its connection is closed; others read on.
    ReadOnly,
    /// Its state at the beginning is read, whatever others write meanwhile.
    Snapshot,
}

/// What a database is filled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelocationPurpose {
    /// To be served instead of the one that it is filled from.
    Move,
    /// To see that a move would come to its end.
    Rehearsal,
}

impl RelocationPurpose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Rehearsal => "rehearsal",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Move, Self::Rehearsal].into_iter().find(|one| one.as_str() == text)
    }
}

/// What a database notes of the desk that was moved to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub purpose: RelocationPurpose,
    /// The database that it comes from, as people call it.
    pub source: String,
    pub started_at: Timestamp,
    /// When all rows had been found to be the same.
    pub finished_at: Option<Timestamp>,
}

impl Arrival {
    /// How many characters of a database's name are noted.
    pub const MAX_SOURCE: usize = 400;
}
