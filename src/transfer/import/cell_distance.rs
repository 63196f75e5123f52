//! How many bytes of XML lie between one cell of a sheet and the next.
//!
//! What reads the sheet keeps one cell, with all texts in it, however many there are, and a comment as a whole. So cells have to
//! follow each other, none in another, and near enough. XML is taken apart as far as its reader takes it: names of tags, quotes
//! in them, comments and the like.

/// Bytes from one cell or row to the next, or from the beginning to the first.
const MOST: usize = 1024 * 1024;

/// The distance so far, and where in the XML it ends.
#[derive(Debug, Default)]
pub struct CellDistance {
    since: usize,
    state: State,
    in_cell: bool,
    is_over: bool,
    /// The last two bytes.
    last: [u8; 2],
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// In a tag: its name so far, without what stands before a colon, and the quote that is open.
    Tag { name: Vec<u8>, is_named: bool, quote: Option<u8> },
    /// Behind `<!` or `<?`: up to what ends it, and how many bytes it has.
    Special { end: Special, length: usize },
}

#[derive(Debug, Clone, Copy)]
enum Special {
    Unknown,
    Comment,
    Text,
    Declaration,
    Instruction,
}

/// Longer names are none that matter.
const MOST_OF_A_NAME: usize = 16;

impl CellDistance {
    /// Whether no distance is too long, up to the end of some more bytes.
    pub fn stays_short(&mut self, bytes: &[u8]) -> bool {
        bytes.iter().all(|&byte| {
            if self.is_over {
                return true;
            }
            self.since += 1;
            let is_right = self.since <= MOST && self.take(byte);
            self.last = [self.last[1], byte];
            is_right
        })
    }

    /// Whether what ended with a byte is in order.
    fn take(&mut self, byte: u8) -> bool {
        let last = self.last;
        match &mut self.state {
            State::Text if byte == b'<' => {
                self.state = State::Tag { name: Vec::new(), is_named: false, quote: None };
            }
            State::Text => {}
            State::Special { end, length } => {
                *length += 1;
                if end.is_at(byte, last, *length) {
                    self.state = State::Text;
                }
            }
            State::Tag { name, is_named: false, .. } if name.is_empty() && matches!(byte, b'!' | b'?') => {
                let end = if byte == b'?' { Special::Instruction } else { Special::Unknown };
                self.state = State::Special { end, length: 0 };
            }
            State::Tag { quote: Some(open), .. } if *open != byte => {}
            State::Tag { quote: open @ Some(_), .. } => *open = None,
            State::Tag { name, quote: None, .. } if byte == b'>' => {
                let name = std::mem::take(name);
                self.state = State::Text;
                return self.take_tag(&name, last[1] == b'/');
            }
            State::Tag { name, is_named, quote } => match byte {
                b'"' | b'\'' => *quote = Some(byte),
                b' ' | b'\t' | b'\r' | b'\n' => *is_named = true,
                b'/' if !name.is_empty() => *is_named = true,
                b':' if !*is_named => name.retain(|byte| *byte == b'/'),
                byte if !*is_named && name.len() < MOST_OF_A_NAME => name.push(byte),
                _ => {}
            },
        }
        true
    }

    fn take_tag(&mut self, name: &[u8], is_empty: bool) -> bool {
        match name {
            b"c" | b"row" | b"/sheetData" if self.in_cell => return false,
            b"c" => (self.since, self.in_cell) = (0, !is_empty),
            b"/c" => (self.since, self.in_cell) = (0, false),
            b"row" => self.since = 0,
            b"/sheetData" => self.is_over = true,
            _ => {}
        }
        true
    }
}

impl Special {
    /// Whether a byte ends it; the first bytes say what it is.
    fn is_at(&mut self, byte: u8, last: [u8; 2], length: usize) -> bool {
        match (*self, byte) {
            (Self::Unknown, b'-') => *self = Self::Comment,
            (Self::Unknown, b'[') => *self = Self::Text,
            (Self::Unknown, _) => *self = Self::Declaration,
            (Self::Comment, b'>') => return last == *b"--" && length > 4,
            (Self::Text, b'>') => return last == *b"]]" && length > 7,
            (Self::Declaration, b'>') => return true,
            (Self::Instruction, b'>') => return last[1] == b'?' && length > 1,
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_short(parts: &[&str]) -> bool {
        let mut distance = CellDistance::default();
        parts.iter().all(|part| distance.stays_short(part.as_bytes()))
    }

    #[test]
    fn cells_that_follow_each_other_are_short_however_many_there_are() {
        let half = "x".repeat(MOST / 2);
        for (open, close) in [("<c>", "</c>"), ("<x:c r='>'>", "</x:c>"), ("<row><c r='A1'/>", "</row>")] {
            assert!(is_short(&["<sheetData>", open, &half, close, open, &half, close, open, &half, close]));
        }
        let long = "x".repeat(MOST + 1);
        assert!(is_short(&["<sheetData><c></c></sheetData>", &long]), "what follows the data is not read");
    }

    #[test]
    fn what_hides_in_one_cell_is_found() {
        let half = "x".repeat(MOST / 2 + 1);
        for between in [
            "</t><t>",
            "<!-- <c></c> ",
            "<!--><c></c> ",
            "<!-- ]]> <c/> ",
            "<![CDATA[ --> <c/> ",
            "<t a='<c></c>'>",
            "<c></c>",
            "<row/>",
            "</sheetData>",
            "<? <c/> ",
        ] {
            assert!(!is_short(&["<sheetData><c><is>", &half, between, &half]), "{between}");
        }
        assert!(!is_short(&["<worksheet>", &half, &half]), "what comes before the data");
    }
}
