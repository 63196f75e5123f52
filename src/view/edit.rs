//! The form that changes an order.

use serde::Serialize;

use super::PageContext;
use super::form::{Existing, FormContext, TypedForm};
use super::nav::Nav;
use super::text::order_url;
use crate::clock::Clock;
use crate::order::{ListQuery, Order, RecentCodes, ValidationErrors};

/// What `edit.html` shows.
#[derive(Serialize)]
pub struct EditPage {
    nav: Nav,
    title: String,
    number: i64,
    order_version: i32,
    date_uuid: String,
    order_url: String,
    note: &'static str,
    #[serde(flatten)]
    form: FormContext,
}

/// Which order a form is about: as it was when the form began, in that version.
#[derive(Clone, Copy)]
pub struct EditBase<'a> {
    pub order: &'a Order,
    pub version: i32,
    /// The list that somebody came from.
    pub list: &'a ListQuery,
}

impl PageContext for EditPage {
    const TEMPLATE: &'static str = "edit.html";
}

impl EditPage {
    /// The form as it begins.
    pub fn new(begun: EditBase<'_>, typed: &TypedForm<'_>, codes: &RecentCodes, clock: Clock) -> Self {
        Self::with(begun, FormContext::new(typed, codes, clock, &[]))
    }

    /// The form with what somebody typed on top of what somebody else has changed meanwhile.
    pub fn on_top(
        begun: EditBase<'_>,
        typed: &TypedForm<'_>,
        had_card: bool,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        let note = if had_card && typed.kept.is_none() {
            "This is the order as it is now, with your changes on top. Enter the new card number again, then save."
        } else {
            "This is the order as it is now, with your changes on top. Save it if it is right so."
        };
        Self { note, ..Self::new(begun, typed, codes, clock) }
    }

    /// The form as it was filled in before the session ended.
    pub fn waited(
        begun: EditBase<'_>,
        typed: &TypedForm<'_>,
        had_card: bool,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        let note = if had_card {
            "Not saved yet: this is what you had typed before your session ended. Enter the new card number again, then save."
        } else {
            "Not saved yet: this is what you had typed before your session ended. Save it if it is right so."
        };
        Self { note, ..Self::new(begun, typed, codes, clock) }
    }

    /// The form with its validation errors.
    pub fn with_errors(
        begun: EditBase<'_>,
        typed: &TypedForm<'_>,
        errors: &ValidationErrors,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        Self::with(begun, FormContext::new(typed, codes, clock, errors.all())).with_error()
    }

    /// The form after the order's key turned out to be another's.
    pub fn taken(
        begun: EditBase<'_>,
        typed: &TypedForm<'_>,
        existing: Existing,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        Self::with(begun, FormContext::new(typed, codes, clock, &[]).taken(existing)).with_error()
    }

    /// The form after the changes could not be stored, for a reason that is not the clerk's.
    pub fn not_stored(
        begun: EditBase<'_>,
        typed: &TypedForm<'_>,
        problem: &'static str,
        clock: Clock,
    ) -> Self {
        let form = FormContext::new(typed, &RecentCodes::default(), clock, &[]);
        Self::with(begun, form.stopped(problem)).with_error()
    }

    fn with(EditBase { order, version, list }: EditBase<'_>, form: FormContext) -> Self {
        Self {
            nav: Nav::orders(list),
            title: format!("Change order {}", order.number),
            number: order.number.get(),
            order_version: version,
            date_uuid: order.date_uuid.as_str().to_owned(),
            order_url: order_url(order.number, list),
            note: "",
            form: form.keeping(order.card),
        }
    }

    fn with_error(self) -> Self {
        Self { title: format!("Error: {}", self.title), ..self }
    }
}

#[cfg(test)]
impl EditPage {
    pub(super) fn samples() -> Vec<Self> {
        use super::form::SealedOnForm;
        use crate::order::{Edit, Field, OrderForm, OrderNumber};
        let clock = Clock::new(chrono_tz::UTC);
        let (codes, list) = (RecentCodes::default(), ListQuery::default());
        let mut samples = Vec::new();
        for order in super::list::sample_orders() {
            let begun = EditBase { order: &order, version: 2, list: &list };
            let mut order_form = OrderForm::of(&order);
            let submission = uuid::Uuid::nil();
            samples.push(Self::new(begun, &TypedForm::new(&order_form, submission), &codes, clock));
            order_form.set(Field::Quantity, "none".to_owned());
            let errors = Edit::parse(&order_form, &order, clock.now()).unwrap_err();
            let typed = TypedForm::new(&order_form, submission);
            let existing = Existing::with_this_customer(OrderNumber::new(7).unwrap(), &list);
            samples.push(Self::with_errors(begun, &typed, &errors, &codes, clock));
            samples.push(Self::taken(begun, &typed, existing, &codes, clock));
            samples.push(Self::on_top(begun, &typed, true, &codes, clock));
            samples.push(Self::waited(begun, &typed, false, &codes, clock));
            let kept = Some(SealedOnForm::sample());
            samples.push(Self::on_top(begun, &TypedForm { kept, ..typed }, true, &codes, clock));
            let typed = TypedForm::new(&order_form, submission);
            samples.push(Self::not_stored(begun, &typed, "The disk is full.", clock));
        }
        samples
    }
}
