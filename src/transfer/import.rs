//! Orders from files: what a file is, what its columns mean, and what becomes of each row.
//!
//! The way of a file, the same for the preview and for the run:
//!
//! 1. [`FileReading::find`] looks at the whole file once, without reading rows: its format, its encoding, what separates
//!    its cells, and its fingerprint. All of it may be changed.
//! 2. [`RowReader`] gives its rows, one after another, each a [`RawRow`] of texts. It holds one row and a buffer.
//! 3. [`Mapping`] says which column is which field, and what stands for what is wrong. [`Mapping::propose`] finds it.
//! 4. [`Survey`] reads all rows once: how dates are written, what is wrong and how often, what is there twice.
//! 5. [`RowCheck`] makes of a row what the form would: a [`Checked`], and [`ReadRow::against`] the order that has its key,
//!    if there is one, an [`Outcome`].
//! 6. [`WrongRows`] writes the rows that were wrong as a file of the same format, with the reasons.
//!
//! [`settle`] and [`import_rows`] put this together with the database; all else is without one. No card number leaves but inside a [`NewOrder`](crate::order::NewOrder) or an
//! [`Edit`](crate::order::Edit).

mod card;
mod cell_distance;
mod check;
mod csv;
mod dates;
mod encoding;
mod fault;
mod file_fingerprint;
mod file_name;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod json;
mod kept_cards;
mod looks;
mod mapping;
mod names;
mod outcome;
mod read_row;
mod reader;
mod reading;
mod recorded;
mod row;
mod rules;
mod run;
mod separator;
mod sheet;
mod suggestion;
mod survey;
mod workbook_bounds;
mod wrong_rows;

pub use card::CardReference;
pub use check::{Checked, RowCheck};
pub use dates::ColumnDates;
pub use encoding::TextEncoding;
pub use fault::{Fault, FileError};
pub use file_fingerprint::FileFingerprint;
pub use file_name::file_name_of;
pub use kept_cards::{KeptCards, card_references};
pub use mapping::{ColumnUse, DateOrder, Mapping, MatchedBy, Mend};
pub use names::header_fingerprint;
pub use outcome::{ChangedOrder, Outcome};
pub use read_row::{ReadRow, Skipped};
pub use reader::RowReader;
pub use reading::{FileReading, MOST_FILE_BYTES};
pub use recorded::is_twin;
pub use row::{Ending, Position, RawRow, RowProblem};
pub use rules::Rules;
pub use run::{BatchSize, FoundOrders, PAUSE, SettledRow, import_rows, settle};
pub use separator::Separator;
pub use survey::{Survey, WrongValue, find_date_orders};
pub use wrong_rows::WrongRows;

#[cfg(test)]
mod tests;
