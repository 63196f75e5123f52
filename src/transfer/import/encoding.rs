//! How the characters of a file of text are encoded, and its bytes as UTF-8.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An encoding that files of orders come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// What older spreadsheets of western languages write.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl TextEncoding {
    pub const ALL: [Self; 4] = [Self::Utf8, Self::Utf16Le, Self::Utf16Be, Self::Windows1252];

    /// Its name on the command line and in stored readings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// As people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16",
            Self::Utf16Be => "UTF-16, big end first",
            Self::Windows1252 => "Windows-1252",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name().eq_ignore_ascii_case(name))
    }

    /// What a file of it may begin with.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\xEF\xBB\xBF",
            Self::Utf16Le => b"\xFF\xFE",
            Self::Utf16Be => b"\xFE\xFF",
            Self::Windows1252 => b"",
        }
    }

    /// What makes UTF-8 of it; none where it is UTF-8.
    fn decoder(self) -> Option<Decoder> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Self::Utf16Be => Some(UTF_16BE.new_decoder_without_bom_handling()),
            Self::Windows1252 => Some(WINDOWS_1252.new_decoder_without_bom_handling()),
        }
    }

    /// A short text in it; U+FFFD stands for what it does not have.
    pub(super) fn decode(self, bytes: &[u8]) -> Zeroizing<String> {
        let bytes = bytes.strip_prefix(self.mark()).unwrap_or(bytes);
        let Some(mut decoder) = self.decoder() else {
            return Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
        };
        let most = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len());
        let mut text = String::with_capacity(most);
        let _ = decoder.decode_to_string(bytes, &mut text, false);
        Zeroizing::new(text)
    }
}

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// The bytes of a file as UTF-8, a buffer at a time. What is UTF-8 already is given as it stands, right or wrong.
pub(super) struct Utf8Bytes<R> {
    input: R,
    decoder: Option<Decoder>,
    /// As it was read; for UTF-8 it is what is given, too.
    raw: Zeroizing<Vec<u8>>,
    /// Bytes of `raw` that were decoded, and how many there are.
    taken: usize,
    filled: usize,
    decoded: Zeroizing<Vec<u8>>,
    /// The part of the buffer that is still to be given.
    at: usize,
    end: usize,
    /// The place in the file of what is given next, where it is UTF-8.
    offset: u64,
    is_over: bool,
}

impl<R: Read> Utf8Bytes<R> {
    /// From where the input stands, which is so many bytes behind its beginning.
    pub fn new(input: R, encoding: TextEncoding, offset: u64) -> Self {
        let decoder = encoding.decoder();
        // Every byte of UTF-16 and Windows-1252 becomes three of UTF-8 at most.
        let room = if decoder.is_some() { CHUNK * 3 + 16 } else { 0 };
        Self {
            input,
            decoder,
            raw: Zeroizing::new(vec![0; CHUNK]),
            taken: 0,
            filled: 0,
            decoded: Zeroizing::new(vec![0; room]),
            at: 0,
            end: 0,
            offset,
            is_over: false,
        }
    }

    /// What comes next; empty at the end.
    pub fn fill(&mut self) -> io::Result<&[u8]> {
        while self.at == self.end && !self.is_over {
            self.read()?;
        }
        let buffer = if self.decoder.is_some() { &self.decoded } else { &self.raw };
        Ok(buffer.get(self.at..self.end).unwrap_or_default())
    }

    pub fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.end);
        self.offset += bytes as u64;
    }

    /// Whether what is given was in another encoding, and U+FFFD stands for what that does not have.
    pub fn is_decoded(&self) -> bool {
        self.decoder.is_some()
    }

    /// Where in the file the next byte stands; none where it is not given as it stands.
    pub fn offset(&self) -> Option<u64> {
        self.decoder.is_none().then_some(self.offset)
    }

    fn read(&mut self) -> io::Result<()> {
        self.at = 0;
        if self.taken == self.filled {
            self.taken = 0;
            self.filled = read_full(&mut self.input, &mut self.raw)?;
        }
        let Some(decoder) = &mut self.decoder else {
            (self.end, self.taken) = (self.filled, self.filled);
            self.is_over = self.filled == 0;
            return Ok(());
        };
        let is_last = self.filled == 0;
        let input = self.raw.get(self.taken..self.filled).unwrap_or_default();
        let (result, read, written, _) = decoder.decode_to_utf8(input, &mut self.decoded, is_last);
        self.taken += read;
        self.end = written;
        self.is_over = is_last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

fn read_full(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}
