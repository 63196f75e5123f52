//! Changing an order: the form, and what is understood of it when it comes back.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Body, Response, handler};
use uuid::Uuid;

use super::form::{self, Answer};
use super::orders::{Place, html, suggestions};
use super::saving::{Change, Saving};
use super::{Desk, Error, cancel, saving};
use crate::db::Editable;
use crate::order::{Draft, Field};
use crate::view::{EditPage, Typed};

/// The form that changes an order, with what it says now.
#[handler]
pub(super) async fn edit(
    Data(desk): Data<&Arc<Desk>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    let place = Place::of(&number, uri)?;
    let found = desk.db.find_editable(place.number).await?.ok_or(Error::NotFound)?;
    if found.order.cancelled_at.is_some() {
        return cancel::refusal(desk, headers, place, &found);
    }
    let draft = Draft::of(&found.order);
    let typed = Typed { draft: &draft, submission: Uuid::new_v4() };
    let page = EditPage::new(saving::begun(&found, place), &typed, &suggestions(desk).await, desk.clock);
    html(desk, StatusCode::OK, &page)
}

/// Changes an order and leads to its page; or shows the form again, or both versions of the order.
#[handler]
pub(super) async fn update(
    Data(desk): Data<&Arc<Desk>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let place = Place::of(&number, uri)?;
    let sent = form::read(headers, body, desk.policy.max_body_bytes).await?;
    let found = desk.db.find_editable(place.number).await?.ok_or(Error::NotFound)?;
    let (change, answer) = understood(sent, found, place)?;
    let saving = Saving { desk, headers, change };
    match answer {
        Answer::OnTop => saving.on_top().await,
        Answer::Unasked | Answer::Over => saving.save().await,
    }
}

/// What a form asks for, of an order as it was found.
fn understood(sent: form::Sent, found: Editable, place: Place) -> Result<(Change, Answer), Error> {
    let no_version = Error::BadRequest("it names no version that the order had");
    let version = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let Some(base) = found.at_version(version) else { return Err(no_version) };
    let seen = if sent.answer == Answer::Over { sent.newest.unwrap_or(version) } else { version };
    if !(version..=found.version).contains(&seen) {
        return Err(no_version);
    }
    let mut draft = sent.draft;
    let begun = Draft::of(&base);
    // A program need not send what it leaves alone.
    for field in Field::ALL.into_iter().filter(|field| !sent.fields.contains(field)) {
        draft.take(field, &begun);
    }
    let (submission, had_card, answer) = (sent.submission, sent.had_card, sent.answer);
    Ok((Change { place, found, base, version, seen, draft, submission, had_card }, answer))
}
