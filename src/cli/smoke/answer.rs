//! What was answered, and what has to hold of every page.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, SERVER};

use super::page::HtmlPage;
use super::report::{CheckFailure, ensure};
use super::visitor::MAX_BODY;

/// How much is repeated of what others say.
const LONGEST: usize = 100;

pub(super) struct SmokeResponse {
    path: String,
    pub(super) status: u16,
    headers: HeaderMap,
    /// Unpacked.
    pub(super) body: Vec<u8>,
    pub(super) is_gzipped: bool,
}

impl SmokeResponse {
    pub(super) fn new(
        path: &str,
        status: u16,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Self, CheckFailure> {
        let mut answer = Self { path: path.to_owned(), status, headers, body, is_gzipped: false };
        match answer.header(CONTENT_ENCODING.as_str()) {
            "" | "identity" => {}
            "gzip" => {
                answer.body = unpacked(&answer.body).ok_or_else(|| {
                    CheckFailure::new(format!(
                        "{path} cannot be unpacked, or is longer than any page of a desk"
                    ))
                })?;
                answer.is_gzipped = true;
            }
            other => {
                let other = printable(other);
                return Err(CheckFailure::new(format!("{path} is packed as nobody asked for ({other})")));
            }
        }
        Ok(answer)
    }

    /// A header's value; what is not there or no text is empty.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Its status and what tells who sent it, in words.
    pub(super) fn said(&self) -> String {
        let Self { path, status, .. } = self;
        let leads = match self.header(LOCATION.as_str()) {
            "" => String::new(),
            to => format!(" and leads to {}", printable(to)),
        };
        let by = match self.header(SERVER.as_str()) {
            "" => String::new(),
            server => format!(" (by {})", printable(server)),
        };
        format!("{path} answers {status}{leads}{by}")
    }

    pub(super) fn ensure_status(&self, status: u16) -> Result<(), CheckFailure> {
        ensure(self.status == status, || format!("{}, not {status}", self.said()))
    }

    /// The page that it is, if it is one of this status.
    pub(super) fn page(&self, status: u16) -> Result<HtmlPage<'_>, CheckFailure> {
        self.ensure_status(status)?;
        let (path, kind) = (&self.path, self.header(CONTENT_TYPE.as_str()));
        ensure(kind == "text/html; charset=utf-8", || format!("{path} is no page ({})", printable(kind)))?;
        let text = std::str::from_utf8(&self.body).ok();
        text.map(HtmlPage::new).ok_or_else(|| CheckFailure::new(format!("{path} is not in UTF-8")))
    }
}

fn unpacked(body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = u64::try_from(MAX_BODY).ok()?;
    // One more than allowed tells that there is more.
    GzDecoder::new(body).take(limit + 1).read_to_end(&mut plain).ok()?;
    (plain.len() <= MAX_BODY).then_some(plain)
}

/// What others say, short and without what a terminal would obey.
pub(super) fn printable(text: &str) -> String {
    let text = text.trim();
    let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    if text.chars().count() > LONGEST { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_short_and_harmless() {
        assert_eq!(printable(" nginx\u{1b}[2J\r\n"), "nginx [2J");
        assert_eq!(printable(&"é".repeat(200)).chars().count(), LONGEST + 1);
    }
}
