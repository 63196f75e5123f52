//! Rows of JSON: an object a line (<https://github.com/ndjson/ndjson-spec>), or an array of objects (RFC 8259).
//!
//! Where an object ends is found by its braces, so that one that is no JSON is one wrong row. Then it is read by itself, each
//! value as the text that it is: a number keeps all its digits.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::encoding::Utf8Bytes;
use super::{Ending, FileError, RawRow, RowProblem};

/// The rows of a file, from some place in it.
pub(super) struct JsonRows<R> {
    bytes: Utf8Bytes<R>,
    is_array: bool,
    /// The row that was read last: a line, or an element of the array.
    row: u64,
    /// The names that were met so far, each the column of its place.
    header: Vec<String>,
    ending: Ending,
    object: Zeroizing<Vec<u8>>,
    overflows: bool,
    /// Whether the array is over, or nothing behind this can be read.
    is_over: bool,
}

/// Where among braces and quotes a byte stands.
#[derive(Default)]
struct Nesting {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
}

impl Nesting {
    /// Whether the value that began is over with a byte.
    fn take(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.in_text => self.is_escaped = true,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

impl<R: Read> JsonRows<R> {
    /// From where the bytes begin, behind a row; `header` has the names of the rows before it.
    pub fn new(bytes: Utf8Bytes<R>, is_array: bool, row: u64, header: Vec<String>) -> Self {
        Self {
            bytes,
            is_array,
            row,
            header,
            ending: Ending::Whole,
            object: Zeroizing::new(Vec::with_capacity(4096)),
            overflows: false,
            is_over: false,
        }
    }

    pub fn row(&self) -> u64 {
        self.row
    }

    pub fn offset(&self) -> Option<u64> {
        self.bytes.offset()
    }

    pub fn ending(&self) -> Ending {
        self.ending
    }

    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads a row; none at the end.
    pub fn read(&mut self, row: &mut RawRow) -> Result<bool, FileError> {
        self.object.clear();
        self.overflows = false;
        let found = if self.is_array { self.element()? } else { self.line()? };
        let Some(is_whole) = found else { return Ok(false) };
        self.row += 1;
        row.begin(self.row);
        if self.overflows {
            row.blame(RowProblem::TooLong(0));
        } else if !self.object.trim_ascii().is_empty() {
            self.take_apart(row);
        }
        if !is_whole && row.problem().is_some() {
            row.begin(self.row);
            row.blame(RowProblem::Cut);
            self.ending = Ending::Cut(self.row);
        }
        Ok(true)
    }

    /// Takes up the next line; whether it has its end.
    fn line(&mut self) -> Result<Option<bool>, FileError> {
        let mut has_any = false;
        loop {
            let buffer = self.bytes.fill()?;
            if buffer.is_empty() {
                return Ok(has_any.then_some(false));
            }
            has_any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let run = end.unwrap_or(buffer.len());
            keep(&mut self.object, &mut self.overflows, buffer.get(..run).unwrap_or_default());
            self.bytes.consume(run + usize::from(end.is_some()));
            if end.is_some() {
                return Ok(Some(true));
            }
        }
    }

    /// Takes up the next element of the array; whether it has its end.
    fn element(&mut self) -> Result<Option<bool>, FileError> {
        if self.is_over {
            return Ok(None);
        }
        // What stands between two elements, and before the first.
        let first = loop {
            match self.bytes.fill()?.first().copied() {
                Some(b',' | b' ' | b'\t' | b'\r' | b'\n') => self.bytes.consume(1),
                Some(b'[') if self.row == 0 => self.bytes.consume(1),
                Some(b']') => {
                    self.is_over = true;
                    return Ok(None);
                }
                Some(byte) => break byte,
                None => {
                    self.is_over = true;
                    self.ending = Ending::Cut(self.row);
                    return Ok(None);
                }
            }
        };
        if first == b'{' { self.object().map(Some) } else { self.other().map(Some) }
    }

    /// Takes up an object up to its last brace.
    fn object(&mut self) -> Result<bool, FileError> {
        let mut nesting = Nesting::default();
        loop {
            let buffer = self.bytes.fill()?;
            if buffer.is_empty() {
                self.is_over = true;
                self.object.clear();
                self.object.push(b'{');
                return Ok(false);
            }
            let end = buffer.iter().position(|byte| nesting.take(*byte));
            let run = end.map_or(buffer.len(), |end| end + 1);
            keep(&mut self.object, &mut self.overflows, buffer.get(..run).unwrap_or_default());
            self.bytes.consume(run);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Takes up what is no object, up to a comma or bracket outside quotes.
    fn other(&mut self) -> Result<bool, FileError> {
        // The brace makes a row of it that is no JSON.
        self.object.push(b'{');
        let mut nesting = Nesting { depth: 1, ..Nesting::default() };
        // Whatever it begins with: so each row takes something up.
        if let Some(first) = self.bytes.fill()?.first() {
            nesting.take(*first);
            nesting.depth = nesting.depth.max(1);
            self.bytes.consume(1);
        }
        loop {
            let buffer = self.bytes.fill()?;
            if buffer.is_empty() {
                self.is_over = true;
                return Ok(false);
            }
            let ends = |byte: u8, nesting: &Nesting| {
                nesting.depth == 1 && !nesting.in_text && matches!(byte, b',' | b']')
            };
            let end = buffer.iter().position(|byte| {
                let is_end = ends(*byte, &nesting);
                is_end || nesting.take(*byte)
            });
            let run = end.unwrap_or(buffer.len());
            self.bytes.consume(run);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Makes cells of the object.
    fn take_apart(&mut self, row: &mut RawRow) {
        let mut values: Vec<Option<Zeroizing<String>>> = vec![None; self.header.len()];
        let mut entries = Entries { header: &mut self.header, values: &mut values, is_full: false };
        let text = String::from_utf8_lossy(&self.object);
        let mut parser = serde_json::Deserializer::from_str(&text);
        let parsed = parser.deserialize_map(&mut entries).and_then(|()| parser.end());
        let is_full = entries.is_full;
        if parsed.is_err() {
            return row.blame(RowProblem::NotJson);
        }
        for value in &values {
            row.push(value.as_deref().map_or("", String::as_str));
        }
        if matches!(text, Cow::Owned(_)) {
            let is_foreign = |cell: &str| cell.contains(char::REPLACEMENT_CHARACTER);
            let column = row.cells().position(is_foreign);
            if let Some(column) = column {
                row.blame(RowProblem::Undecodable(column));
            }
        }
        if is_full {
            row.blame(RowProblem::TooManyCells);
        }
    }
}

/// Adds bytes to an object, as far as there is room: texts in quotes may be longer than what they stand for.
fn keep(object: &mut Vec<u8>, overflows: &mut bool, bytes: &[u8]) {
    let room = RawRow::MOST_BYTES.saturating_sub(object.len());
    *overflows |= bytes.len() > room;
    object.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
}

/// Puts the values of an object at the places of their names.
struct Entries<'a> {
    header: &'a mut Vec<String>,
    values: &'a mut Vec<Option<Zeroizing<String>>>,
    is_full: bool,
}

impl<'de> Visitor<'de> for &mut Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Objects of one file have their names in one order.
        let mut expected = 0;
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            let place = match self.header.get(expected) {
                Some(next) if *next == name => Some(expected),
                _ => self.header.iter().position(|known| *known == name),
            };
            let place = place.unwrap_or_else(|| {
                self.header.push(name);
                self.values.push(None);
                self.header.len() - 1
            });
            if place >= RawRow::MOST_CELLS {
                self.header.truncate(RawRow::MOST_CELLS);
                self.values.truncate(RawRow::MOST_CELLS);
                self.is_full = true;
                continue;
            }
            expected = place + 1;
            if let Some(slot) = self.values.get_mut(place) {
                *slot = Some(cell(value.get()));
            }
        }
        Ok(())
    }
}

/// What a value says: a text without its quotes, nothing for null, the texts of a list one behind the other.
fn cell(json: &str) -> Zeroizing<String> {
    let text = match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).unwrap_or_default(),
        Some(b'n') => String::new(),
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(values) => {
                let texts: Vec<_> = values.iter().map(|value| cell_of_list(value.get())).collect();
                texts.join(" ")
            }
            Err(_) => json.to_owned(),
        },
        _ => json.to_owned(),
    };
    Zeroizing::new(text)
}

/// Lists in lists stay JSON: so nothing nests.
fn cell_of_list(json: &str) -> String {
    if json.starts_with('"') { serde_json::from_str(json).unwrap_or_default() } else { json.to_owned() }
}
