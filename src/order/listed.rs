//! Several values in one text, with commas between them.

use std::borrow::Cow;

use super::mend::mended;

/// A value as it stands in such a text: in quotes where it would be read as something else, and each of its own
/// quotes doubled then (as RFC 4180, section 2, has it).
pub(super) fn listed(value: &str) -> Cow<'_, str> {
    let is_plain = !value.starts_with('"') && !value.contains(',') && mended(value) == value;
    if is_plain { value.into() } else { format!("\"{}\"", value.replace('"', "\"\"")).into() }
}

/// The values in such a text: those in quotes exactly, others mended; without empty ones.
pub(super) fn values(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let (value, behind) = quoted(rest).unwrap_or_else(|| {
            let (value, behind) = split(rest);
            (mended(value).into_owned(), behind)
        });
        values.push(value);
        let Some(behind) = behind else { break };
        rest = behind;
    }
    values.retain(|value| !value.is_empty());
    values
}

/// What is before the first comma, and what is behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    text.split_once(',').map_or((text, None), |(value, behind)| (value, Some(behind)))
}

/// A value in quotes, and what is behind its comma; none if the text does not begin with one.
fn quoted(text: &str) -> Option<(String, Option<&str>)> {
    let mut value = String::new();
    let mut rest = text.trim_start().strip_prefix('"')?;
    loop {
        let (part, behind) = rest.split_once('"')?;
        value.push_str(part);
        let Some(more) = behind.strip_prefix('"') else {
            let (between, behind) = split(behind);
            return between.trim().is_empty().then_some((value, behind));
        };
        value.push('"');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_listed_is_read_again(list in prop::collection::vec("[ -~]{1,8}|[\",a –\u{200b}]{1,5}", 1..4)) {
            for between in [",", ", "] {
                let text: Vec<_> = list.iter().map(|value| listed(value)).collect();
                prop_assert_eq!(values(&text.join(between)), list.clone());
            }
        }

        #[test]
        fn any_text_is_a_list(text in "[\",a ]{0,12}|\\PC{0,12}") {
            prop_assert!(values(&text).iter().all(|value| !value.is_empty()));
        }
    }

    #[test]
    fn a_quote_that_nothing_closes_is_a_character() {
        assert_eq!(values("\"a, b\"c,"), ["\"a", "b\"c"]);
        assert_eq!(values("HI-9B97EE4E,  web"), ["HI-9B97EE4E", "web"]);
    }
}
