//! Texts that a spreadsheet would take for a formula, and how they are kept from being run.
//!
//! A cell that begins with `=`, `+`, `-`, `@`, a tab or the end of a line is run by Excel and its like when a file of values is
//! opened (CWE-1236). An apostrophe before it makes it a text. One that begins with an apostrophe itself gets another one, so
//! that whoever reads the file takes exactly one away.

/// Whether a text is written with an apostrophe before it. Plain numbers, such as -4.5, are no formulas.
pub fn is_escaped(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    match first {
        '+' | '-' => !is_plain_number(text),
        // In Japanese and Chinese editions the wide ones count, too.
        '\'' | '=' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' => true,
        _ => false,
    }
}

/// The text of a cell that [`is_escaped`] may have changed.
pub fn unescaped(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// A sign, digits, and perhaps a point with digits behind it.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.split_once('.') {
        Some((whole, fraction)) => are_digits(whole) && are_digits(fraction),
        None => are_digits(digits),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escaped(text: &str) -> String {
        if is_escaped(text) { format!("'{text}") } else { text.to_owned() }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(text in "['=+\\-@\t\r\n\u{0}＝]{0,3}.{0,12}") {
            let cell = escaped(&text);
            prop_assert_eq!(unescaped(&cell), &text);
            let is_run = cell.starts_with(['=', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
                || cell.starts_with(['+', '-']) && cell.parse::<f64>().is_err();
            prop_assert!(!is_run, "{cell:?}");
        }

        #[test]
        fn plain_numbers_are_not_touched(number in "[+-]?[0-9]{1,9}(\\.[0-9]{1,4})?") {
            prop_assert_eq!(escaped(&number), number);
        }
    }

    #[test]
    fn what_only_begins_like_a_number_is_a_text() {
        for (text, cell) in [
            ("-2+3", "'-2+3"),
            ("+1.", "'+1."),
            ("-", "'-"),
            ("-1e9", "'-1e9"),
            ("=1", "'=1"),
            ("'", "''"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(escaped(text), cell);
        }
    }
}
