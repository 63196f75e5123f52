//! Which column of a file is which field, and what stands for what is wrong.

use serde::{Deserialize, Serialize};

use crate::order::Field;

/// What somebody has said about a file's columns, for this file and the next one with the same header.
///
/// It never holds a card number: [`Field::CardNumber`] has neither a default nor mends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mapping {
    /// What each column of the file is, in the file's order.
    pub columns: Vec<ColumnUse>,
    /// What fields have that no column is, or whose cell is empty in a row that would be a new order.
    pub defaults: Vec<(Field, String)>,
    /// What stands for a value that is wrong, in all rows that have it.
    pub mends: Vec<Mend>,
    /// Card numbers that break a rule, as a spreadsheet's rounding makes them, are taken with a warning.
    pub rounded_cards_ok: bool,
    /// Rows whose order is here already change it where they differ.
    pub update_existing: bool,
    /// Rows without a UUID that say the same as an earlier row are orders of their own.
    pub keep_repeats: bool,
}

/// What a column is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnUse {
    /// As the header calls it; `Column 3` where there is no header.
    pub name: String,
    /// None for a column that is left out.
    pub field: Option<Field>,
    /// Why it is taken for that field.
    pub by: MatchedBy,
    /// How its dates are written where day and month could be either; none while that is open or makes no difference.
    pub dates: Option<DateOrder>,
}

/// Why a column is taken for a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// It is taken for none.
    #[default]
    Nothing,
    /// By its name.
    Name,
    /// By what stands in it.
    Look,
    /// An earlier file with the same header had it so.
    Memory,
    /// Somebody said so.
    Person,
}

/// Which of two numbers in front of a year comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

/// What stands for a value wherever it stands in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    pub field: Field,
    /// As it stands in the file, without spaces around it.
    pub from: String,
    /// What is read instead; empty for nothing.
    pub to: String,
}
