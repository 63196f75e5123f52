//! Changing an order: the form, and what is understood of it when it comes back.

mod saving;

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::Editable;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::order_form::{ConflictChoice, SubmittedForm, begun, suggestions};
use crate::http::order_responses::{or_no_such_order, refusal};
use crate::http::respond::html;
use crate::http::waiting_form::{Waiting, WaitingForm};
use crate::http::{AppState, Error};
use crate::order::{CardHolder, Field, OrderForm};
use crate::view::{EditBase, EditPage, TypedForm};
use saving::{Saving, SubmittedEdit};

/// The form that changes an order, with what it says now, or with what somebody had typed before their session ended.
#[handler]
pub async fn edit(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
    headers: &HeaderMap,
    Waiting(waiting): Waiting,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    if found.order.cancelled_at.is_some() {
        return refusal(state, headers, &address, &found);
    }
    if let Some(waiting) = waiting {
        return filled_in(state, found, address, waiting).await;
    }
    let order_form = OrderForm::of(&found.order);
    let typed = TypedForm::new(&order_form, Uuid::new_v4());
    let page = EditPage::new(begun(&found, &address), &typed, &suggestions(state).await, state.clock);
    html(state, StatusCode::OK, &page)
}

/// The form as it was filled in, on the version with which it began: what was changed meanwhile is asked about when it is
/// saved.
async fn filled_in(
    state: &AppState,
    found: Editable,
    address: OrderAddress,
    waiting: WaitingForm,
) -> Result<Response, Error> {
    let had_card = waiting.had_card;
    let (change, _) = understood(SubmittedForm::of(waiting.into_form())?, found, address)?;
    let submission = change.submission.unwrap_or_else(Uuid::new_v4);
    let typed = TypedForm::new(&change.order_form, submission);
    let begun = EditBase { order: &change.base, version: change.version, list: &change.address.list };
    let page = EditPage::waited(begun, &typed, had_card, &suggestions(state).await, state.clock);
    html(state, StatusCode::OK, &page)
}

/// Changes an order and leads to its page; or shows the form again, or both versions of the order.
#[handler]
pub async fn update(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let by = principal.actor();
    let sent = SubmittedForm::of(form)?;
    // What no form had cannot have been kept by it.
    let holder = CardHolder { form: sent.submission.unwrap_or_else(Uuid::new_v4), by: &by };
    let sent = sent.with_kept_card(state, holder);
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    let (change, answer) = understood(sent, found, address)?;
    let saving = |change| Saving { state, by, client, headers, change };
    match answer {
        ConflictChoice::OnTop => saving(change).on_top().await,
        ConflictChoice::Unasked | ConflictChoice::Over => saving(change).save().await,
        ConflictChoice::Merge => saving(change.merged().ok_or(NO_VERSION)?).save().await,
    }
}

const NO_VERSION: Error = Error::BadRequest("it names no version that the order had");

/// What a form asks for, of an order as it was found.
fn understood(
    sent: SubmittedForm,
    found: Editable,
    address: OrderAddress,
) -> Result<(SubmittedEdit, ConflictChoice), Error> {
    let version = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let Some(base) = found.at_version(version) else { return Err(NO_VERSION) };
    let seen = match sent.answer {
        ConflictChoice::Over | ConflictChoice::Merge => sent.newest.unwrap_or(version),
        ConflictChoice::Unasked | ConflictChoice::OnTop => version,
    };
    if !(version..=found.version).contains(&seen) {
        return Err(NO_VERSION);
    }
    let mut order_form = sent.order_form;
    let begun = OrderForm::of(&base);
    // A program need not send what it leaves alone.
    for field in Field::ALL.into_iter().filter(|field| !sent.fields.contains(field)) {
        order_form.take(field, &begun);
    }
    let (submission, had_card, answer) = (sent.submission, sent.had_card, sent.answer);
    Ok((SubmittedEdit { address, found, base, version, seen, order_form, submission, had_card }, answer))
}
