//! The cards that a file of wrong rows refers to, out of the file that it came from.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};

use zeroize::Zeroizing;

use super::{Checked, FileError, FileFingerprint, RawRow, RowCheck, RowReader};
use crate::order::Field;

/// The cells of the card column of some rows; wiped when they are dropped.
#[derive(Default)]
pub struct KeptCards {
    file: Option<FileFingerprint>,
    cells: HashMap<u64, Zeroizing<String>>,
}

/// The rows of other files that a file refers to.
pub fn card_references<R: Read + Seek + Send + 'static>(
    reader: &mut RowReader<R>,
    check: &RowCheck<'_>,
) -> Result<HashSet<(FileFingerprint, u64)>, FileError> {
    let (mut row, mut found) = (RawRow::default(), HashSet::new());
    while reader.read(&mut row)? {
        if let Checked::Read(read) = check.check(&row)
            && let Some(reference) = read.card
        {
            found.insert((reference.file, reference.row));
        }
    }
    Ok(found)
}

impl KeptCards {
    /// Reads the cards of the rows that are referred to; `check` is that of the file that has them.
    pub fn read<R: Read + Seek + Send + 'static>(
        reader: &mut RowReader<R>,
        check: &RowCheck<'_>,
        wanted: &HashSet<(FileFingerprint, u64)>,
    ) -> Result<Self, FileError> {
        let mut kept = Self { file: Some(check.file), cells: HashMap::new() };
        let Some(column) = check.mapping.column_of(Field::CardNumber) else { return Ok(kept) };
        let mut row = RawRow::default();
        while reader.read(&mut row)? {
            if wanted.contains(&(check.file, row.row())) {
                kept.cells.insert(row.row(), Zeroizing::new(check.cell(&row, column).to_owned()));
            }
        }
        Ok(kept)
    }

    /// Puts the card into a row that refers to one.
    pub fn resolve(&self, checked: &mut Checked) {
        let Checked::Read(read) = checked else { return };
        let Some(reference) = read.card.filter(|reference| Some(reference.file) == self.file) else { return };
        if let Some(cell) = self.cells.get(&reference.row) {
            read.resolve_card(cell);
        }
    }
}
