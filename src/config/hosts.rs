//! `server.hosts`: the names that a request may ask for.

use reqwest::Url;
use serde::{Deserializer, de};

use super::error::refused;
use super::values::texts;

/// Names as a browser asks for them: in small letters, of other scripts than Latin's their A-labels (RFC 5890), an IPv6
/// address in brackets.
pub(super) fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    texts(deserializer)?.iter().map(|text| host(text)).collect()
}

/// A name, or an error that says which one was meant: what no request ever asks for would be there in vain.
fn host<E: de::Error>(text: &str) -> Result<String, E> {
    match as_asked_for(text) {
        Some(name) if is_bare(text) => Ok(name),
        meant => {
            let hint = meant.map(|name| format!("; write {name}")).unwrap_or_default();
            Err(refused(
                "must have names alone, without scheme, port, path, star or space",
                format_args!("{text:?}{hint}"),
            ))
        }
    }
}

fn is_bare(text: &str) -> bool {
    let is_address = text.starts_with('[') && text.ends_with(']');
    let is_strange = |c: char| c.is_whitespace() || matches!(c, '/' | '\\' | '?' | '#' | '@' | '%' | '*');
    !text.contains(is_strange) && !text.ends_with('.') && (is_address || !text.contains(':'))
}

/// The name in a text, as a browser asks for it.
fn as_asked_for(text: &str) -> Option<String> {
    let text = text.trim();
    let address = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = address.parse::<std::net::Ipv6Addr>() {
        return Some(format!("[{address}]"));
    }
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let name = rest.trim_start_matches("*.").trim_end_matches('.');
    let url = Url::parse(&format!("http://{}", name.split('@').next_back()?)).ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    (!host.is_empty() && !host.contains(['*', '%'])).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::with;
    use crate::config::Settings;

    fn hosts(value: &str) -> Result<Vec<String>, String> {
        let settings: Result<Settings, _> = with(&[("server.hosts", value)]).extract();
        settings.map(|settings| settings.server.hosts).map_err(|error| super::super::error::in_words(&error))
    }

    #[test]
    fn names_are_taken_as_browsers_ask_for_them() {
        for (value, names) in [
            ("[]", &[][..]),
            ("", &[]),
            ("orders.example.com", &["orders.example.com"]),
            ("orders.example.com, desk", &["orders.example.com", "desk"]),
            ("[\"Orders.Example.COM\"]", &["orders.example.com"]),
            (
                "[\"bücher.example\", \"ORDERS.bücher.example\"]",
                &["xn--bcher-kva.example", "orders.xn--bcher-kva.example"],
            ),
            ("[\"xn--bcher-kva.example\"]", &["xn--bcher-kva.example"]),
            ("[\"192.0.2.7\", \"[2001:DB8:0:0::1]\"]", &["192.0.2.7", "[2001:db8::1]"]),
        ] {
            assert_eq!(hosts(value).unwrap(), names, "{value}");
        }
    }

    #[test]
    fn what_nobody_ever_asks_for_is_refused_with_what_was_meant() {
        for (value, meant) in [
            ("orders.example.com:443", "orders.example.com"),
            ("https://orders.example.com", "orders.example.com"),
            ("https://orders.example.com:8443/desk?a", "orders.example.com"),
            ("orders.example.com/", "orders.example.com"),
            ("orders.example.com.", "orders.example.com"),
            ("*.example.com", "example.com"),
            (" orders.example.com", "orders.example.com"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:db8::1]:443", "[2001:db8::1]"),
            ("bücher.example:443", "xn--bcher-kva.example"),
        ] {
            let said = hosts(&format!("[{value:?}]")).unwrap_err();
            assert!(said.starts_with("setting server.hosts must have names alone"), "{said}");
            assert!(said.contains(&format!("and is {value:?}; write {meant} (")), "{said}");
        }
        for value in ["[\"\"]", "[\"*\"]", "[\"a b\"]", "[\"orders.*.com\"]", "[\"http://\"]", "[\"%zz\"]"] {
            let said = hosts(value).unwrap_err();
            assert!(said.starts_with("setting server.hosts must have names alone"), "{value}: {said}");
            assert!(!said.contains("; write"), "{value}: {said}");
        }
    }
}
