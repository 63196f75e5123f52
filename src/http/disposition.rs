//! What a file is called that somebody takes.

use std::fmt::Write;

use poem::http::HeaderValue;

use crate::order::Day;

/// `Content-Disposition` of a file (RFC 6266), called by what it holds, by its view, if that has a name, and by a day:
/// `orders-to-ship-2026-11-29.csv`.
pub fn attachment(what: &str, view: Option<&str>, day: Day, ending: &str) -> HeaderValue {
    let view = view.map(slug).filter(|view| !view.is_empty());
    let view = view.map(|view| format!("-{view}")).unwrap_or_default();
    called(&format!("{what}{view}-{}.{ending}", day.iso()))
}

/// `Content-Disposition` of a file of the access log: `access-log-2026-11-29.csv`.
pub fn log_attachment(day: Day, ending: &str) -> HeaderValue {
    called(&format!("access-log-{}.{ending}", day.iso()))
}

fn called(name: &str) -> HeaderValue {
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{ascii}\"");
    if ascii != name {
        // RFC 8187. Writing to a String cannot fail.
        header.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            let _ = if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                write!(header, "{}", char::from(byte))
            } else {
                write!(header, "%{byte:02X}")
            };
        }
    }
    // Never the fallback: all of it is ASCII that can be seen.
    HeaderValue::try_from(header).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Letters and digits in small letters, with hyphens for all else.
fn slug(name: &str) -> String {
    let letters: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_lowercase)
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called_by(view: Option<&str>) -> String {
        let day = Day::new(2026, 11, 29).unwrap();
        attachment("orders", view, day, "csv").to_str().unwrap().to_owned()
    }

    #[test]
    fn files_are_called_by_view_and_day() {
        assert_eq!(called_by(None), "attachment; filename=\"orders-2026-11-29.csv\"");
        assert_eq!(called_by(Some("To ship")), "attachment; filename=\"orders-to-ship-2026-11-29.csv\"");
        assert_eq!(called_by(Some("…")), called_by(None));
        assert_eq!(
            called_by(Some("\"Köln\" / \\..")),
            "attachment; filename=\"orders-k_ln-2026-11-29.csv\"; filename*=UTF-8''orders-k%C3%B6ln-2026-11-29.csv"
        );
    }
}
