//! Saving what somebody changed of an order, and what to ask when two change one order at once.

use poem::Response;
use poem::http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use crate::db::{DbError, Editable, UpdateOrder, Updated};
use crate::http::accept::wants_json;
use crate::http::address::OrderAddress;
use crate::http::client::ClientAddress;
use crate::http::order_form::{begun, sealed_on_form, shown_again, suggestions};
use crate::http::order_responses::{
    done, problem_of_existing, problem_of_fields, problem_of_version, refusal,
};
use crate::http::respond::{RETRY_AFTER, html};
use crate::http::{AppState, Error, error};
use crate::order::{
    Actor, CardHolder, ChangedBy, Changes, Edit, Field, Merge, Order, OrderForm, OrderNumber, Submission,
    ValidationError, ValidationErrors,
};
use crate::view::{Conflict, ConflictPage, EditBase, EditPage, Existing, Notice, Told, TypedForm};

/// A form that was sent, and the order that it is about.
pub(super) struct SubmittedEdit {
    pub(super) address: OrderAddress,
    pub(super) found: Editable,
    /// The order as the form began with it.
    pub(super) base: Order,
    pub(super) version: i32,
    /// The version that is to be replaced: the one of the form, or a newer one that was shown beside it.
    pub(super) seen: i32,
    pub(super) order_form: OrderForm,
    pub(super) submission: Option<Uuid>,
    pub(super) had_card: bool,
}

impl SubmittedEdit {
    /// What was typed into fields that nobody else changed, as a change of the version that was shown beside it; none if
    /// the order never had that.
    pub(super) fn merged(self) -> Option<Self> {
        let theirs = self.found.at_version(self.seen)?;
        let has_their_card = self.found.has_other_card_than_in(self.version);
        let merge = Merge::new(&self.base, (&self.order_form, self.had_card), (&theirs, has_their_card));
        let had_card = merge.changed_by(Field::CardNumber) == ChangedBy::OnlyYou;
        let order_form = merge.form();
        Some(Self { base: theirs, version: self.seen, order_form, had_card, ..self })
    }
}

/// Saves a submitted edit, and builds the response.
pub(super) struct Saving<'a> {
    pub(super) state: &'a AppState,
    pub(super) by: Actor,
    pub(super) client: ClientAddress,
    pub(super) headers: &'a HeaderMap,
    pub(super) change: SubmittedEdit,
}

impl Saving<'_> {
    /// Saves it and leads to the order's page, or asks for what is missing.
    pub(super) async fn save(&self) -> Result<Response, Error> {
        let Self { state, change, .. } = self;
        let is_cancelled = change.found.order.cancelled_at.is_some();
        // A form of an earlier version may be one that is sent twice.
        if is_cancelled && change.seen == change.found.version {
            return self.refuse(&change.found);
        }
        let form = change.submission.unwrap_or_else(Uuid::new_v4);
        let edit = match self.parse() {
            Ok(edit) => edit,
            Err(_) if is_cancelled => return self.refuse(&change.found),
            Err(errors) => return self.show_errors(form, &errors).await,
        };
        let update = UpdateOrder {
            found: &change.found,
            edit: &edit,
            seen: change.seen,
            by: self.by.clone(),
            client: self.client.ip,
            at: state.clock.utc(),
            submission: Submission::new(form, &change.order_form),
        };
        match state.db.update_order(&update).await {
            Ok(Updated::Done) => Ok(self.done(Notice::Changed.of_version(change.seen.saturating_add(1)))),
            Ok(Updated::DuplicateSubmission) => Ok(self.done(Notice::ChangedAgain)),
            Ok(Updated::Unchanged) => Ok(self.done(Notice::Unchanged)),
            Ok(Updated::Conflict(newest)) => self.changed_meanwhile(&edit, &newest),
            Ok(Updated::CardLost) => {
                self.show_errors(form, &ValidationErrors::one(ValidationError::CardLost)).await
            }
            Ok(Updated::KeyConflict(number)) => self.taken(form, number).await,
            Ok(Updated::NotUndoable(_)) => {
                Err(Error::Internal("a change was taken for one that takes back another".to_owned()))
            }
            Err(error) if error.is_of_the_moment() && !wants_json(self.headers) => {
                self.not_stored(form, &error)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Checks what was typed. A card number that was typed before the question what to do has to come back.
    fn parse(&self) -> Result<Edit, ValidationErrors> {
        let SubmittedEdit { order_form, base, had_card, .. } = &self.change;
        let edit = Edit::parse(order_form, base, self.state.clock.now())?;
        if *had_card && edit.card.is_none() {
            Err(ValidationErrors::one(ValidationError::CardAgain))
        } else {
            Ok(edit)
        }
    }

    /// The form again, with every mistake named; as problem details for programs (RFC 9457).
    async fn show_errors(&self, form: Uuid, errors: &ValidationErrors) -> Result<Response, Error> {
        if wants_json(self.headers) {
            let detail = "Nothing was changed. Put the fields right and send them again.";
            return Ok(problem_of_fields(errors, detail));
        }
        let codes = suggestions(self.state).await;
        let page = EditPage::with_errors(self.begun(), &self.typed(form)?, errors, &codes, self.state.clock);
        html(self.state, StatusCode::UNPROCESSABLE_ENTITY, &page)
    }

    /// The form again, with the order that has its key.
    async fn taken(&self, form: Uuid, number: OrderNumber) -> Result<Response, Error> {
        if wants_json(self.headers) {
            return Ok(problem_of_existing(number, "Nothing was changed."));
        }
        let existing = Existing::with_this_customer(number, &self.change.address.list);
        let codes = suggestions(self.state).await;
        let page = EditPage::taken(self.begun(), &self.typed(form)?, existing, &codes, self.state.clock);
        html(self.state, StatusCode::CONFLICT, &page)
    }

    /// The form again, to be sent once more when the database can.
    fn not_stored(&self, form: Uuid, error: &DbError) -> Result<Response, Error> {
        tracing::error!(%error, "a change of an order was not stored");
        let problem = error::not_saved(error);
        let page = EditPage::not_stored(self.begun(), &self.typed(form)?, problem, self.state.clock);
        let mut response = html(self.state, StatusCode::SERVICE_UNAVAILABLE, &page)?;
        response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        Ok(response)
    }

    /// Both versions, and the question what to do; nothing to ask where nothing is lost either way.
    fn changed_meanwhile(&self, edit: &Edit, now: &Editable) -> Result<Response, Error> {
        let SubmittedEdit { address, base, order_form, .. } = &self.change;
        if now.order.cancelled_at.is_some() {
            return self.refuse(now);
        }
        if wants_json(self.headers) {
            return Ok(problem_of_version(address.number, now.version));
        }
        let changes_nothing = |order: &Order| {
            edit.card.is_none() && Changes::between(order, &edit.applied(order, None), false).is_empty()
        };
        if changes_nothing(&now.order) || (self.change.seen == self.change.version && changes_nothing(base)) {
            return Ok(self.done(Notice::Unchanged));
        }
        let begun = EditBase { order: base, version: self.change.version, list: &address.list };
        let submission = Uuid::new_v4();
        let kept = sealed_on_form(self.state, order_form, self.holder(submission))?;
        let page = ConflictPage::new(&Conflict { begun, order_form, edit, now, submission, kept });
        html(self.state, StatusCode::CONFLICT, &page)
    }

    /// The form with what was typed on top of what is there now.
    pub(super) async fn on_top(&self) -> Result<Response, Error> {
        let SubmittedEdit { address, found, base, order_form, had_card, .. } = &self.change;
        if found.order.cancelled_at.is_some() {
            return self.refuse(found);
        }
        let (begun_with, mut merged) = (OrderForm::of(base), OrderForm::of(&found.order));
        for field in Field::ALL.into_iter().filter(|field| order_form.differs_from(&begun_with, *field)) {
            merged.take(field, order_form);
        }
        let submission = Uuid::new_v4();
        let kept = sealed_on_form(self.state, order_form, self.holder(submission))?;
        let typed = TypedForm { kept, ..TypedForm::new(&merged, submission) };
        let codes = suggestions(self.state).await;
        let page = EditPage::on_top(begun(found, address), &typed, *had_card, &codes, self.state.clock);
        html(self.state, StatusCode::OK, &page)
    }

    fn refuse(&self, found: &Editable) -> Result<Response, Error> {
        refusal(self.state, self.headers, &self.change.address, found)
    }

    fn done(&self, told: impl Into<Told>) -> Response {
        done(self.change.address.number, &self.change.address.list, told)
    }

    /// What was typed, for showing it again, with a card that was right.
    fn typed(&self, form: Uuid) -> Result<TypedForm<'_>, Error> {
        shown_again(self.state, &self.change.order_form, self.holder(form))
    }

    fn holder(&self, form: Uuid) -> CardHolder<'_> {
        CardHolder { form, by: &self.by }
    }

    /// What the form shown again is about: the version that it is to replace.
    fn begun(&self) -> EditBase<'_> {
        EditBase { order: &self.change.base, version: self.change.seen, list: &self.change.address.list }
    }
}
