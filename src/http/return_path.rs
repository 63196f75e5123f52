//! Where somebody goes to once they have signed in: a page of the desk, and nowhere else.

use poem::http::Uri;

use crate::order::holds_card_number;

/// Of paths with their queries, in bytes.
const MAX_BYTES: usize = 2000;

/// A path of the desk, perhaps with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// Reads a path, whoever wrote it; none, if a browser might take it for another host's, or if it may hold a card number
    /// (PCI DSS 4.0, requirement 3.4.1).
    ///
    /// Browsers take `//evil.example` and `/\evil.example` for other hosts, and leave out tabs and line ends before they
    /// look (WHATWG URL, "URL parsing").
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'));
        let is_of_desk = text.starts_with('/') && !text.starts_with("//");
        let is_path = is_plain && is_of_desk && text.len() <= MAX_BYTES && !holds_card_number(text);
        is_path.then(|| Self(text.to_owned()))
    }

    /// That of a request that somebody has to sign in for.
    pub fn of(uri: &Uri) -> Option<Self> {
        uri.path_and_query().and_then(|url| Self::parse(url.as_str()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The page that asks to sign in, and goes on there.
    pub fn sign_in_url(path: Option<&Self>) -> String {
        Self::url_of("/sign-in", path)
    }

    /// What leads to the provider, and goes on there.
    pub fn start_url(path: Option<&Self>) -> String {
        Self::url_of("/sign-in/start", path)
    }

    fn url_of(page: &str, path: Option<&Self>) -> String {
        match path {
            // Everybody comes to the list anyway.
            Some(path) if path.as_str() != "/" => {
                let query = serde_urlencoded::to_string([("to", path.as_str())]).unwrap_or_default();
                format!("{page}?{query}")
            }
            _ => page.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::Url;

    use super::*;

    #[test]
    fn pages_of_the_desk_are_taken_and_other_hosts_refused() {
        for path in [
            "/",
            "/orders/7?status=to-ship&page=2",
            "/a//b",
            "/%2f%2fevil.example",
            "/@evil.example",
            "/?to=//x",
        ] {
            assert_eq!(ReturnPath::parse(path).unwrap().as_str(), path);
        }
        for path in [
            "",
            "orders",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/ä",
            "/a b",
            "/a\0",
            "/a\u{7f}",
            "/#x",
            "/orders/4111111111111111",
            "/?q=4111%201111%201111%201111",
            &format!("/{}", "x".repeat(MAX_BYTES)),
        ] {
            assert_eq!(ReturnPath::parse(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_taken_stays_within_the_desk(
            text in prop_oneof!["[/\\\\\t\n a-z.:@?%]{0,12}", "/.{0,30}", "(https?:)?[/\\\\]{1,3}evil\\.example.{0,9}"],
        ) {
            let desk = Url::parse("https://orders.example.com").unwrap();
            if let Some(path) = ReturnPath::parse(&text) {
                let target = desk.join(path.as_str()).unwrap();
                prop_assert_eq!(target.origin(), desk.origin(), "{}", text);
                // Of some characters nobody makes a request.
                if let Ok(uri) = text.parse() {
                    prop_assert_eq!(ReturnPath::of(&uri), Some(path));
                }
            }
        }
    }
}
