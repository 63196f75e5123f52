//! Taking back the last change of an order, and reopening a cancelled one.

use std::sync::Arc;

use poem::http::{HeaderMap, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{ReopenOrder, UndoChange, Updated};
use crate::http::accept::wants_json;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::order_form::SubmittedForm;
use crate::http::order_responses::{done, not_done, or_no_such_order, problem_of_version};
use crate::http::{AppState, Error};
use crate::order::{OrderForm, Submission};
use crate::view::Notice;

/// Takes back what led to the version that was shown, if nobody has touched the order since.
#[handler]
pub async fn undo(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let (version, submission) = version_and_form(form)?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    let undo = UndoChange {
        found: &found,
        version,
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        submission,
    };
    let number = address.number;
    let refused = |reason: &str| {
        let heading = format!("The last change of order {number} stays");
        not_done(state, headers, &address, &heading, reason)
    };
    match state.db.undo_change(&undo).await? {
        Updated::Done => {
            Ok(done(number, &address.list, Notice::Undone.of_version(version.saturating_add(1))))
        }
        Updated::DuplicateSubmission => Ok(done(number, &address.list, Notice::UndoneAgain)),
        Updated::Unchanged => Ok(done(number, &address.list, Notice::Unchanged)),
        Updated::Conflict(newest) if wants_json(headers) => Ok(problem_of_version(number, newest.version)),
        Updated::Conflict(_) => refused("Somebody has changed the order since, and that would be lost."),
        Updated::NotUndoable(error) => refused(&error.to_string()),
        Updated::CardLost => refused(
            "The card cannot be opened any more, so it cannot go back to the customer before. Edit the order, and \
             enter its card number.",
        ),
        Updated::KeyConflict(other) => {
            refused(&format!("Order {other} has the same UUID and the customer that this one had before."))
        }
    }
}

/// Opens the version of a cancelled order again that was shown.
#[handler]
pub async fn reopen(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: Form,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    let (seen, submission) = version_and_form(form)?;
    let found = state.db.find_editable(address.number).await?;
    let found = or_no_such_order(state, address.number, found).await?;
    let reopening = ReopenOrder {
        found,
        seen,
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        submission,
    };
    let number = address.number;
    match state.db.reopen_order(reopening).await? {
        Updated::Done => Ok(done(number, &address.list, Notice::Reopened.of_version(seen.saturating_add(1)))),
        Updated::DuplicateSubmission => Ok(done(number, &address.list, Notice::Reopened)),
        Updated::Unchanged => Ok(done(number, &address.list, Notice::OpenBefore)),
        // Whoever reopened it meanwhile wanted the same.
        Updated::Conflict(newest) if newest.order.cancelled_at.is_none() => {
            Ok(done(number, &address.list, Notice::OpenBefore))
        }
        Updated::Conflict(newest) if wants_json(headers) => Ok(problem_of_version(number, newest.version)),
        Updated::Conflict(_) => {
            let heading = format!("Order {number} was not reopened");
            not_done(
                state,
                headers,
                &address,
                &heading,
                "Somebody has changed it since. Look at it as it is now.",
            )
        }
        Updated::CardLost | Updated::KeyConflict(_) | Updated::NotUndoable(_) => {
            Err(Error::Internal("a reopening was taken for another change".to_owned()))
        }
    }
}

/// The version that a form is about, and the form.
fn version_and_form(form: Form) -> Result<(i32, Submission), Error> {
    let sent = SubmittedForm::of(form)?;
    let version = sent.version.ok_or(Error::BadRequest("it does not name the order's version"))?;
    let form = sent.submission.unwrap_or_else(Uuid::new_v4);
    Ok((version, Submission::new(form, &OrderForm::default())))
}
