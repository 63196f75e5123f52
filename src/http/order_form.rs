//! The form of an order: what it begins with, what it suggests, and what comes back.

use uuid::Uuid;

use super::address::OrderAddress;
use super::form::Form;
use super::{AppState, Error};
use crate::db::Editable;
use crate::order::{Field, OrderForm, RecentCodes};
use crate::view::EditBase;

/// What was sent: the fields, and which form they were typed into.
pub(super) struct SubmittedForm {
    pub(super) order_form: OrderForm,
    /// The fields that were sent, empty ones included.
    pub(super) fields: Vec<Field>,
    pub(super) submission: Option<Uuid>,
    /// The version of the order that the form is about.
    pub(super) version: Option<i32>,
    /// The newest version that was shown beside it.
    pub(super) newest: Option<i32>,
    /// What to do about an order that was changed meanwhile.
    pub(super) answer: ConflictChoice,
    /// Whether a card number was typed before, which is not sent back.
    pub(super) had_card: bool,
}

/// What to do about an order that was changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ConflictChoice {
    #[default]
    Unasked,
    /// Show the form with what was typed on top of what is there now.
    OnTop,
    /// Save what was typed over what is there now.
    Over,
    /// Save what was typed into fields that nobody else changed, beside what is there now.
    Merge,
}

impl SubmittedForm {
    /// Takes from a form what is an order's; fields of other names are ignored.
    pub(super) fn of(mut form: Form) -> Result<Self, Error> {
        let (mut order_form, mut fields) = (OrderForm::default(), Vec::new());
        for field in Field::ALL {
            if let Some(text) = form.take(field.name())? {
                fields.push(field);
                order_form.set(field, text);
            }
        }
        let says_yes = |text: Option<String>| text.as_deref() == Some("yes");
        if says_yes(form.take("card_digits_confirmed")?) {
            order_form.confirm_card_digits();
        }
        if says_yes(form.take("note_confirmed")?) {
            order_form.confirm_note();
        }
        // What is not understood is as if it were not there.
        Ok(Self {
            order_form,
            fields,
            submission: form.take("submission")?.and_then(|id| Uuid::try_parse(&id).ok()),
            version: form.take("version")?.and_then(|number| number.parse().ok()),
            newest: form.take("newest")?.and_then(|number| number.parse().ok()),
            answer: form.take("answer")?.as_deref().map_or_else(ConflictChoice::default, ConflictChoice::of),
            had_card: says_yes(form.take("had_card")?),
        })
    }
}

impl ConflictChoice {
    fn of(answer: &str) -> Self {
        match answer {
            "on-top" => Self::OnTop,
            "over" => Self::Over,
            "merge" => Self::Merge,
            _ => Self::Unasked,
        }
    }
}

/// What a form that changes an order begins with.
pub(super) fn begun<'a>(found: &'a Editable, address: &'a OrderAddress) -> EditBase<'a> {
    EditBase { order: &found.order, version: found.version, list: &address.list }
}

/// Codes to suggest; the form works without them too.
pub(super) async fn suggestions(state: &AppState) -> RecentCodes {
    state.db.list_recent_codes().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "no codes to suggest");
        RecentCodes::default()
    })
}
