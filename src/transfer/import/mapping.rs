//! Which column of a file is which field, and what stands for what is wrong.

use serde::{Deserialize, Serialize};

use super::{RawRow, looks, names};
use crate::order::{Field, holds_card_number};

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

/// Why something cannot be part of a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// Every order has its own, and a card number is kept in no mapping.
    #[error("{} is each order’s own: it stands in the file, or nowhere", .0.label())]
    Own(Field),
    #[error("this looks like a card number, which may stand in its own column only")]
    CardNumber,
}

fn check_text(text: &str) -> Result<(), MappingError> {
    if holds_card_number(text) { Err(MappingError::CardNumber) } else { Ok(()) }
}

impl Mapping {
    /// Finds out what the columns are, by their names and by looking at some rows.
    pub fn propose(header: &[String], sample: &[RawRow]) -> Self {
        let unused = |name: &String| ColumnUse {
            name: name.clone(),
            field: None,
            by: MatchedBy::Nothing,
            dates: None,
        };
        let mut mapping = Self { columns: header.iter().map(unused).collect(), ..Self::default() };
        mapping.match_names();
        mapping.match_looks(sample);
        mapping
    }

    /// The same for another file with the same header: what somebody has said before comes first.
    pub fn propose_again(&self, header: &[String], sample: &[RawRow]) -> Self {
        let mut mapping = Self::propose(header, sample);
        for column in &mut mapping.columns {
            if let Some(before) = self.columns.iter().find(|before| before.name == column.name) {
                let by = if before.field.is_some() { MatchedBy::Memory } else { MatchedBy::Nothing };
                *column = ColumnUse { by, ..before.clone() };
            }
        }
        Self { columns: mapping.columns, ..self.clone() }
    }

    /// The column that is a field.
    pub fn column_of(&self, field: Field) -> Option<usize> {
        self.columns.iter().position(|column| column.field == Some(field))
    }

    /// Makes a column a field, which no other column is then; none leaves the column out.
    pub fn assign(&mut self, column: usize, field: Option<Field>, by: MatchedBy) {
        for other in self.columns.iter_mut().filter(|other| field.is_some() && other.field == field) {
            (other.field, other.by) = (None, MatchedBy::Nothing);
        }
        if let Some(column) = self.columns.get_mut(column) {
            (column.field, column.by) = (field, by);
        }
    }

    /// What a field has where a row says nothing.
    pub fn default_of(&self, field: Field) -> Option<&str> {
        self.defaults.iter().find(|(one, _)| *one == field).map(|(_, text)| text.as_str())
    }

    /// Fields that every order needs and that nothing gives. A UUID is made where there is none.
    pub fn missing(&self) -> Vec<Field> {
        let needed = [
            Field::OrderDate,
            Field::StoreCode,
            Field::ProductCode,
            Field::Quantity,
            Field::UserId,
            Field::CardNumber,
        ];
        let is_missing =
            |field: &Field| self.column_of(*field).is_none() && self.default_of(*field).is_none();
        needed.into_iter().filter(is_missing).collect()
    }

    /// Puts in what a field has where a row says nothing; an empty text takes it out.
    pub fn set_default(&mut self, field: Field, text: &str) -> Result<(), MappingError> {
        if matches!(field, Field::CardNumber | Field::DateUuid) {
            return Err(MappingError::Own(field));
        }
        check_text(text)?;
        self.defaults.retain(|(one, _)| *one != field);
        if !text.trim().is_empty() {
            self.defaults.push((field, text.trim().to_owned()));
        }
        Ok(())
    }

    /// Puts in what stands for a value, in place of what stood for it before.
    pub fn set_mend(&mut self, mend: &Mend) -> Result<(), MappingError> {
        if matches!(mend.field, Field::CardNumber | Field::DateUuid) {
            return Err(MappingError::Own(mend.field));
        }
        check_text(&mend.from)?;
        check_text(&mend.to)?;
        let mend =
            Mend { field: mend.field, from: mend.from.trim().to_owned(), to: mend.to.trim().to_owned() };
        self.mends.retain(|other| (other.field, &other.from) != (mend.field, &mend.from));
        self.mends.push(mend);
        Ok(())
    }

    fn match_names(&mut self) {
        let names: Vec<Option<(Field, usize)>> =
            self.columns.iter().map(|column| names::field_of(&column.name)).collect();
        for field in Field::ALL {
            let of_field = names.iter().enumerate().filter_map(|(column, known)| match known {
                Some((one, likelihood)) if *one == field => Some((*likelihood, column)),
                _ => None,
            });
            if let Some((_, column)) = of_field.min() {
                self.assign(column, Some(field), MatchedBy::Name);
            }
        }
    }

    /// Columns whose names say nothing, by what stands in them.
    fn match_looks(&mut self, sample: &[RawRow]) {
        for column in 0..self.columns.len() {
            let Some(ColumnUse { field: None, name, .. }) = self.columns.get(column) else { continue };
            if names::is_of_export(name) {
                continue;
            }
            let looks = looks::field_of(sample, column, |field| self.column_of(field).is_none());
            if let Some(field) = looks {
                self.assign(column, Some(field), MatchedBy::Look);
            }
        }
    }
}
