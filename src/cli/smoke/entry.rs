//! An entry that the desk must refuse, and the proof that it did.

use serde_json::Value;
use uuid::Uuid;

use super::CheckResult;
use super::answer::printable;
use super::pages::ListSummary;
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;
use crate::order::counted;

/// What no desk takes: everything is wrong but the date, by which it would stand first in the list.
const NONSENSE: [(&str, &str); 7] = [
    ("order_date", "today"),
    ("store_code", "smoke test"),
    ("product_code", "smoke test"),
    ("product_quantity", "none"),
    ("user_id", "nobody"),
    ("date_uuid", ""),
    ("card_number", "0000"),
];
const WRONG: [&str; 5] = ["store_code", "product_code", "product_quantity", "user_id", "card_number"];

/// The form opens, and posts to where orders are taken.
pub(super) async fn form(visitor: &Visitor) -> CheckOutcome {
    let answer = visitor.get("/orders/new").await?;
    let page = answer.page()?;
    ensure(page.contains("action=\"/orders\""), || "no form on it leads to /orders".to_owned())?;
    let fields = NONSENSE.iter().map(|(field, _)| *field).chain(["submission"]);
    for field in fields {
        ensure(page.contains(&format!("name=\"{field}\"")), || format!("it has no field {field}"))?;
    }
    Ok(CheckResult::well("all fields are there"))
}

/// Nonsense is refused field by field, as problem details (RFC 9457).
pub(super) async fn refused(visitor: &Visitor, submission: Uuid) -> CheckOutcome {
    let answer = visitor.post_for_json("/orders", nonsense(submission)?).await?;
    let problem: Value = serde_json::from_str(answer.text(422, "application/problem+json")?)
        .map_err(|error| CheckFailure::new(format!("no JSON ({})", printable(&error.to_string()))))?;
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let silent = WRONG.iter().find(|field| !errors.iter().any(|error| error["field"] == **field));
    ensure(silent.is_none(), || format!("nothing is said of {}", silent.unwrap_or(&"")))?;
    Ok(CheckResult::well(format!("422, with {} by field", counted(errors.len() as u64, "error"))))
}

/// A form that no desk takes.
pub(super) fn nonsense(submission: Uuid) -> Result<String, CheckFailure> {
    let id = submission.to_string();
    let fields: Vec<_> = NONSENSE.into_iter().chain([("submission", id.as_str())]).collect();
    serde_urlencoded::to_string(fields).map_err(|error| CheckFailure::new(error.to_string()))
}

/// There are as many orders as before, or more of others.
pub(super) async fn unchanged(
    visitor: &Visitor,
    before: Option<&ListSummary>,
    submission: Uuid,
) -> CheckOutcome {
    let Some(before) = before else { return Ok(CheckResult::skipped("the list could not be read")) };
    let answer = visitor.get("/?per_page=100").await?;
    let page = answer.page()?;
    let (before, after) = (before.total, ListSummary::read(page)?.total);
    ensure(!page.contains(&submission.to_string()), || "the refused entry is in the list".to_owned())?;
    ensure(after >= before, || format!("{} before, {after} now", counted(before, "order")))?;
    Ok(CheckResult::well(match after - before {
        0 => format!("{} before and after", counted(after, "order")),
        more => format!("{more} more than before, none of them this test's: others are at work"),
    }))
}
