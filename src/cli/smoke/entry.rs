//! An entry that the desk must refuse, and the proof that it did.

use serde_json::Value;
use uuid::Uuid;

use super::CheckResult;
use super::answer::printable;
use super::pages::ListSummary;
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;

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
const ELSEWHERE: &str = "https://elsewhere.invalid";

/// The form that was opened, by which an order could be known.
pub(super) struct FormId(Uuid);

impl Default for FormId {
    fn default() -> Self {
        Self(Uuid::new_v4())
    }
}

impl FormId {
    /// What a browser sends of it.
    fn filled_in(&self) -> Result<String, CheckFailure> {
        let id = self.0.to_string();
        let fields: Vec<_> = NONSENSE.into_iter().chain([("submission", id.as_str())]).collect();
        serde_urlencoded::to_string(fields).map_err(|error| CheckFailure::new(error.to_string()))
    }
}

/// The form opens, and posts to where orders are taken.
pub(super) async fn form(visitor: &Visitor) -> CheckOutcome<FormId> {
    let answer = visitor.get("/orders/new").await?;
    let page = answer.page(200)?;
    let is_form = page.tags().any(|tag| tag.name == "form" && tag.attribute("action") == Some("/orders"));
    ensure(is_form, || "no form on it leads to /orders".to_owned())?;
    let missing = NONSENSE.iter().find(|(field, _)| page.value(field).is_none());
    ensure(missing.is_none(), || format!("it has no field {}", missing.map_or("", |(field, _)| field)))?;
    let id = page.value("submission").and_then(|id| Uuid::try_parse(id).ok());
    let id =
        id.ok_or_else(|| CheckFailure::new("the form has no id: sent twice, it would add two orders"))?;
    Ok(CheckResult::well("all fields are there").with(FormId(id)))
}

/// Nonsense is refused field by field, on a page that keeps what was typed but for the card.
pub(super) async fn refused(visitor: &Visitor, form: &FormId) -> CheckOutcome {
    let answer = visitor.post("/orders", &visitor.url.to_string(), &form.filled_in()?).await?;
    let page = answer.page(422)?;
    let is_told = page.title().starts_with("Error: ") && page.has_id("problem");
    ensure(is_told, || format!("422, but not as a desk says it: “{}”", printable(page.title())))?;
    let silent = WRONG.iter().find(|field| !page.has_id(&format!("{field}-error")));
    ensure(silent.is_none(), || format!("nothing is said of {}", silent.unwrap_or(&"")))?;
    ensure(page.value("product_quantity") == Some("none"), || "what was typed is lost".to_owned())?;
    ensure(page.value("card_number") == Some(""), || "the card number comes back".to_owned())?;
    Ok(CheckResult::well(format!("422, with a word to each of {} fields", WRONG.len())))
}

/// What the page of another site sends is refused unread.
pub(super) async fn foreign(visitor: &Visitor, form: &FormId) -> CheckOutcome {
    let answer = visitor.post("/orders", ELSEWHERE, &form.filled_in()?).await?;
    let page = answer.page(403)?;
    ensure(page.heading() == "Not from another site", || {
        format!("403, but not as a desk says it: “{}”", printable(page.heading()))
    })?;
    Ok(CheckResult::well("403 for what another site sends"))
}

/// Programs get the same as problem details (RFC 9457).
pub(super) async fn problem(visitor: &Visitor, form: &FormId) -> CheckOutcome {
    let answer = visitor.post_for_json("/orders", &form.filled_in()?).await?;
    answer.ensure_status(422)?;
    let kind = answer.header("content-type");
    ensure(kind == "application/problem+json", || format!("no problem details but {}", printable(kind)))?;
    let problem: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| CheckFailure::new(format!("no JSON ({})", printable(&error.to_string()))))?;
    ensure(problem["status"] == 422, || "its status is another than the answer's".to_owned())?;
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let silent = WRONG.iter().find(|field| !errors.iter().any(|error| error["field"] == **field));
    ensure(silent.is_none(), || format!("nothing is said of {}", silent.unwrap_or(&"")))?;
    Ok(CheckResult::well(format!("422, with {} errors by field", errors.len())))
}

/// There are as many orders as before, or more of others.
pub(super) async fn unchanged(
    visitor: &Visitor,
    before: Option<&ListSummary>,
    form: &FormId,
) -> CheckOutcome {
    let Some(before) = before else { return Ok(CheckResult::skipped("the list could not be read")) };
    let answer = visitor.get("/?per_page=100").await?;
    let page = answer.page(200)?;
    let (before, after) = (before.total, ListSummary::read(page)?.total);
    ensure(!page.has(&form.0.to_string()), || "the refused entry is in the list".to_owned())?;
    ensure(after >= before, || format!("{before} orders before, {after} now"))?;
    Ok(CheckResult::well(match after - before {
        0 => format!("{after} orders before and after"),
        more => format!("{more} more orders than before, none of them this test's: others are at work"),
    }))
}
