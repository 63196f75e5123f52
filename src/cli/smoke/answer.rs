//! What was answered, and how to say it.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, SERVER};

use super::report::{CheckFailure, ensure};

/// How much is repeated of what others say.
const LONGEST: usize = 100;

pub(super) struct SmokeResponse {
    pub(super) path: String,
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl SmokeResponse {
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

    /// The text that it is, if it is one of this status and type.
    pub(super) fn text(&self, status: u16, kind: &str) -> Result<&str, CheckFailure> {
        ensure(self.status == status, || format!("{}, not {status}", self.said()))?;
        let (path, found) = (&self.path, self.header(CONTENT_TYPE.as_str()));
        ensure(found == kind, || format!("{path} is no {kind} ({})", printable(found)))?;
        std::str::from_utf8(&self.body).map_err(|_| CheckFailure::new(format!("{path} is not in UTF-8")))
    }

    pub(super) fn page(&self) -> Result<&str, CheckFailure> {
        self.text(200, "text/html; charset=utf-8")
    }
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
