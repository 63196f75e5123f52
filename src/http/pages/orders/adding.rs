//! Adding the order of a form: what comes of it, and what has to be put right or answered first.

use poem::Response;
use poem::http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use crate::db::{DbError, InsertOrder, Inserted};
use crate::http::accept::{wants_json, wants_no_questions};
use crate::http::client::ClientAddress;
use crate::http::order_form::{shown_again, suggestions};
use crate::http::order_responses::{done, problem_of_existing, problem_of_fields};
use crate::http::questions::{doubts_about, problem_of_questions};
use crate::http::respond::{RETRY_AFTER, html};
use crate::http::{AppState, Error, error, idempotency};
use crate::order::{
    Actor, CardHolder, Confirmed, DateUuid, Doubt, Field, ListQuery, NewOrder, OrderForm, OrderNumber,
    Submission, ValidationErrors,
};
use crate::view::{Existing, FormPage, Notice, QuestionText, TypedForm};

/// A form that was sent, and by whom.
pub(super) struct Adding<'a> {
    pub(super) state: &'a AppState,
    pub(super) headers: &'a HeaderMap,
    pub(super) list: ListQuery,
    pub(super) client: ClientAddress,
    pub(super) by: Actor,
    pub(super) order_form: OrderForm,
    pub(super) confirmed: Confirmed,
    /// The request's Idempotency-Key.
    pub(super) key: Option<Uuid>,
    /// What makes a second sending known.
    pub(super) submission: Option<Uuid>,
    /// The same, or made for this sending.
    pub(super) form: Uuid,
}

impl Adding<'_> {
    /// Adds the order and leads to its page, or asks for what is missing.
    pub(super) async fn add(&self) -> Result<Response, Error> {
        let Self { state, key, .. } = *self;
        let order = match NewOrder::parse(&self.order_form, DateUuid::from(self.form), state.clock.now()) {
            Ok(order) => order,
            Err(errors) => return self.show_errors(&errors).await,
        };
        if let Some(key) = key
            && let Some(number) = idempotency::used_before(state, key, &order).await?
        {
            return Ok(idempotency::other_body(number));
        }
        if !wants_no_questions(self.headers) {
            // On the heap: it is far larger than the rest.
            let doubts = Box::pin(doubts_about(state, &order, &self.confirmed, state.clock.utc())).await;
            if !doubts.is_empty() {
                return self.ask(&doubts).await;
            }
        }
        let submission = self.submission.map(|form| Submission::new(form, &self.order_form));
        let (order_uuid, at) = (order.date_uuid, state.clock.utc());
        let entry = InsertOrder {
            order,
            by: self.by.clone(),
            client: self.client.ip,
            at,
            submission,
            cancelled_at: None,
        };
        match state.db.insert_order(&entry).await {
            Ok(Inserted::Added(number)) => {
                state.metrics.count_order();
                Ok(done(number, &self.list, Notice::Added))
            }
            Ok(Inserted::DuplicateSubmission(number)) => Ok(done(number, &self.list, Notice::Again)),
            Ok(Inserted::KeyConflict(number)) if key.is_some_and(|key| order_uuid == DateUuid::from(key)) => {
                Ok(idempotency::other_body(number))
            }
            Ok(Inserted::KeyConflict(number)) => self.taken(number).await,
            Err(error) if error.is_of_the_moment() && !wants_json(self.headers) => self.not_stored(&error),
            Err(error) => Err(error.into()),
        }
    }

    /// The form again, with what there is to ask; its next sending says yes.
    async fn ask(&self, doubts: &[Doubt]) -> Result<Response, Error> {
        let now = self.state.clock.utc();
        let questions: Vec<_> =
            doubts.iter().map(|doubt| QuestionText::new(doubt, &self.list, now)).collect();
        let confirmed = self.confirmed.with(doubts.iter().map(Doubt::question));
        if wants_json(self.headers) {
            return Ok(problem_of_questions(&questions, &confirmed));
        }
        let typed = TypedForm { confirmed, ..self.typed()? };
        let codes = suggestions(self.state).await;
        let page = FormPage::asked(&self.list, &typed, questions, &codes, self.state.clock);
        html(self.state, StatusCode::CONFLICT, &page)
    }

    /// The form again, with the order that is there already.
    async fn taken(&self, number: OrderNumber) -> Result<Response, Error> {
        if wants_json(self.headers) {
            return Ok(problem_of_existing(number, "Nothing was added."));
        }
        // Without a typed UUID the key was this form's own: it has added that order before, with other details.
        // Under a new one it can add another.
        let existing = if self.order_form.shown(Field::DateUuid).trim().is_empty() {
            Existing::added_by_this_form(number, &self.list)
        } else {
            Existing::with_this_key(number, &self.list)
        };
        let form = if existing.is_of_this_form() { Uuid::new_v4() } else { self.form };
        let (typed, codes) = (self.typed_into(form)?, suggestions(self.state).await);
        let page = FormPage::taken(&self.list, &typed, existing, &codes, self.state.clock);
        html(self.state, StatusCode::CONFLICT, &page)
    }

    /// The form again, to be sent once more when the database can.
    fn not_stored(&self, error: &DbError) -> Result<Response, Error> {
        tracing::error!(%error, "an order was not stored");
        let problem = error::not_saved(error);
        let page = FormPage::not_stored(&self.list, &self.typed()?, problem, self.state.clock);
        let mut response = html(self.state, StatusCode::SERVICE_UNAVAILABLE, &page)?;
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        Ok(response)
    }

    /// The form again, with every mistake named; as problem details for programs (RFC 9457).
    async fn show_errors(&self, errors: &ValidationErrors) -> Result<Response, Error> {
        if wants_json(self.headers) {
            return Ok(problem_of_fields(
                errors,
                "Nothing was added. Put the fields right and send the order again.",
            ));
        }
        let (typed, codes) = (self.typed()?, suggestions(self.state).await);
        let page = FormPage::with_errors(&self.list, &typed, errors, &codes, self.state.clock);
        html(self.state, StatusCode::UNPROCESSABLE_ENTITY, &page)
    }

    /// What was typed, for showing it again, with a card that was right.
    fn typed(&self) -> Result<TypedForm<'_>, Error> {
        self.typed_into(self.form)
    }

    fn typed_into(&self, form: Uuid) -> Result<TypedForm<'_>, Error> {
        let typed = shown_again(self.state, &self.order_form, CardHolder { form, by: &self.by })?;
        Ok(TypedForm { confirmed: self.confirmed.clone(), ..typed })
    }
}
