//! The report of an adoption: a CSV file (RFC 4180) with a line for each row that needs somebody's eye.
//!
//! It is written beside its place and moved there when it is whole. No card number gets into it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::db::FlaskRow;
use crate::files::NewFile;
use crate::order::{DateUuid, Field, OrderNumber, UserId, holds_card_number};

const HEADER: &str = "outcome,order,date_uuid,user_id,reasons";
/// Characters of a key that are shown; a right one has 36.
const SHOWN: usize = 80;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A report replaces nothing but its own earlier state.
    #[error("{0} is there already. Move it away, or name another file with --report")]
    Exists(PathBuf),
    /// One program writes a report.
    #[error(
        "another `orders adopt` is writing {0}. Wait until it is done, or name another file with --report"
    )]
    Busy(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the report {0}: {1}. Make its folder writable, or name another file with --report")]
    Write(PathBuf, io::Error),
}

/// What became of a row.
#[derive(Debug, Clone, Copy)]
pub enum RowOutcome {
    /// It is this order now.
    Adopted(OrderNumber),
    /// It is not an order.
    LeftOut,
}

/// A report that is being written; what was not finished is removed.
#[derive(Debug)]
pub struct AdoptionReport {
    path: PathBuf,
    file: NewFile,
    lines: BufWriter<File>,
}

impl AdoptionReport {
    /// Begins a report; what stands in its place stays until it is finished.
    pub fn begin(path: &Path) -> Result<Self, ReportError> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::ResourceBusy => ReportError::Busy(path.to_owned()),
            _ => ReportError::Write(path.to_owned(), error),
        };
        let file = NewFile::create(path).map_err(failed)?;
        let lines = BufWriter::new(file.file().try_clone().map_err(failed)?);
        let mut report = Self { path: path.to_owned(), file, lines };
        report.line([HEADER]).map_err(failed)?;
        Ok(report)
    }

    /// Adds a line about a row.
    pub fn add(&mut self, row: &FlaskRow, outcome: RowOutcome, reasons: &str) -> Result<(), ReportError> {
        let (word, number) = match outcome {
            RowOutcome::Adopted(number) => ("adopted", number.to_string()),
            RowOutcome::LeftOut => ("left out", String::new()),
        };
        let date_uuid = row.text(Field::DateUuid);
        let user_id = row.text(Field::UserId);
        let cells = [
            word,
            &number,
            &cell(&shown(&date_uuid, DateUuid::parse(&date_uuid).is_ok())),
            &cell(&shown(&user_id, UserId::parse(&user_id).is_ok())),
            &cell(reasons),
        ];
        self.line(cells).map_err(|error| ReportError::Write(self.path.clone(), error))
    }

    /// Puts the whole report in its place.
    pub fn finish(mut self) -> Result<(), ReportError> {
        let done = self.lines.flush().and_then(|()| self.file.replace());
        done.map_err(|error| ReportError::Write(self.path, error))
    }

    fn line<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        let cells: Vec<&str> = cells.into_iter().collect();
        write!(self.lines, "{}\r\n", cells.join(","))
    }
}

/// The first order that a report names, to tell whether it is about the orders of some database.
///
/// The outer none: the file is no report. The inner: it names no order.
#[expect(clippy::option_option, reason = "no report; a report without orders; its first order")]
pub fn first_order(path: &Path) -> io::Result<Option<Option<(OrderNumber, DateUuid)>>> {
    let mut lines = BufReader::new(File::open(path)?).split(b'\n');
    let header = lines.next().transpose()?.unwrap_or_default();
    if header.trim_ascii_end() != HEADER.as_bytes() {
        return Ok(None);
    }
    for line in lines {
        if let Some(order) = adopted(&String::from_utf8_lossy(&line?)) {
            return Ok(Some(Some(order)));
        }
    }
    Ok(Some(None))
}

/// The order of a line; what comes before its customer never needs quotes.
fn adopted(line: &str) -> Option<(OrderNumber, DateUuid)> {
    let mut cells = line.strip_prefix("adopted,")?.split(',');
    Some((OrderNumber::parse(cells.next()?)?, DateUuid::parse(cells.next()?).ok()?))
}

/// A part of a key as it may be shown: whole, unless it is too long or could be a card number.
fn shown(text: &str, is_uuid: bool) -> String {
    if !is_uuid && holds_card_number(text) {
        return "(looks like a card number)".to_owned();
    }
    text.trim().chars().take(SHOWN).collect()
}

/// A text as a cell: quoted where it must be, and never a formula to a spreadsheet.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// Takes a cell apart as RFC 4180 says.
    fn uncell(cell: &str) -> String {
        let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
    }

    fn row(date_uuid: &str, user_id: &str) -> FlaskRow {
        FlaskRow::new(Field::ALL.map(|field| match field {
            Field::DateUuid => Some(date_uuid.as_bytes().to_vec()),
            Field::UserId => Some(user_id.as_bytes().to_vec()),
            _ => None,
        }))
    }

    proptest! {
        #[test]
        fn cells_come_back_and_are_no_formulas(text in "[=+@\t\r\n\",a-c'-]{0,8}") {
            let cell = cell(&text);
            let back = uncell(&cell);
            prop_assert_eq!(back.strip_prefix('\'').filter(|_| !text.starts_with('\'')).unwrap_or(&back), &text);
            prop_assert!(!back.starts_with(['=', '+', '-', '@', '\t', '\r']));
            prop_assert!(cell.starts_with('"') || !cell.contains([',', '\n', '\r', '"']));
        }

        #[test]
        fn no_key_shows_a_card_number(number in "[0-9]{11,19}", around in "[ a-z]{0,3}") {
            let text = format!("{around}{number}{around}");
            prop_assert!(!shown(&text, false).contains(&number));
        }
    }

    #[test]
    fn a_report_is_moved_to_its_place_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        let uuid = "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d";
        let mut report = AdoptionReport::begin(&path).unwrap();
        report.add(&row("=1", "4111111111111111"), RowOutcome::LeftOut, "One, two.").unwrap();
        let number = OrderNumber::new(7).unwrap();
        report.add(&row(uuid, "a\"b"), RowOutcome::Adopted(number), "Three.").unwrap();
        assert!(!path.exists());
        report.finish().unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            format!(
                "{HEADER}\r\nleft out,,'=1,(looks like a card number),\"One, two.\"\r\n\
                 adopted,7,{uuid},\"a\"\"b\",Three.\r\n"
            )
        );
        let first = first_order(&path).unwrap();
        assert_eq!(first, Some(Some((number, DateUuid::parse(uuid).unwrap()))));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn one_program_writes_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.csv");
        let report = AdoptionReport::begin(&path).unwrap();
        assert!(matches!(AdoptionReport::begin(&path), Err(ReportError::Busy(_))));
        drop(report);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        AdoptionReport::begin(&path).unwrap().finish().unwrap();
        assert_eq!(first_order(&path).unwrap(), Some(None));
        fs::write(&path, "mine").unwrap();
        assert_eq!(first_order(&path).unwrap(), None);
    }
}
