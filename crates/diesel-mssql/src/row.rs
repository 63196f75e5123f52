//! Rows, as Diesel reads them.

use std::fmt;
use std::ops::Range;

use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};

use crate::mssql::Mssql;
use crate::value::{MssqlValue, is_null};

/// A row of an answer, owned.
pub struct MssqlRow(pub(crate) tiberius::Row);

impl fmt::Debug for MssqlRow {
    /// The columns' names alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.columns().iter().map(tiberius::Column::name)).finish()
    }
}

/// One column of a row.
#[derive(Debug)]
pub struct MssqlField<'a> {
    row: &'a MssqlRow,
    index: usize,
}

impl RowSealed for MssqlRow {}

impl RowIndex<usize> for MssqlRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.0.len()).then_some(index)
    }
}

impl RowIndex<&str> for MssqlRow {
    fn idx(&self, name: &str) -> Option<usize> {
        self.0.columns().iter().position(|column| column.name() == name)
    }
}

impl<'a> Row<'a, Mssql> for MssqlRow {
    type Field<'f>
        = MssqlField<'f>
    where
        'a: 'f,
        Self: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.0.len()
    }

    fn get<'b, I>(&'b self, index: I) -> Option<MssqlField<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        self.idx(index).map(|index| MssqlField { row: self, index })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl<'a> Field<'a, Mssql> for MssqlField<'a> {
    fn field_name(&self) -> Option<&str> {
        self.row.0.columns().get(self.index).map(tiberius::Column::name)
    }

    fn value(&self) -> Option<MssqlValue<'_>> {
        self.row.0.get_column_data(self.index).ok().filter(|data| !is_null(data)).map(MssqlValue)
    }
}
