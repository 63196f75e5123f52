//! Two who change one order at once: both versions, side by side.

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::edit::EditBase;
use super::history::History;
use super::nav::Nav;
use super::text::order_url;
use crate::order::{CardNumber, Changes, Edit, Event, Field, Order, OrderForm};

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
    has_card: bool,
}

/// A field in both versions.
#[derive(Serialize)]
struct ConflictRow {
    name: &'static str,
    theirs: String,
    yours: String,
    differs: bool,
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
    pub order: &'a Order,
    pub newest: i32,
    /// What happened to it, newest first.
    pub history: &'a [Event],
}

impl PageContext for ConflictPage {
    const TEMPLATE: &'static str = "conflict.html";
}

impl ConflictPage {
    /// The page that asks what to do.
    pub fn new(conflict: &Conflict<'_>) -> Self {
        let Conflict { begun, order_form, edit, order, newest, history } = conflict;
        let typed =
            Field::ALL.into_iter().filter(|field| !matches!(field, Field::CardNumber | Field::DateUuid));
        Self {
            nav: Nav::orders(begun.list),
            title: format!("Error: Order {} was changed meanwhile", order.number),
            number: order.number.get(),
            meanwhile: History::after(begun.version, history),
            rows: rows(conflict),
            order_url: order_url(order.number, begun.list),
            order_version: begun.version,
            newest: *newest,
            submission: Uuid::new_v4().to_string(),
            typed: typed
                .map(|field| Hidden { name: field.name(), value: order_form.shown(field).to_owned() })
                .collect(),
            has_card: edit.card.is_some(),
        }
    }
}

fn rows(Conflict { order_form, edit, order, .. }: &Conflict<'_>) -> Vec<ConflictRow> {
    let now = OrderForm::of(order);
    let yours = edit.applied(order, edit.card.as_ref().map(CardNumber::summary));
    let differences = Changes::between(order, &yours, edit.card.is_some());
    let differs = |field| differences.all().iter().any(|change| change.field == field);
    let shown = |field, order_form: &OrderForm| match order_form.shown(field) {
        "" => "–".to_owned(),
        text => text.to_owned(),
    };
    let row = |field| match field {
        Field::CardNumber => ConflictRow {
            name: "Card",
            theirs: order.card.to_string(),
            yours: match &edit.card {
                Some(card) => format!("{}, typed anew", card.summary()),
                None => "As it is now".to_owned(),
            },
            differs: differs(field),
        },
        _ => ConflictRow {
            name: field.label(),
            theirs: shown(field, &now),
            yours: shown(field, order_form),
            differs: differs(field),
        },
    };
    Field::ALL.into_iter().filter(|field| *field != Field::DateUuid).map(row).collect()
}

#[cfg(test)]
impl ConflictPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{Actor, EventDetail, EventKind, ListQuery, Now, Timestamp};
        let now = Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap());
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
        let list = ListQuery::default();
        let begun = EditBase { order: other, version: 1, list: &list };
        ["", "4111111111111111"]
            .map(|card| {
                let mut order_form = OrderForm::of(other);
                order_form.set(Field::CardNumber, card.to_owned());
                let edit = Edit::parse(&order_form, other, now).unwrap();
                let history = [event.clone()];
                Self::new(&Conflict {
                    begun,
                    order_form: &order_form,
                    edit: &edit,
                    order,
                    newest: 2,
                    history: &history,
                })
            })
            .into()
    }
}
