//! What a workbook may ask of this program's memory: looked at before anything is read from it.
//!
//! A workbook is an archive of XML. A few kilobytes of it may unpack to gigabytes, and name sizes that nobody has. calamine
//! keeps all parts but the sheets in memory, and of a sheet one element at a time. So all parts are unpacked once, into
//! nothing, and counted; of sheets, the distance from one cell to the next.

use std::io::{Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::FileError;
use super::cell_distance::CellDistance;

const MOST_PARTS: u64 = 1000;
/// Of all parts that are kept in memory: texts, styles, relations.
const MOST_KEPT: u64 = 32 * 1024 * 1024;
/// Of one sheet: a million rows of orders have half of it.
const MOST_OF_A_SHEET: u64 = 2 * 1024 * 1024 * 1024;
/// How many times larger than its archive a sheet may be; small ones may be anything.
const MOST_RATIO: u64 = 100;
const SMALL: u64 = 16 * 1024 * 1024;
/// Texts that a workbook says it has.
const MOST_TEXTS: u64 = 1_000_000;

/// An error if reading a workbook could take more than there is.
pub fn check(file: &mut (impl Read + Seek)) -> Result<(), FileError> {
    let parts = count_parts(file)?;
    if parts > MOST_PARTS {
        return Err(too_large("it has too many parts"));
    }
    file.seek(SeekFrom::Start(0))?;
    let mut archive = ZipArchive::new(&mut *file).map_err(|_| damaged())?;
    let mut kept = MOST_KEPT;
    for nth in 0..archive.len() {
        let mut part = archive.by_index(nth).map_err(|_| damaged())?;
        let name = part.name().map_err(|_| damaged())?.to_ascii_lowercase();
        if name.starts_with("xl/worksheets/") && !name.contains("/_rels/") {
            let packed = part.compressed_size();
            check_sheet(&mut part, packed)?;
        } else {
            let is_texts = name.ends_with("sharedstrings.xml");
            kept = check_kept(&mut part, kept, is_texts)?;
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(())
}

/// How many parts the archive says it has (APPNOTE.TXT 6.3.10, section 4.3.16).
fn count_parts(file: &mut (impl Read + Seek)) -> Result<u64, FileError> {
    const RECORD: u64 = 22;
    const MOST_COMMENT: u64 = 65_535;
    let length = file.seek(SeekFrom::End(0))?;
    let tail = length.min(RECORD + MOST_COMMENT);
    file.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes)?;
    let records = bytes.windows(12).filter(|bytes| bytes.starts_with(b"PK\x05\x06"));
    let counts = records.map(|bytes| match bytes {
        [.., low, high] => u64::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    });
    counts.max().ok_or_else(damaged)
}

fn check_kept(part: &mut impl Read, left: u64, is_texts: bool) -> Result<u64, FileError> {
    let mut head = Vec::new();
    part.take(64 * 1024).read_to_end(&mut head).map_err(|_| damaged())?;
    if is_texts && said_texts(&head).is_none_or(|texts| texts > MOST_TEXTS) {
        return Err(too_many_texts());
    }
    let mut left = left.checked_sub(head.len() as u64).ok_or_else(too_many_texts)?;
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let read = part.read(&mut buffer).map_err(|_| damaged())?;
        if read == 0 {
            return Ok(left);
        }
        left = left.checked_sub(read as u64).ok_or_else(too_many_texts)?;
    }
}

/// How many texts the table of texts says that it has, for which room is made before they are read; none where it does not
/// begin soon.
fn said_texts(head: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(head);
    let begin = text.find("sst")?;
    let tag = text.get(begin..begin + text.get(begin..)?.find('>')?)?;
    let said = tag.split("uniqueCount").skip(1).map(|rest| {
        let digits: String =
            rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(u64::MAX)
    });
    Some(said.max().unwrap_or(0))
}

fn check_sheet(part: &mut impl Read, packed: u64) -> Result<(), FileError> {
    let most = MOST_OF_A_SHEET.min(SMALL.max(packed.saturating_mul(MOST_RATIO)));
    let mut distance = CellDistance::default();
    let mut unpacked = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = part.read(&mut buffer).map_err(|_| damaged())?;
        if read == 0 {
            return Ok(());
        }
        unpacked += read as u64;
        if unpacked > most {
            return Err(too_large("a sheet unpacks to more than orders take"));
        }
        if !distance.stays_short(buffer.get(..read).unwrap_or_default()) {
            return Err(too_large("a cell has more than a megabyte, or is in no order"));
        }
    }
}

fn too_large(what: &str) -> FileError {
    FileError::TooLarge(what.to_owned())
}

fn too_many_texts() -> FileError {
    too_large("the workbook has more texts than can be kept at once. Save it as CSV UTF-8")
}

fn damaged() -> FileError {
    FileError::Workbook("it is no whole archive".to_owned())
}
