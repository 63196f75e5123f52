//! The pages that people read: the list, an order, and one that is not there.

use super::CheckResult;
use super::answer::printable;
use super::page::HtmlPage;
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;

/// The path of an order that no desk will ever have.
pub(super) const NOWHERE: &str = "/orders/9223372036854775807";

/// What the list says of all orders.
pub(super) struct ListSummary {
    pub(super) total: u64,
    /// The path of the first order in it.
    pub(super) first: Option<String>,
}

impl ListSummary {
    pub(super) fn read(page: HtmlPage<'_>) -> Result<Self, CheckFailure> {
        if page.heading() == "No orders yet" {
            return Ok(Self { total: 0, first: None });
        }
        let caption = page.between("</h1> ", "</caption>").and_then(|caption| {
            let (_, rest) = caption.split_once(" of ")?;
            rest.strip_suffix(", newest first")?.replace(',', "").parse().ok()
        });
        let total =
            caption.ok_or_else(|| CheckFailure::new("the list does not say how many orders there are"))?;
        let first = page.tags().find_map(|tag| order_path(tag.attribute("href")?));
        ensure(first.is_some(), || "no order is in the list".to_owned())?;
        Ok(Self { total, first })
    }
}

/// The path of an order's page, without what else a link says.
fn order_path(link: &str) -> Option<String> {
    let path = link.split('?').next()?;
    let number = path.strip_prefix("/orders/")?;
    let is_number = (1..=19).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| path.to_owned())
}

pub(super) async fn list(visitor: &Visitor) -> CheckOutcome<ListSummary> {
    let answer = visitor.get("/").await?;
    let list = ListSummary::read(answer.page(200)?)?;
    let words = match list.total {
        0 => "no orders yet".to_owned(),
        1 => "1 order".to_owned(),
        many => format!("{many} orders"),
    };
    Ok(CheckResult::well(words).with(list))
}

/// The version that each page's foot names.
pub(super) async fn version(visitor: &Visitor, expected: Option<&str>) -> CheckOutcome {
    let answer = visitor.get("/").await?;
    let foot = answer.page(200)?.between("<footer class=\"foot\">Orders ", "</footer>");
    let version = foot.and_then(|foot| foot.split_ascii_whitespace().next()).map(printable);
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

pub(super) async fn order(visitor: &Visitor, path: Option<&str>) -> CheckOutcome {
    let Some(path) = path else { return Ok(CheckResult::skipped("there is no order to look at")) };
    let answer = visitor.get(path).await?;
    let page = answer.page(200)?;
    let heading = format!("Order {}", path.trim_start_matches("/orders/"));
    ensure(page.heading() == heading, || format!("{path} is headed “{}”", printable(page.heading())))?;
    Ok(CheckResult::well(path))
}

/// A missing order gets the desk's own error page.
pub(super) async fn missing(visitor: &Visitor) -> CheckOutcome {
    let answer = visitor.get(NOWHERE).await?;
    let page = answer.page(404)?;
    ensure(page.heading() == "Page not found" && page.has("<footer class=\"foot\">Orders "), || {
        format!("404, but not as a desk says it: “{}”", printable(page.heading()))
    })?;
    Ok(CheckResult::well("404, in the desk's words"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_orders_are_followed() {
        assert_eq!(order_path("/orders/12?per_page=50").as_deref(), Some("/orders/12"));
        for link in [
            "/orders/",
            "/orders/new",
            "/orders/1/edit",
            "//elsewhere/orders/1",
            "/orders/12345678901234567890",
        ] {
            assert_eq!(order_path(link), None, "{link}");
        }
    }
}
