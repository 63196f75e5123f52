//! The pages that people read: the list and an order, with their headers and version.

use super::CheckResult;
use super::answer::{SmokeResponse, printable};
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;
use crate::order::counted;

/// The path of an order that no desk will ever have.
const NOWHERE: &str = "/orders/9223372036854775807";
/// The page that strangers see where people sign in, and one that there is not.
const SIGN_IN: &str = "/sign-in";
const NO_PAGE: &str = "/nowhere";
/// Half a year, in seconds: what lists of hosts that are reached by TLS alone ask for at least.
const HALF_A_YEAR: u64 = 15_768_000;
const REFERRERS: [&str; 4] =
    ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];

/// A page and an error both have the headers that keep a browser from what the desk does not want; where people sign in,
/// so do the page for it and what leads there.
pub(super) async fn headers(visitor: &Visitor, is_closed: bool) -> CheckOutcome {
    let is_https = visitor.url.is_https();
    let paths: &[&str] = if is_closed { &["/", SIGN_IN, NOWHERE, NO_PAGE] } else { &["/", NOWHERE] };
    for path in paths {
        let answer = visitor.get(path).await?;
        ensure_headers(&answer, is_https)
            .map_err(|failure| CheckFailure::new(format!("{path}: {}", failure.words)))?;
    }
    let transport = if is_https { ", transport security" } else { "" };
    Ok(CheckResult::well(format!("content policy, types, frames, referrers, caching{transport}")))
}

fn ensure_headers(answer: &SmokeResponse, is_https: bool) -> Result<(), CheckFailure> {
    let policy = answer.header("content-security-policy");
    ensure(!policy.is_empty(), || "content-security-policy is missing".to_owned())?;
    for (name, allowed) in [
        ("x-content-type-options", &["nosniff"][..]),
        ("x-frame-options", &["DENY", "SAMEORIGIN"]),
        ("referrer-policy", &REFERRERS),
        ("cache-control", &["no-store"]),
    ] {
        let value = answer.header(name);
        ensure(allowed.contains(&value), || format!("{name} is {}", shown(value)))?;
    }
    let transport = answer.header("strict-transport-security");
    let mut parts = transport.split(';').map(str::trim);
    let max_age: u64 = parts.find_map(|part| part.strip_prefix("max-age=")?.parse().ok()).unwrap_or(0);
    ensure(!is_https || max_age >= HALF_A_YEAR, || {
        format!("strict-transport-security is {}, less than half a year", shown(transport))
    })
}

fn shown(value: &str) -> String {
    if value.is_empty() { "missing".to_owned() } else { format!("“{}”", printable(value)) }
}

/// What the list says of all orders.
pub(super) struct ListSummary {
    pub(super) total: u64,
    /// The number of the first order in it.
    pub(super) first: Option<String>,
}

impl ListSummary {
    pub(super) fn read(page: &str) -> Result<Self, CheckFailure> {
        if page.contains("<h1>No orders yet</h1>") {
            return Ok(Self { total: 0, first: None });
        }
        let total = page.split_once(", newest first</caption>").and_then(|(before, _)| {
            let (_, total) = before.rsplit_once(" of ")?;
            total.replace(',', "").parse().ok()
        });
        let total =
            total.ok_or_else(|| CheckFailure::new("the list does not say how many orders there are"))?;
        let first = page.split("href=\"/orders/").skip(1).find_map(leading_number);
        ensure(first.is_some(), || "no order is in the list".to_owned())?;
        Ok(Self { total, first })
    }
}

/// The number with which a text begins, unless it goes on with another part of a path.
fn leading_number(text: &str) -> Option<String> {
    let number = text.split(['?', '"']).next()?;
    let is_number = (1..=19).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| number.to_owned())
}

pub(super) async fn list(visitor: &Visitor) -> CheckOutcome<ListSummary> {
    let list = ListSummary::read(visitor.get("/").await?.page()?)?;
    let words = if list.total == 0 { "no orders yet".to_owned() } else { counted(list.total, "order") };
    Ok(CheckResult::well(words).with(list))
}

/// The version that each page's foot names.
pub(super) async fn version(visitor: &Visitor, is_closed: bool, expected: Option<&str>) -> CheckOutcome {
    let answer = visitor.get(if is_closed { SIGN_IN } else { "/" }).await?;
    let foot = answer.page()?.split_once("<footer class=\"foot\">Orders ");
    let version = foot.and_then(|(_, foot)| foot.split([' ', '\n', '<']).next()).map(printable);
    let version = version.ok_or_else(|| CheckFailure::new("the page does not say its version"))?;
    let own = env!("CARGO_PKG_VERSION");
    match expected {
        Some(expected) if expected != version => {
            Err(CheckFailure::new(format!("{version} is served, not {}", printable(expected))))
        }
        None if own != version => Ok(CheckResult::well(format!("{version} (this program is {own})"))),
        _ => Ok(CheckResult::well(version)),
    }
}

pub(super) async fn order(visitor: &Visitor, number: Option<&str>) -> CheckOutcome {
    let Some(number) = number else { return Ok(CheckResult::skipped("there is no order to look at")) };
    let path = format!("/orders/{number}");
    let answer = visitor.get(&path).await?;
    let is_its_page = answer.page()?.contains(&format!("<h1>Order {number}</h1>"));
    ensure(is_its_page, || format!("{path} is not headed “Order {number}”"))?;
    Ok(CheckResult::well(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_orders_are_followed() {
        assert_eq!(leading_number("12?per_page=50\">").as_deref(), Some("12"));
        for link in ["", "\"", "new\"", "1/edit\"", "12345678901234567890\""] {
            assert_eq!(leading_number(link), None, "{link}");
        }
    }
}
