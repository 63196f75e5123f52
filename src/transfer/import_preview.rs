//! What an import would do, in words and counts that are kept and shown: no card number is in them.

use serde::{Deserialize, Serialize};

use super::import::{
    ChangedOrder, ColumnDates, Ending, Fault, Mapping, Outcome, RawRow, SettledRow, Survey, WrongValue,
    header_fingerprint,
};
use crate::order::{Change, Field, NewOrder, holds_card_number};

/// What is in a file, and what an import of it would do.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImportPreview {
    /// Why the file cannot be read, as a sentence; all else is empty then.
    pub problem: Option<String>,
    /// What tells the columns' names from those of other files.
    pub header_key: String,
    /// Of a workbook, those that are seen first.
    pub sheets: Vec<String>,
    pub columns: Vec<PreviewColumn>,
    /// Rows but for blank ones and repeated headers.
    pub rows: u64,
    /// What would come of them.
    pub new: u64,
    pub here: u64,
    pub differs: u64,
    pub wrong: u64,
    /// Rows that repeat an earlier one.
    pub repeats: u64,
    /// Rows whose card alone is wrong, as a spreadsheet's rounding makes it.
    pub rounded_cards: u64,
    pub undecodable: u64,
    /// How the file ends, where that is not as it should.
    pub ending: Option<String>,
    /// The first orders that would be added.
    pub first: Vec<PreviewOrder>,
    /// The first orders that are here and say something else.
    pub changes: Vec<PreviewChange>,
    /// The first rows that are wrong.
    pub wrong_rows: Vec<PreviewFault>,
    /// Values that are wrong, the most frequent first.
    pub wrong_values: Vec<PreviewValue>,
}

/// A column of the file.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreviewColumn {
    pub name: String,
    /// What stands in its first rows.
    pub sample: String,
    /// How its dates are written: day first, month first, either.
    pub dates: Option<(u64, u64, u64)>,
    /// Rows in which it holds what may be a card number, and is not the card's.
    pub stray_cards: u64,
}

/// An order that would be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewOrder {
    pub row: u64,
    pub ordered: String,
    pub store: String,
    pub product: String,
    pub quantity: i32,
    pub card: String,
    pub shipped: String,
    pub customer: String,
}

/// An order that is here and that the file has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewChange {
    pub row: u64,
    pub number: i64,
    /// `Quantity: 2 → 3`
    pub changes: Vec<String>,
}

/// What is wrong in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewFault {
    pub row: u64,
    pub column: String,
    pub found: String,
    pub wanted: String,
}

/// A value that is wrong, in all rows that have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewValue {
    pub field: Option<Field>,
    pub column: String,
    pub found: String,
    pub wanted: String,
    pub rows: u64,
    pub first_row: u64,
    pub can_be_mended: bool,
    pub suggestion: Option<String>,
}

impl ImportPreview {
    const FIRST: usize = 10;
    const WRONG_ROWS: usize = 50;
    const WRONG_VALUES: usize = 30;
    /// Characters of what stands in a column that are shown.
    const SAMPLE: usize = 60;

    /// Of a file that cannot be read.
    pub fn of_problem(problem: String) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    /// What is known before the database is asked.
    pub fn new(survey: &Survey, dates: &[(usize, ColumnDates)], sample: &[RawRow]) -> Self {
        let column = |(nth, name): (usize, &String)| PreviewColumn {
            name: shown(name),
            sample: sample_of(sample, nth),
            dates: dates
                .iter()
                .find(|(column, _)| *column == nth)
                .map(|(_, dates)| (dates.day_first, dates.month_first, dates.either)),
            stray_cards: survey.stray_cards.iter().find(|(one, _)| *one == nth).map_or(0, |(_, rows)| *rows),
        };
        let columns: Vec<PreviewColumn> = survey.header.iter().enumerate().map(column).collect();
        let value = |value: &WrongValue| PreviewValue {
            field: value.fault.field,
            column: column_name(&columns, &value.fault),
            found: value.fault.found.clone(),
            wanted: value.fault.wanted.clone(),
            rows: value.rows,
            first_row: value.first_row,
            can_be_mended: value.can_be_mended,
            suggestion: value.suggestion.clone(),
        };
        Self {
            problem: None,
            header_key: header_fingerprint(&survey.header),
            rows: survey.rows,
            repeats: survey.repeats.len() as u64,
            rounded_cards: survey.rounded_cards,
            undecodable: survey.undecodable,
            ending: match survey.ending {
                Ending::Whole => None,
                Ending::Cut(row) => {
                    Some(format!("The file ends in the middle of row {row}: what is behind it is missing."))
                }
                Ending::OpenQuote(row) => Some(format!(
                    "The quote that opens in row {row} is never closed, so all that follows is one cell."
                )),
            },
            wrong_values: survey.wrong.iter().take(Self::WRONG_VALUES).map(value).collect(),
            columns,
            ..Self::default()
        }
    }

    /// Counts a row, and shows it where it is one of the first.
    pub fn add(&mut self, row: u64, settled: &SettledRow) {
        match settled {
            SettledRow::Outcome(Outcome::New(order)) => self.add_new(row, order),
            SettledRow::Outcome(Outcome::Here(_)) => self.here += 1,
            SettledRow::Outcome(Outcome::Change(changed)) => self.add_change(row, changed),
            SettledRow::Outcome(Outcome::Wrong(faults)) => self.add_wrong(row, faults),
            // Repeats are counted already.
            SettledRow::Skipped(_) => {}
        }
    }

    fn add_new(&mut self, row: u64, order: &NewOrder) {
        self.new += 1;
        if self.first.len() < Self::FIRST {
            let card = order.card.summary();
            self.first.push(PreviewOrder {
                row,
                ordered: order.dates.ordered().text().to_string(),
                store: order.store.to_string(),
                product: order.product.to_string(),
                quantity: order.quantity.get(),
                card: format!("{} •••• {}", card.brand.label(), card.last_four.as_str()),
                shipped: order.dates.shipped().map(|at| at.text().to_string()).unwrap_or_default(),
                customer: order.user_id.shown().to_owned(),
            });
        }
    }

    fn add_change(&mut self, row: u64, changed: &ChangedOrder) {
        self.differs += 1;
        if self.changes.len() < Self::FIRST {
            let words = |change: &Change| {
                let text = |value: &Option<String>| value.as_deref().map_or("nothing".to_owned(), shown);
                format!("{}: {} → {}", change.field.label(), text(&change.before), text(&change.after))
            };
            self.changes.push(PreviewChange {
                row,
                number: changed.number.get(),
                changes: changed.changes.all().iter().map(words).collect(),
            });
        }
    }

    fn add_wrong(&mut self, row: u64, faults: &[Fault]) {
        self.wrong += 1;
        for fault in faults {
            if self.wrong_rows.len() < Self::WRONG_ROWS {
                self.wrong_rows.push(PreviewFault {
                    row,
                    column: column_name(&self.columns, fault),
                    found: fault.found.clone(),
                    wanted: fault.wanted.clone(),
                });
            }
        }
    }

    /// Whether there is anything to import.
    pub fn has_work(&self, mapping: &Mapping) -> bool {
        self.new > 0 || mapping.update_existing && self.differs > 0
    }
}

fn column_name(columns: &[PreviewColumn], fault: &Fault) -> String {
    let named = fault.column.and_then(|column| columns.get(column)).map(|column| column.name.clone());
    named.or_else(|| fault.field.map(|field| field.label().to_owned())).unwrap_or_default()
}

fn sample_of(rows: &[RawRow], column: usize) -> String {
    let cells = rows.iter().map(|row| row.cell(column).trim()).filter(|cell| !cell.is_empty());
    let cells: Vec<String> = cells.take(2).map(shown).collect();
    cells.join(", ")
}

/// A text of the file, cut short; what may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
fn shown(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_code = text.chars().any(|c| c.is_ascii_alphabetic());
    if holds_card_number(text) || digits >= 9 && !is_code && !text.contains([':', '-', '/', '.']) {
        return "(card number)".to_owned();
    }
    let cut: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ImportPreview::SAMPLE).collect();
    if text.chars().count() > ImportPreview::SAMPLE { format!("{cut}…") } else { cut }
}
