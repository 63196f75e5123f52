//! One entry for whoever throws bytes at all readers: tests with some, fuzzers with as many as there is time for.

use std::io::Cursor;

use chrono_tz::Tz;

use super::{Checked, FileReading, Mapping, RawRow, RowCheck, RowReader, Survey, find_date_orders};
use crate::order::{LocalTime, Now};
use crate::transfer::FileFormat;

/// Reads bytes as the file that they look like and as every other, up to what becomes of each row; how many rows there were.
#[must_use]
pub fn read_everything(bytes: &[u8]) -> usize {
    let found = FileReading::find(&mut Cursor::new(bytes));
    let Ok((reading, file)) = found else { return 0 };
    let readings = FileFormat::ALL.map(|format| FileReading { format, ..reading.clone() });
    readings.iter().chain([&reading]).map(|reading| read(bytes, reading, file)).sum()
}

fn read(bytes: &[u8], reading: &FileReading, file: super::FileFingerprint) -> usize {
    let open = || RowReader::open(Cursor::new(bytes.to_vec()), reading);
    let (Ok(mut reader), Some(local)) = (open(), LocalTime::parse("2026-03-04 12:00:00")) else { return 0 };
    let (mut rows, mut row) = (Vec::new(), RawRow::default());
    while rows.len() < 1000 && matches!(reader.read(&mut row), Ok(true)) {
        rows.push(row.clone());
    }
    let mut mapping = Mapping::propose(reader.header(), &rows);
    if let Ok(mut reader) = open() {
        // A file that cannot be read to its end has said so already.
        let _ = find_date_orders(&mut reader, &mut mapping);
    }
    let now = Now { local, zone: Tz::UTC };
    let check = RowCheck::by_form(&mapping, reading.format, file, now);
    for row in &rows {
        if let Checked::Read(read) = check.check(row) {
            drop(read.against(&[], &check));
        }
    }
    if let Ok(mut reader) = open() {
        let _ = Survey::run(&mut reader, &check, |_| {});
    }
    rows.len()
}
