//! Text that was typed or pasted, without what nobody means: the one place that every parser of this room asks.
//!
//! Mail programs, spreadsheets and telephones put in characters that cannot be seen, and signs that only look like a
//! hyphen or a space. Which they are is said by Unicode's properties (UAX #44).

use std::borrow::Cow;

use icu_properties::props::{Dash, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The text without invisible characters (zero-width ones, byte order marks, soft hyphens, marks of direction), with
/// every dash as a hyphen and all white space as spaces, none of them at its ends.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    mend(text, plain_char)
}

/// The same of a number or a date: digits of every script are ASCII's, full-width signs too.
pub(super) fn mended_number(text: &str) -> Cow<'_, str> {
    mend(text, mended_char)
}

fn mend(text: &str, read: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(read).collect::<String>().trim().to_owned())
}

/// A character of a number or a date as it is read; none if it cannot be seen.
pub(super) fn mended_char(c: char) -> Option<char> {
    plain_char(c).map(ascii_form)
}

/// A character as it is read elsewhere; none if it cannot be seen.
pub(super) fn plain_char(c: char) -> Option<char> {
    match c {
        c if is_invisible(c) => None,
        c if is_dash(c) => Some('-'),
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether people take it for a hyphen. Unicode counts the hyphen bullet among the bullets.
fn is_dash(c: char) -> bool {
    c == '-' || (!c.is_ascii() && (CodePointSetData::new::<Dash>().contains(c) || c == '\u{2043}'))
}

/// A digit of any script or a full-width sign as ASCII has it; any other character as it is.
fn ascii_form(c: char) -> char {
    match c {
        c if c.is_ascii() => c,
        // In the order of ASCII, from the exclamation mark to the tilde.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => decimal_value(c).map_or(c, |value| char::from(b'0' + value)),
    }
}

/// The value of a decimal digit of any script: they stand in rows from zero to nine (Unicode, 4.6), one or more after
/// another.
pub(super) fn decimal_value(c: char) -> Option<u8> {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_digit = |code: u32| categories.get32(code) == GeneralCategory::DecimalNumber;
    if !is_digit(u32::from(c)) {
        return None;
    }
    let before = (0..u32::from(c)).rev().take_while(|code| is_digit(*code)).count();
    u8::try_from(before % 10).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Characters that nobody sees.
    pub(in crate::order) const INVISIBLE: &[&str] = &[
        "\u{200b}", "\u{200c}", "\u{200d}", "\u{feff}", "\u{ad}", "\u{200e}", "\u{200f}", "\u{202a}",
        "\u{202c}", "\u{2060}", "\u{2066}", "\u{2069}", "\u{61c}", "\u{fe0f}",
    ];
    /// What is typed or pasted in place of a hyphen.
    pub(in crate::order) const HYPHENS: &[&str] = &[
        "-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}", "\u{2212}", "\u{fe58}",
        "\u{fe63}", "\u{ff0d}", "\u{2043}", "\u{5be}", "\u{2e3a}",
    ];
    /// What is typed or pasted in place of a space.
    pub(in crate::order) const SPACES: &[&str] =
        &[" ", "\t", "\u{a0}", "\u{2009}", "\u{202f}", "\u{2007}", "\u{3000}", "\u{1680}", "\u{205f}"];
    /// The zeros of some scripts; the other digits follow them.
    pub(in crate::order) const ZEROS: &[char] =
        &['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}', '\u{ff10}', '\u{1d7ce}', '\u{1e950}'];

    /// A text as it may arrive: its hyphens and spaces written otherwise, and with something invisible before each
    /// character and at the end.
    pub(in crate::order) fn disguised(text: &str, (invisible, hyphen, space): (&str, &str, &str)) -> String {
        let hidden = |c: char| match c {
            '-' => format!("{invisible}{hyphen}"),
            ' ' => format!("{invisible}{space}"),
            c => format!("{invisible}{c}"),
        };
        text.chars().map(hidden).chain([invisible.to_owned()]).collect()
    }

    /// The three things that [`disguised`] takes.
    pub(in crate::order) fn any_disguise() -> impl Strategy<Value = (&'static str, &'static str, &'static str)>
    {
        use prop::sample::select;
        (select(INVISIBLE), select(HYPHENS), select(SPACES))
    }

    /// A text with its digits in another script.
    pub(in crate::order) fn in_script(text: &str, zero: char) -> String {
        let other =
            |c: char| c.to_digit(10).and_then(|digit| char::from_u32(u32::from(zero) + digit)).unwrap_or(c);
        text.chars().map(other).collect()
    }

    proptest! {
        #[test]
        fn what_was_disguised_comes_back(text in "[!-~]([ -~]{0,20}[!-~])?", disguise in any_disguise(), zero in 0..ZEROS.len()) {
            prop_assert_eq!(&*mended(&text), &text);
            let disguised = disguised(&text, disguise);
            prop_assert_eq!(&*mended(&disguised), &text);
            let other_digits = in_script(&disguised, ZEROS[zero]);
            prop_assert_eq!(&*mended_number(&other_digits), &text);
        }

        #[test]
        fn mending_once_is_enough(text in "\\PC{0,24}") {
            for mend in [mended, mended_number] {
                let once = mend(&text).into_owned();
                prop_assert_eq!(&*mend(&once), &once);
            }
        }
    }

    #[test]
    fn letters_and_signs_stay() {
        for text in ["é", "HI_9B", "a·b", "٣x", "①", "日本"] {
            assert_eq!(mended(text), text);
        }
        assert_eq!(mended_number("１４：０５"), "14:05");
    }
}
