//! No card number leaves by the log, whatever put it into a line.

use std::borrow::Cow;
use std::io::{self, Write};
use std::net::SocketAddr;

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFormat;
use crate::order::{mask_card_numbers, mask_card_numbers_in_json, may_hold_card_number};

/// Makes writers of whole lines that mask card numbers (PCI DSS 4.0, requirement 3.4.1).
pub(super) struct MaskingWriter<M> {
    inner: M,
    format: LogFormat,
}

impl<M> MaskingWriter<M> {
    pub(super) fn new(inner: M, format: LogFormat) -> Self {
        Self { inner, format }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for MaskingWriter<M> {
    type Writer = MaskedLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        MaskedLine { inner: self.inner.make_writer(), format: self.format }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Self::Writer {
        MaskedLine { inner: self.inner.make_writer_for(about), format: self.format }
    }
}

/// Takes one line a call, as the subscriber writes them.
pub(super) struct MaskedLine<W> {
    inner: W,
    format: LogFormat,
}

impl<W: Write> Write for MaskedLine<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        match masked(&text, self.format) {
            Some(masked) => self.inner.write_all(masked.as_bytes())?,
            None => self.inner.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The line without card numbers; none if there are none.
fn masked(line: &str, format: LogFormat) -> Option<String> {
    // The time comes first and is the desk's own; for its digits alone every line would be looked at.
    let (time, rest) = line.split_at(line.find('Z').map_or(0, |end| end + 1));
    let (before, after) = around_address(rest);
    if !may_hold_card_number(before) && !may_hold_card_number(after) {
        return None;
    }
    match format {
        LogFormat::Text => match mask_card_numbers(rest) {
            Cow::Borrowed(_) => None,
            Cow::Owned(rest) => Some(format!("{time}{rest}")),
        },
        LogFormat::Json => match mask_card_numbers_in_json(line.trim_end()) {
            Cow::Borrowed(_) => None,
            Cow::Owned(line) => Some(line + "\n"),
        },
    }
}

/// What stands before and after the client's address and port, whose digits would have every request's line looked at.
fn around_address(line: &str) -> (&str, &str) {
    let of = |name: &str| {
        let (before, rest) = line.split_once(name)?;
        let (address, after) = rest.split_once('"')?;
        address.parse::<SocketAddr>().is_ok().then_some((before, after))
    };
    of("from=\"").or_else(|| of("\"from\":\"")).unwrap_or((line, ""))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps lines, each with the target that it was asked for.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl<'a> MakeWriter<'a> for Kept {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }

        fn make_writer_for(&'a self, about: &Metadata<'_>) -> Self {
            self.0.lock().unwrap().extend(about.target().bytes());
            self.clone()
        }
    }

    impl Write for Kept {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_writer_behind_it_hears_what_a_line_is_about() {
        let kept = Kept::default();
        let writer = MaskingWriter::new(kept.clone(), LogFormat::Text);
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(writer).finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!(target: "somewhere", text = "4111 1111 1111 1111", "heard");
        });
        let said = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(said.starts_with("somewhere") && said.ends_with("heard text=\"****\"\n"), "{said}");
    }

    #[test]
    fn lines_are_masked_in_either_format_and_others_are_left_alone() {
        let text = "2026-11-28T18:48:08.123456Z  INFO request path=/ from=\"192.168.100.200:54321\" duration_us=12345\n";
        assert_eq!(masked(text, LogFormat::Text), None);
        let beside = text.replace("path=/ ", "path=/4111111111111111 ");
        let safe = text.replace("path=/ ", "path=/**** ");
        assert_eq!(masked(&beside, LogFormat::Text), Some(safe));
        let behind = text.replace("=12345", "=4111 1111 1111 1111");
        assert_eq!(masked(&behind, LogFormat::Text), Some(text.replace("=12345", "=****")));
        let card = "2026-11-28T18:48:08.123456Z ERROR failed error=no user '4111\\u{200b}1111\\u{200b}1111\\u{200b}1111'\n";
        let safe = "2026-11-28T18:48:08.123456Z ERROR failed error=no user '****'\n";
        assert_eq!(masked(card, LogFormat::Text).as_deref(), Some(safe));
        let json = "{\"timestamp\":\"2026-11-28T18:48:08.123456Z\",\"level\":\"INFO\",\"path\":\"/a\\u00a04111 1111 1111 1111\"}\n";
        let safe =
            "{\"level\":\"INFO\",\"path\":\"/a\u{a0}****\",\"timestamp\":\"2026-11-28T18:48:08.123456Z\"}\n";
        assert_eq!(masked(json, LogFormat::Json).as_deref(), Some(safe));
        assert_eq!(masked(&json.replace(" 1111 1111", ""), LogFormat::Json), None);
    }
}
