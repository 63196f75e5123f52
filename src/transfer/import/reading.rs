//! What a file is: found out by looking at it, shown, and changeable.

use std::io::{Cursor, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::csv::CsvRows;
use super::encoding::Utf8Bytes;
use super::file_fingerprint::FileFingerprint;
use super::separator::Separator;
use super::sheet::sheet_names;
use super::{FileError, RawRow, TextEncoding, names};
use crate::order::grouped;
use crate::transfer::FileFormat;

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReading {
    pub format: FileFormat,
    /// Of a workbook it means nothing.
    pub encoding: TextEncoding,
    /// Between the cells of a CSV file.
    pub separator: Separator,
    /// Whether the first row has the columns' names. JSON always has them.
    pub has_header: bool,
    /// Which sheet of a workbook; none is the first that is seen.
    pub sheet: Option<String>,
}

/// The largest file that is read.
pub const MOST_FILE_BYTES: u64 = 500 * 1024 * 1024;

/// Of a file's beginning, by which format and separator are found.
const SAMPLE: usize = 64 * 1024;
/// Rows of it.
const SAMPLE_ROWS: usize = 50;

impl FileReading {
    /// Looks at a whole file once, from its beginning to its end. What it is called decides nothing.
    pub fn find(file: &mut (impl Read + Seek)) -> Result<(Self, FileFingerprint), FileError> {
        file.seek(SeekFrom::Start(0))?;
        let mut looked = Looked::default();
        let mut buffer = Zeroizing::new(vec![0; SAMPLE]);
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => looked.take(buffer.get(..read).unwrap_or_default()),
            }
            if looked.bytes > MOST_FILE_BYTES {
                let most = grouped(MOST_FILE_BYTES / 1024 / 1024);
                return Err(FileError::TooLarge(format!("it has more than {most} MB. Split it")));
            }
        }
        file.seek(SeekFrom::Start(0))?;
        let fingerprint = looked.fingerprint();
        Ok((looked.reading()?, fingerprint))
    }

    /// The sheets of a workbook, those that are seen first; none of another file.
    pub fn sheets(&self, file: &mut (impl Read + Seek)) -> Result<Vec<String>, FileError> {
        if self.format == FileFormat::Xlsx { sheet_names(file) } else { Ok(Vec::new()) }
    }
}

/// What was seen of a file.
#[derive(Default)]
struct Looked {
    bytes: u64,
    digest: Sha256,
    head: Zeroizing<Vec<u8>>,
    /// Characters of several bytes, as UTF-8 has them, and bytes that it does not have.
    wide: u64,
    foreign: u64,
    /// The beginning of a character, whose end comes with the next bytes.
    rest: Vec<u8>,
}

impl Looked {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.digest.update(bytes);
        let room = SAMPLE.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if bytes.is_ascii() && self.rest.is_empty() {
            return;
        }
        let joined = Zeroizing::new([&self.rest, bytes].concat());
        self.rest.clear();
        let mut left: &[u8] = &joined;
        while !left.is_empty() {
            let (valid, error) = match std::str::from_utf8(left) {
                Ok(text) => (text, None),
                Err(error) => {
                    let valid = left.get(..error.valid_up_to()).unwrap_or_default();
                    (std::str::from_utf8(valid).unwrap_or_default(), Some(error.error_len()))
                }
            };
            self.wide += valid.chars().filter(|c| !c.is_ascii()).count() as u64;
            let behind = left.get(valid.len()..).unwrap_or_default();
            left = match error {
                None => break,
                Some(None) => {
                    self.rest = behind.to_vec();
                    break;
                }
                Some(Some(length)) => {
                    self.foreign += 1;
                    behind.get(length..).unwrap_or_default()
                }
            };
        }
    }

    fn fingerprint(&self) -> FileFingerprint {
        let digest: [u8; 32] = self.digest.clone().finalize().into();
        FileFingerprint(digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    fn reading(&self) -> Result<FileReading, FileError> {
        if self.bytes == 0 {
            return Err(FileError::Empty);
        }
        let workbook = FileReading {
            format: FileFormat::Xlsx,
            encoding: TextEncoding::Utf8,
            separator: Separator::Comma,
            has_header: true,
            sheet: None,
        };
        if self.head.starts_with(b"PK\x03\x04") {
            return Ok(workbook);
        }
        if let Some(what) = known_otherwise(&self.head) {
            return Err(FileError::Unknown(what.to_owned()));
        }
        let encoding = self.encoding();
        let text = encoding.decode(&self.head);
        let text = text.trim_start_matches(char::REPLACEMENT_CHARACTER);
        if text.trim().is_empty() {
            return Err(FileError::Empty);
        }
        if text.contains('\0') {
            return Err(FileError::Unknown("it is no text".to_owned()));
        }
        let format = match text.trim_start().as_bytes() {
            [b'[', rest @ ..] if matches!(rest.trim_ascii_start().first(), Some(b'{' | b']')) => {
                FileFormat::Json
            }
            [b'{', ..] => FileFormat::Ndjson,
            _ => FileFormat::Csv,
        };
        let text = FileReading { format, encoding, ..workbook };
        Ok(if format == FileFormat::Csv { self.csv(text) } else { text })
    }

    fn encoding(&self) -> TextEncoding {
        let marked = [TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be]
            .into_iter()
            .find(|encoding| self.head.starts_with(encoding.mark()));
        if let Some(encoding) = marked {
            return encoding;
        }
        // Of UTF-16 every other byte is nothing, as long as it is in Latin letters and digits.
        let zeros =
            |parity: usize| self.head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd) = (zeros(0), zeros(1));
        let most = self.head.len() / 2;
        if odd > most / 2 && even < most / 8 {
            TextEncoding::Utf16Le
        } else if even > most / 2 && odd < most / 8 {
            TextEncoding::Utf16Be
        } else if self.foreign + u64::from(!self.rest.is_empty()) > self.wide {
            TextEncoding::Windows1252
        } else {
            TextEncoding::Utf8
        }
    }

    fn csv(&self, reading: FileReading) -> FileReading {
        let rows = |separator| sample_rows(&self.head, reading.encoding, separator);
        let text = reading.encoding.decode(self.head.get(..16).unwrap_or(&self.head));
        let said = text.strip_prefix("sep=").and_then(|rest| Separator::parse(rest.get(..1)?));
        let mut best = (reading.separator, 0, Vec::new());
        for separator in
            Separator::ALL.into_iter().filter(|separator| said.is_none_or(|said| said == *separator))
        {
            let rows = rows(separator);
            let width = rows.first().map_or(0, |row| row.cells().len());
            let alike = rows.iter().filter(|row| row.cells().len() == width).count();
            // Rows of one width, and among those the wider ones.
            let points = if width > 1 { alike * 100 / rows.len().max(1) * 1000 + width } else { 0 };
            if points > best.1 || best.2.is_empty() {
                best = (separator, points, rows);
            }
        }
        let (separator, _, rows) = best;
        FileReading { separator, has_header: names::is_header(&rows), ..reading }
    }
}

/// Formats that somebody may take for one of ours, and what to do.
fn known_otherwise(head: &[u8]) -> Option<&'static str> {
    const OTHERS: [(&[u8], &str); 7] = [
        (
            b"\xD0\xCF\x11\xE0",
            "it is a workbook of an old Excel, or one with a password. Save it as .xlsx without one",
        ),
        (b"%PDF", "it is a PDF"),
        (b"\x1F\x8B", "it is compressed. Unpack it"),
        (b"7z\xBC\xAF", "it is compressed. Unpack it"),
        (b"SQLite format 3\0", "it is an SQLite database. See `orders adopt`"),
        (b"<", "it is a web page or XML. Save it as CSV UTF-8"),
        (b"{\\rtf", "it is a text document. Save it as CSV UTF-8"),
    ];
    let head = head.strip_prefix(TextEncoding::Utf8.mark()).unwrap_or(head).trim_ascii_start();
    OTHERS.iter().find(|(begin, _)| head.starts_with(begin)).map(|(_, what)| *what)
}

/// The rows of a file's beginning without blank ones, and without the last, which may be cut.
fn sample_rows(head: &[u8], encoding: TextEncoding, separator: Separator) -> Vec<RawRow> {
    let head = head.strip_prefix(encoding.mark()).unwrap_or(head);
    let mut rows = CsvRows::new(Utf8Bytes::new(Cursor::new(head), encoding, 0), separator, 0);
    let (mut sample, mut row) = (Vec::new(), RawRow::default());
    while sample.len() <= SAMPLE_ROWS && matches!(rows.read(&mut row), Ok(true)) {
        if !row.is_blank() && !is_separator_line(&row) {
            sample.push(row.clone());
        }
    }
    if sample.len() > 1 && head.len() >= SAMPLE - 3 {
        sample.pop();
    }
    sample
}

/// Whether a row tells Excel its separator before all others: `sep=;`.
pub(super) fn is_separator_line(row: &RawRow) -> bool {
    row.row() == 1 && row.cell(0).starts_with("sep=") && row.cell(0).len() <= 5 && row.cell(1).is_empty()
}
