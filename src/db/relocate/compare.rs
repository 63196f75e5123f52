//! A table of two databases, walked side by side in the order of its keys.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fmt::{self, Display};

use super::side::Side;
use super::{MoveFailure, RelocateError};
use crate::db::relocation::{Key, Row, Table};

/// Differences of a table that are told one by one.
const TOLD: usize = 20;

/// What a comparison of a table has found.
#[derive(Debug)]
pub struct Compared {
    pub table: &'static str,
    /// Rows of the source that were looked at.
    pub rows: u64,
    /// The first differences.
    pub told: Vec<Difference>,
    /// How many there are.
    pub differences: u64,
    /// The last row of the target.
    pub(super) last: Option<Key>,
}

/// A row that is not the same in both.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    table: &'static str,
    key: Key,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Missing,
    Extra,
    Other(Vec<&'static str>),
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key, what } = self;
        match what {
            What::Missing => write!(f, "{table} {key} is missing in the new database"),
            What::Extra => write!(f, "{table} {key} is in the new database alone"),
            What::Other(columns) => write!(f, "{table} {key} differs in {}", columns.join(", ")),
        }
    }
}

/// How far two tables are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All rows of both.
    Whole,
    /// As far as the target goes, which may lack what comes behind it.
    Beginning,
}

/// Compares all values of all rows.
pub async fn compare(
    table: &'static Table,
    (source, target): (&mut Side, &mut Side),
    extent: Extent,
    progress: &impl Fn(usize),
) -> Result<Compared, RelocateError> {
    let mut found = Compared { table: table.name, rows: 0, told: Vec::new(), differences: 0, last: None };
    let (mut source, mut target) = (Walk::new(source, table), Walk::new(target, table));
    loop {
        let (one, other) = (source.peek().await?, target.peek().await?);
        let order = match (one, other) {
            (None, None) => return Ok(found),
            (Some(_), None) if extent == Extent::Beginning => return Ok(found),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.key(table).cmp(other.key(table)),
        };
        let one = if order.is_le() { source.take() } else { None };
        let other = if order.is_ge() { target.take() } else { None };
        if one.is_some() {
            found.rows += 1;
            progress(1);
        }
        found.note(table, one.as_ref(), other.as_ref());
    }
}

impl Compared {
    fn note(&mut self, table: &'static Table, one: Option<&Row>, other: Option<&Row>) {
        let key = |row: &Row| Key(row.key(table).to_vec());
        let (key, what) = match (one, other) {
            (Some(one), Some(other)) => {
                self.last = Some(key(other));
                if one == other {
                    return;
                }
                (key(one), What::Other(differing(table, one, other)))
            }
            (Some(one), None) => (key(one), What::Missing),
            (None, Some(other)) => (key(other), What::Extra),
            (None, None) => return,
        };
        self.differences += 1;
        if self.told.len() < TOLD {
            self.told.push(Difference { table: table.name, key, what });
        }
    }
}

fn differing(table: &'static Table, one: &Row, other: &Row) -> Vec<&'static str> {
    let values = one.0.iter().zip(&other.0);
    let columns = table.columns.iter().zip(values).filter(|(_, (one, other))| one != other);
    columns.map(|(column, _)| column.name).collect()
}

/// A table's rows, one after the other.
struct Walk<'a> {
    side: &'a mut Side,
    table: &'static Table,
    rows: VecDeque<Row>,
    after: Option<Key>,
    is_over: bool,
}

impl<'a> Walk<'a> {
    fn new(side: &'a mut Side, table: &'static Table) -> Self {
        Self { side, table, rows: VecDeque::new(), after: None, is_over: false }
    }

    /// The next row; none behind the last.
    async fn peek(&mut self) -> Result<Option<&Row>, RelocateError> {
        if self.rows.is_empty() && !self.is_over {
            let rows = self.side.list_rows(self.table, self.after.take()).await;
            let rows = rows.map_err(|error| self.side.failed(MoveFailure::Read, self.table, error))?;
            self.is_over = rows.len() < self.table.batch;
            self.after = rows.last().map(|row| Key(row.key(self.table).to_vec()));
            self.rows = rows.into();
        }
        Ok(self.rows.front())
    }

    fn take(&mut self) -> Option<Row> {
        self.rows.pop_front()
    }
}
