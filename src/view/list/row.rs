//! An order's row in the list.

use arrayvec::ArrayString;
use tera::Tera;

use crate::order::{LocalTime, Note, Order, OrderNumber, Status, grouped, older_than};
use crate::view::rows::{RowTemplate, TemplateRow};
use crate::view::text::digits;
use crate::view::visitor::Visitor;

/// The row's template: with a box to tick for who may act on orders, and without.
pub(in crate::view) struct OrderLines {
    picked: RowTemplate,
    pub(super) read: RowTemplate,
}

impl OrderLines {
    pub(in crate::view) fn cut(tera: &Tera) -> Result<Self, tera::Error> {
        let cut = |may_pick| RowTemplate::cut::<OrderLine<'_>>(tera, "list_row.html", may_pick);
        Ok(Self { picked: cut(true)?, read: cut(false)? })
    }

    /// For somebody who looks at the list.
    pub(super) fn of(&self, visitor: &Visitor) -> &RowTemplate {
        if visitor.may_write() { &self.picked } else { &self.read }
    }
}

/// What `list_row.html` shows of an order.
pub(super) struct OrderLine<'a> {
    number: ArrayString<20>,
    version: ArrayString<20>,
    checked: &'static str,
    query: &'a str,
    ordered: ArrayString<19>,
    age: String,
    late: Late,
    status: Status,
    store: &'a str,
    product: &'a str,
    quantity: String,
    brand: &'static str,
    last_four: &'a str,
    note: &'static str,
    remark: &'a str,
    remark_words: String,
    shipped: ArrayString<19>,
    user_id: &'a str,
    date_uuid: &'a str,
}

/// Whether an order waits for longer than it should, as the row says it.
#[derive(Clone, Copy)]
struct Late(bool);

/// When orders are late, and what time it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Today {
    pub now: LocalTime,
    /// Those that are still to ship and were made before it.
    late_before: LocalTime,
}

impl Today {
    pub fn new(now: LocalTime, late_days: u16) -> Self {
        Self { now, late_before: older_than(late_days, now) }
    }
}

impl Late {
    /// The class of the row's cell.
    fn class(self) -> &'static str {
        if self.0 { "late" } else { "age" }
    }

    /// What is read out behind the age, since not everybody sees red.
    fn words(self) -> &'static str {
        if self.0 { ", late" } else { "" }
    }
}

impl TemplateRow for OrderLine<'_> {
    const NAMES: &'static [&'static str] = &[
        "number",
        "version",
        "checked",
        "query",
        "ordered",
        "age",
        "age_class",
        "late",
        "status",
        "status_label",
        "store",
        "product",
        "quantity",
        "brand",
        "last_four",
        "note",
        "remark",
        "remark_words",
        "shipped",
        "user_id",
        "date_uuid",
    ];

    fn values(&self) -> impl AsRef<[&str]> {
        [
            &*self.number,
            &self.version,
            self.checked,
            self.query,
            &self.ordered,
            &self.age,
            self.late.class(),
            self.late.words(),
            self.status.name(),
            self.status.label(),
            self.store,
            self.product,
            &self.quantity,
            self.brand,
            self.last_four,
            self.note,
            self.remark,
            &self.remark_words,
            &self.shipped,
            self.user_id,
            self.date_uuid,
        ]
    }
}

impl<'a> OrderLine<'a> {
    pub(super) fn new(order: &'a Order, query: &'a str, today: Today) -> Self {
        let (status, ordered) = (order.status(today.now), order.dates.ordered());
        Self {
            number: digits(order.number.get()),
            version: digits(order.version.into()),
            checked: "",
            query,
            ordered: ordered.minutes(),
            age: age(ordered, today.now),
            late: Late(status == Status::ToShip && ordered < today.late_before),
            status,
            store: order.store.as_str(),
            product: order.product.as_str(),
            quantity: grouped(u64::from(order.quantity.get().unsigned_abs())),
            brand: order.card.brand.label(),
            last_four: order.card.last_four.as_str(),
            remark: order.note.as_ref().map_or("", Note::as_str),
            remark_words: order
                .note
                .as_ref()
                .map(|note| format!(", note: {}", note.as_str()))
                .unwrap_or_default(),
            note: if order.unseen.is_empty() { "" } else { "check" },
            shipped: order.dates.shipped().map_or_else(dash, LocalTime::minutes),
            user_id: order.user_id.shown(),
            date_uuid: order.date_uuid.as_str(),
        }
    }

    /// The same, with its box ticked if its order is among these.
    pub(super) fn ticked(self, ticked: &[OrderNumber]) -> Self {
        let is_ticked = ticked.iter().any(|number| digits(number.get()) == self.number);
        Self { checked: if is_ticked { "checked" } else { "" }, ..self }
    }
}

/// How long ago something was, in whole units: `25 d`, `3 h`, `3 y`.
fn age(ordered: LocalTime, now: LocalTime) -> String {
    const HOUR: i64 = 60;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let minutes = now.get().signed_duration_since(ordered.get()).num_minutes().max(0);
    let (unit, name) = match minutes {
        YEAR.. => (YEAR, "y"),
        DAY.. => (DAY, "d"),
        HOUR.. => (HOUR, "h"),
        _ => (1, "min"),
    };
    format!("{} {name}", minutes / unit)
}

fn dash() -> ArrayString<19> {
    ArrayString::from("–").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> LocalTime {
        LocalTime::parse(text).unwrap()
    }

    #[test]
    fn an_age_is_in_the_largest_whole_unit() {
        let now = at("2026-03-03 14:05:00");
        for (ordered, words) in [
            ("2026-03-03 14:05:00", "0 min"),
            // A file may have orders of tomorrow.
            ("2026-03-04 14:05:00", "0 min"),
            ("2026-03-03 13:05:01", "59 min"),
            ("2026-03-03 13:05:00", "1 h"),
            ("2026-03-02 14:05:01", "23 h"),
            ("2026-03-02 14:05:00", "1 d"),
            ("2025-03-03 14:05:01", "364 d"),
            ("2025-03-03 14:05:00", "1 y"),
            ("1990-01-01 00:00:00", "36 y"),
        ] {
            assert_eq!(age(at(ordered), now), words, "{ordered}");
        }
    }

    #[test]
    fn only_what_is_still_to_ship_is_late() {
        let (mut order, _) = Order::sample();
        let now = |text| Today::new(at(text), 3);
        // It was made on 1 March at half past nine.
        let late = |order: &Order, text| OrderLine::new(order, "", now(text)).late.0;
        assert!(!late(&order, "2026-03-04 09:30:00"));
        assert!(late(&order, "2026-03-04 09:30:01"));
        order.dates =
            crate::order::Dates::recorded(at("2026-03-01 09:30:00"), Some(at("2026-03-05 00:00:00")), None);
        assert!(late(&order, "2026-03-04 23:59:59"), "it leaves tomorrow");
        assert!(!late(&order, "2026-03-05 00:00:00"));
    }
}
