//! One order.

use serde::Serialize;

use super::Page;
use super::text::{grouped, list_url, order_url};
use crate::db::Found;
use crate::order::{Event, EventKind, LocalTime, OrderNumber, PerPage, Status};

/// What `order.html` shows.
#[derive(Serialize)]
pub struct OrderPage {
    nav: &'static str,
    title: String,
    number: i64,
    notice: String,
    notice_kind: &'static str,
    add_another_url: String,
    status: &'static str,
    status_label: &'static str,
    facts: Facts,
    remarks: Vec<&'static str>,
    position: String,
    back_url: String,
    previous_url: Option<String>,
    next_url: Option<String>,
    history: Vec<Line>,
}

#[derive(Serialize)]
struct Facts {
    ordered: String,
    shipped: String,
    delivered: String,
    store: String,
    product: String,
    quantity: String,
    card: String,
    user_id: String,
    date_uuid: String,
}

#[derive(Serialize)]
struct Line {
    at: String,
    by: String,
    what: &'static str,
}

/// What has just happened to the order that a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It was added.
    Added,
    /// A form that had added it was sent again.
    Again,
}

impl Notice {
    /// The word that a cookie carries to the next page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Again => "again",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Again].into_iter().find(|notice| notice.as_str() == word)
    }

    fn sentence(self, number: OrderNumber) -> String {
        match self {
            Self::Added => format!("Order {number} has been added."),
            Self::Again => format!("Order {number} had been added already; the form was sent twice."),
        }
    }
}

impl Page for OrderPage {
    const TEMPLATE: &'static str = "order.html";
}

impl OrderPage {
    /// An order as it stands at a moment of the business's local time, in a list cut into pages of a size.
    pub fn new(found: &Found, per_page: PerPage, notice: Option<Notice>, now: LocalTime) -> Self {
        let order = &found.order;
        let status = order.status(now);
        let page = (found.position - 1) / u64::from(per_page.get()) + 1;
        let ordered_on = order.dates.ordered().day().iso();
        Self {
            nav: "orders",
            title: format!("Order {}", order.number),
            number: order.number.get(),
            notice: notice.map(|notice| notice.sentence(order.number)).unwrap_or_default(),
            notice_kind: if notice == Some(Notice::Again) { "info" } else { "success" },
            add_another_url: format!("/orders/new?store_code={}&order_date={ordered_on}", order.store),
            status: status.name(),
            status_label: status.label(),
            facts: Facts::new(found, status),
            remarks: order.flags.sentences().collect(),
            position: format!("Order {} of {}, newest first", grouped(found.position), grouped(found.total)),
            back_url: format!("{}#order-{}", list_url(page, per_page), order.number),
            previous_url: found.newer.map(|number| order_url(number, per_page).to_string()),
            next_url: found.older.map(|number| order_url(number, per_page).to_string()),
            history: found.history.iter().map(Line::new).collect(),
        }
    }
}

impl Facts {
    fn new(found: &Found, status: Status) -> Self {
        let order = &found.order;
        let open = |sentence: &'static str| if status == Status::Cancelled { "–" } else { sentence };
        let date = |date: Option<LocalTime>, otherwise| {
            date.map_or_else(|| open(otherwise).to_owned(), LocalTime::in_words)
        };
        Self {
            ordered: order.dates.ordered().in_words(),
            shipped: date(order.dates.shipped(), "Not shipped yet"),
            delivered: date(order.dates.delivered(), "Not delivered yet"),
            store: order.store.to_string(),
            product: order.product.to_string(),
            quantity: grouped(u64::from(order.quantity.get().unsigned_abs())),
            card: order.card.to_string(),
            user_id: order.user_id.as_str().to_owned(),
            date_uuid: order.date_uuid.as_str().to_owned(),
        }
    }
}

impl Line {
    fn new(event: &Event) -> Self {
        Self {
            at: event.at.in_words(),
            by: match event.by.as_str() {
                "desk" => "the desk".to_owned(),
                "seed" => "the demo data generator".to_owned(),
                "adopt" => "the adoption of the Flask application's orders".to_owned(),
                name => name.to_owned(),
            },
            what: match event.kind {
                EventKind::Added => "Added",
                EventKind::Changed => "Changed",
                EventKind::Shipped => "Shipped",
                EventKind::Cancelled => "Cancelled",
            },
        }
    }
}

#[cfg(test)]
pub(super) fn sample_orders() -> Vec<crate::order::Order> {
    use crate::order::{
        Brand, CardSummary, DateUuid, Dates, Flags, LastFour, Order, ProductCode, Quantity, StoreCode,
        Timestamp, UserId,
    };
    let at = |text| LocalTime::parse(text).unwrap();
    let order = |number, shipped, cancelled_at, flags| Order {
        number: OrderNumber::new(number).unwrap(),
        date_uuid: DateUuid::parse("2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2").unwrap(),
        user_id: UserId::parse_recorded("NRQKZWJ9OZ").unwrap(),
        card: CardSummary { brand: Brand::Visa, last_four: LastFour::parse("1111").unwrap() },
        store: StoreCode::parse(StoreCode::WEB).unwrap(),
        product: ProductCode::parse("R7-3126933h").unwrap(),
        quantity: Quantity::new(1200).unwrap(),
        dates: Dates::recorded(at("2026-03-01 09:30:00"), shipped, None),
        cancelled_at,
        flags,
    };
    vec![
        order(3, None, None, Flags::NONE),
        order(2, Some(at("2026-03-02 10:00:00")), None, Flags::CARD_CHECK_DIGIT | Flags::USER_ID),
        order(1, None, Timestamp::parse("2026-03-02 10:00:00"), Flags::NONE),
    ]
}

#[cfg(test)]
impl OrderPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{Actor, Timestamp};
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let event = Event {
            version: 1,
            at: Timestamp::parse("2026-03-01 09:31:00").unwrap(),
            by: Actor::desk(),
            kind: EventKind::Added,
            changes: crate::order::Changes::default(),
        };
        sample_orders()
            .into_iter()
            .zip([Some(Notice::Added), Some(Notice::Again), None])
            .map(|(order, notice)| {
                let found = Found {
                    newer: OrderNumber::new(4).filter(|_| notice.is_some()),
                    older: OrderNumber::new(1).filter(|_| notice.is_none()),
                    history: vec![event.clone()],
                    position: 26,
                    total: 30,
                    order,
                };
                Self::new(&found, PerPage::default(), notice, now)
            })
            .collect()
    }
}
