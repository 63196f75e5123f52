//! Marking an order as shipped or delivered, in one click and on a date.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{DbError, Editable, UpdateOrder, Updated};
use crate::http::accept::wants_json;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::form::OptionalForm;
use crate::http::order_form::{begun, suggestions};
use crate::http::order_responses::{done, or_no_such_order, problem_of_fields, refusal};
use crate::http::respond::{go_to, html};
use crate::http::{AppState, Error};
use crate::order::{
    Dates, Edit, Field, LocalTime, Now, Order, OrderForm, Submission, Typed, ValidationErrors,
};
use crate::view::{EditPage, Notice, TypedForm, order_url};

/// How often it is tried while others change the same order.
const MAX_ATTEMPTS: usize = 8;

/// Gives an order a shipping date, if it has none.
#[handler]
pub async fn ship(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: OptionalForm,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    Marking { state, headers, address, step: Step::Ship }.mark((principal, client), form).await
}

/// Gives an order that was shipped a delivery date, if it has none.
#[handler]
pub async fn deliver(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    form: OptionalForm,
) -> Result<Response, Error> {
    let address = OrderAddress::of(&number, uri)?;
    Marking { state, headers, address, step: Step::Deliver }.mark((principal, client), form).await
}

/// What an order is marked as.
#[derive(Clone, Copy)]
enum Step {
    Ship,
    Deliver,
}

impl Step {
    fn field(self) -> Field {
        match self {
            Self::Ship => Field::ShippingDate,
            Self::Deliver => Field::DeliveryDate,
        }
    }

    /// The date that an order has.
    fn date(self, dates: &Dates) -> Option<LocalTime> {
        match self {
            Self::Ship => dates.shipped(),
            Self::Deliver => dates.delivered(),
        }
    }

    /// What comes of it, and what it says of an order that has such a date.
    fn notices(self) -> (Notice, Notice) {
        match self {
            Self::Ship => (Notice::Shipped, Notice::ShippedBefore),
            Self::Deliver => (Notice::Delivered, Notice::DeliveredBefore),
        }
    }

    /// The order with the date of this moment, which is the one of the day that was typed, or as it was typed.
    fn edit(self, order: &Order, typed: &str, now: Now) -> Result<Edit, ValidationErrors> {
        let today = |typed: Typed| typed.time.is_none() && typed.day == now.local.day();
        if !typed.trim().is_empty() && !Typed::parse(typed, now).is_ok_and(today) {
            return Edit::dated(order, self.field(), typed, now);
        }
        match self {
            Self::Ship => Edit::ship(order, order.dates.shipping_moment(now.local)),
            Self::Deliver => Edit::deliver(order, order.dates.delivery_moment(now.local)),
        }
    }
}

/// An order that is to be marked.
struct Marking<'a> {
    state: &'a AppState,
    headers: &'a HeaderMap,
    address: OrderAddress,
    step: Step,
}

impl Marking<'_> {
    /// Whatever else somebody has changed meanwhile stays, so no version is asked for.
    async fn mark(
        self,
        who: (Principal, ClientAddress),
        OptionalForm(mut form): OptionalForm,
    ) -> Result<Response, Error> {
        let Self { state, headers, address, step } = &self;
        let typed = form.take("date")?.unwrap_or_default();
        let found = state.db.find_editable(address.number).await?;
        let mut found = or_no_such_order(state, address.number, found).await?;
        let (marked, marked_before) = step.notices();
        // Optimistic: each attempt has the newest version, and fails only if that changes before the write.
        for _ in 0..MAX_ATTEMPTS {
            if found.order.cancelled_at.is_some() {
                return refusal(state, headers, address, &found);
            }
            if step.date(&found.order.dates).is_some() {
                return Ok(done(address.number, &address.list, marked_before));
            }
            let now = state.clock.now();
            let edit = match step.edit(&found.order, &typed, now) {
                Ok(edit) => edit,
                Err(errors) => return self.show_errors(&found, &typed, now, &errors).await,
            };
            let told = marked.of_version(found.version.saturating_add(1));
            match save(state, &who, &found, &edit).await? {
                None => return Ok(done(address.number, &address.list, told)),
                Some(newest) => found = newest,
            }
        }
        Err(DbError::Busy("others change the same order all the time".to_owned()).into())
    }

    /// The form that changes the order, where its dates leave no room for this one.
    async fn show_errors(
        &self,
        found: &Editable,
        typed: &str,
        now: Now,
        errors: &ValidationErrors,
    ) -> Result<Response, Error> {
        let Self { state, headers, address, step } = self;
        if wants_json(headers) {
            return Ok(problem_of_fields(errors, "Nothing was changed. Change the order's dates instead."));
        }
        let mut order_form = OrderForm::of(&found.order);
        let text = if typed.trim().is_empty() { now.local.text().to_string() } else { typed.to_owned() };
        order_form.set(step.field(), text);
        let typed = TypedForm::new(&order_form, Uuid::new_v4());
        let page = EditPage::with_errors(
            begun(found, address),
            &typed,
            errors,
            &suggestions(state).await,
            state.clock,
        );
        html(state, StatusCode::UNPROCESSABLE_ENTITY, &page)
    }
}

/// Who opens the address of the button, again or by a bookmark, finds the order.
#[handler]
pub async fn go_to_order(
    Data(state): Data<&Arc<AppState>>,
    Path(number): Path<String>,
    uri: &Uri,
) -> Result<Response, Error> {
    let OrderAddress { number, list } = OrderAddress::of(&number, uri)?;
    or_no_such_order(state, number, state.db.find_editable(number).await?).await?;
    Ok(go_to(StatusCode::FOUND, &order_url(number, &list)))
}

/// The order as somebody has changed it at this moment; none if it was saved.
async fn save(
    state: &AppState,
    (principal, client): &(Principal, ClientAddress),
    found: &Editable,
    edit: &Edit,
) -> Result<Option<Editable>, Error> {
    let update = UpdateOrder {
        found,
        edit,
        seen: found.version,
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        submission: Submission::new(Uuid::new_v4(), &OrderForm::default()),
    };
    match state.db.update_order(&update).await? {
        Updated::Conflict(newest) => Ok(Some(*newest)),
        Updated::Done | Updated::DuplicateSubmission | Updated::Unchanged => Ok(None),
        Updated::CardLost | Updated::KeyConflict(_) | Updated::NotUndoable(_) => {
            Err(Error::Internal("a shipment was taken for another customer".to_owned()))
        }
    }
}
