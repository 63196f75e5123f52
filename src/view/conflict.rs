//! Two who change one order at once: both versions, side by side.

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::edit::EditBase;
use super::form::SealedOnForm;
use super::history::History;
use super::nav::Nav;
use super::text::order_url;
use crate::db::Editable;
use crate::order::{CardNumber, ChangedBy, Changes, Edit, Field, Merge, OrderForm};

/// What `conflict.html` shows.
#[derive(Serialize)]
pub struct ConflictPage {
    nav: Nav,
    title: String,
    number: i64,
    meanwhile: History,
    rows: Vec<ConflictRow>,
    order_url: String,
    order_version: i32,
    newest: i32,
    submission: String,
    typed: Vec<Hidden>,
    /// The card that was typed, sealed; empty if none was.
    kept_card: String,
    is_note_confirmed: bool,
    /// What saving both does; none where nothing of yours is left of it.
    merge: Option<MergeButton>,
}

/// The button that saves what does not collide.
#[derive(Serialize)]
struct MergeButton {
    label: &'static str,
    hint: String,
}

/// A field in both versions.
#[derive(Serialize)]
struct ConflictRow {
    name: &'static str,
    theirs: String,
    yours: String,
    /// Whether it is another value in both versions.
    differs: bool,
    /// Who changed it.
    by: &'static str,
}

/// A field as it was typed, on its way to the next form.
#[derive(Serialize)]
struct Hidden {
    name: &'static str,
    value: String,
}

/// A form that was sent for a version that is no more the newest.
pub struct Conflict<'a> {
    /// What the form began with.
    pub begun: EditBase<'a>,
    pub order_form: &'a OrderForm,
    /// What that makes of an order.
    pub edit: &'a Edit,
    /// The order as it is now.
    pub now: &'a Editable,
    /// The form that the answer comes with, and the card that was typed, sealed to it.
    pub submission: Uuid,
    pub kept: Option<SealedOnForm>,
}

impl PageContext for ConflictPage {
    const TEMPLATE: &'static str = "conflict.html";
}

impl ConflictPage {
    /// The page that asks what to do.
    pub fn new(conflict: &Conflict<'_>) -> Self {
        let Conflict { begun, order_form, edit, now, submission, kept } = conflict;
        let order = &now.order;
        let merge = Merge::new(
            begun.order,
            (order_form, edit.card.is_some()),
            (order, now.has_other_card_than_in(begun.version)),
        );
        let typed =
            Field::ALL.into_iter().filter(|field| !matches!(field, Field::CardNumber | Field::DateUuid));
        Self {
            nav: Nav::orders(begun.list),
            title: format!("Error: Order {} was changed meanwhile", order.number),
            number: order.number.get(),
            meanwhile: History::after(begun.version, &now.history),
            rows: rows(conflict, &merge),
            order_url: order_url(order.number, begun.list),
            order_version: begun.version,
            newest: now.version,
            submission: submission.to_string(),
            typed: typed
                .map(|field| Hidden { name: field.name(), value: order_form.shown(field).to_owned() })
                .collect(),
            kept_card: kept.clone().map(SealedOnForm::into_text).unwrap_or_default(),
            is_note_confirmed: order_form.is_note_confirmed(),
            merge: merge.has_yours().then(|| MergeButton::new(&merge)),
        }
    }
}

impl MergeButton {
    fn new(merge: &Merge<'_>) -> Self {
        let kept: Vec<&str> = merge.collisions().map(name).collect();
        if kept.is_empty() {
            let hint = "Yours in the fields that only you changed, theirs in all others.";
            return Self { label: "Save both changes", hint: hint.to_owned() };
        }
        let hint = format!("Theirs stays in what both changed: {}.", kept.join(", "));
        Self { label: "Save what only you changed", hint }
    }
}

fn name(field: Field) -> &'static str {
    if field == Field::CardNumber { "Card" } else { field.label() }
}

fn who(by: ChangedBy) -> &'static str {
    match by {
        ChangedBy::Nobody => "",
        ChangedBy::OnlyYou => "only you changed this",
        ChangedBy::OnlyThem => "only they changed this",
        ChangedBy::BothAlike => "both changed this alike",
        ChangedBy::Both => "both changed this",
    }
}

fn rows(Conflict { order_form, edit, now, .. }: &Conflict<'_>, merge: &Merge<'_>) -> Vec<ConflictRow> {
    let order = &now.order;
    let theirs = OrderForm::of(order);
    let yours = edit.applied(order, edit.card.as_ref().map(CardNumber::summary));
    let differences = Changes::between(order, &yours, edit.card.is_some());
    let differs = |field| differences.all().iter().any(|change| change.field == field);
    let shown = |field, order_form: &OrderForm| match order_form.shown(field) {
        "" => "–".to_owned(),
        text => text.to_owned(),
    };
    let row = |field| match field {
        Field::CardNumber => ConflictRow {
            name: name(field),
            by: who(merge.changed_by(field)),
            theirs: order.card.to_string(),
            yours: match &edit.card {
                Some(card) => format!("{}, typed anew", card.summary()),
                None => "As it is now".to_owned(),
            },
            differs: differs(field),
        },
        _ => ConflictRow {
            name: name(field),
            by: who(merge.changed_by(field)),
            theirs: shown(field, &theirs),
            yours: shown(field, order_form),
            differs: differs(field),
        },
    };
    Field::ALL.into_iter().filter(|field| *field != Field::DateUuid).map(row).collect()
}

#[cfg(test)]
impl ConflictPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{Actor, Event, EventDetail, EventKind, ListQuery, Now, Timestamp};
        let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
        let orders = super::list::sample_orders();
        let (order, other) = (&orders[0], &orders[1]);
        let event = Event {
            version: 2,
            at: Timestamp::parse("2026-03-01 09:31:00").unwrap(),
            by: Actor::Desk,
            client: None,
            kind: EventKind::Changed,
            changes: Changes::between(other, order, false),
            detail: EventDetail::default(),
            job: None,
        };
        let now = Editable::sample(order.clone(), vec![event]);
        let list = ListQuery::default();
        let begun = EditBase { order: other, version: 1, list: &list };
        [("", "1200"), ("4111111111111111", "1200"), ("", "7")]
            .map(|(card, quantity)| {
                let mut order_form = OrderForm::of(other);
                order_form.set(Field::CardNumber, card.to_owned());
                order_form.set(Field::Quantity, quantity.to_owned());
                let edit = Edit::parse(&order_form, other, Now::in_utc(at)).unwrap();
                let kept = edit.card.is_some().then(SealedOnForm::sample);
                let (order_form, edit, submission) = (&order_form, &edit, Uuid::nil());
                Self::new(&Conflict { begun, order_form, edit, now: &now, submission, kept })
            })
            .into()
    }
}
