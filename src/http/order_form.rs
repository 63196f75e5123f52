//! The form of an order: what it begins with, what it suggests, and what comes back.

use uuid::Uuid;

use super::address::OrderAddress;
use super::form::Form;
use super::{AppState, Error};
use crate::db::Editable;
use crate::order::{CardHolder, Confirmed, Field, OrderForm, RecentCodes};
use crate::view::{EditBase, SealedOnForm, TypedForm};

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
    /// Whether a card number was typed before, so that one has to come back.
    pub(super) had_card: bool,
    /// What was asked, and is said yes to.
    pub(super) confirmed: Confirmed,
    /// A card number that the form has kept, sealed.
    kept_card: Option<String>,
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
            confirmed: form.take("confirmed")?.as_deref().map(Confirmed::parse).unwrap_or_default(),
            kept_card: form.take("card_kept")?.filter(|sealed| !sealed.is_empty()),
        })
    }

    /// The same with the card number that the form has kept for somebody, opened.
    pub(super) fn with_kept_card(mut self, state: &AppState, holder: CardHolder<'_>) -> Self {
        if let Some(sealed) = self.kept_card.take() {
            self.order_form.keep_card(state.db.open_kept_card(&sealed, holder, state.clock.utc()));
        }
        self
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

/// A form that is shown once more: a card that was right goes with it, sealed to it.
pub(super) fn shown_again<'a>(
    state: &AppState,
    order_form: &'a OrderForm,
    holder: CardHolder<'_>,
) -> Result<TypedForm<'a>, Error> {
    let typed = TypedForm::new(order_form, holder.form);
    Ok(TypedForm { kept: sealed_on_form(state, order_form, holder)?, ..typed })
}

/// The card of a form, sealed to that form or the next one; none if it has no right one.
pub(super) fn sealed_on_form(
    state: &AppState,
    order_form: &OrderForm,
    holder: CardHolder<'_>,
) -> Result<Option<SealedOnForm>, Error> {
    let Some(kept) = order_form.right_card(state.clock.utc()) else { return Ok(None) };
    let sealed = state.db.seal_kept_card(&kept, holder)?;
    Ok(Some(SealedOnForm::new(sealed, &kept, state.clock)))
}

/// Codes to suggest; the form works without them too.
pub(super) async fn suggestions(state: &AppState) -> RecentCodes {
    state.db.list_recent_codes().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "no codes to suggest");
        RecentCodes::default()
    })
}
