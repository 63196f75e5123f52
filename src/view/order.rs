//! One order.

use serde::Serialize;

use super::PageContext;
use super::facts::Facts;
use super::history::{Line, cancellation};
use super::notice::Notice;
use super::text::{list_url, order_part_url, order_url};
use crate::order::{LocalTime, OrderDetails, PerPage, grouped};

/// What `order.html` shows.
#[derive(Serialize)]
pub struct OrderPage {
    nav: &'static str,
    title: String,
    number: i64,
    notice: String,
    notice_kind: &'static str,
    offers_another: bool,
    add_another_url: String,
    edit_url: Option<String>,
    ship_url: Option<String>,
    cancel_url: Option<String>,
    status: &'static str,
    status_label: &'static str,
    facts: Facts,
    remarks: Vec<String>,
    position: String,
    back_url: String,
    previous_url: Option<String>,
    next_url: Option<String>,
    history: Vec<Line>,
}

impl PageContext for OrderPage {
    const TEMPLATE: &'static str = "order.html";
}

impl OrderPage {
    /// An order as it stands at a moment of the business's local time, in a list cut into pages of a size.
    pub fn new(found: &OrderDetails, per_page: PerPage, notice: Option<Notice>, now: LocalTime) -> Self {
        let order = &found.order;
        let status = order.status(now);
        let page = (found.position - 1) / u64::from(per_page.get()) + 1;
        let is_open = order.cancelled_at.is_none();
        let part = |part| Some(order_part_url(order.number, part, per_page));
        let ordered_on = order.dates.ordered().day().iso();
        Self {
            nav: "orders",
            title: format!("Order {}", order.number),
            number: order.number.get(),
            notice: notice.map(|notice| notice.sentence(order.number)).unwrap_or_default(),
            notice_kind: notice.map_or("", Notice::kind),
            offers_another: notice.is_some_and(Notice::is_of_adding),
            add_another_url: format!("/orders/new?store_code={}&order_date={ordered_on}", order.store),
            edit_url: part("/edit").filter(|_| is_open),
            ship_url: part("/ship").filter(|_| is_open && order.dates.shipped().is_none()),
            cancel_url: part("/cancel").filter(|_| is_open),
            status: status.name(),
            status_label: status.label(),
            facts: Facts::new(order, status),
            remarks: cancellation(order, &found.history)
                .into_iter()
                .chain(order.flags.sentences().map(str::to_owned))
                .collect(),
            position: format!("Order {} of {}, newest first", grouped(found.position), grouped(found.total)),
            back_url: format!("{}#order-{}", list_url(page, per_page), order.number),
            previous_url: found.newer.map(|number| order_url(number, per_page).to_string()),
            next_url: found.older.map(|number| order_url(number, per_page).to_string()),
            history: found.history.iter().map(Line::new).collect(),
        }
    }
}

#[cfg(test)]
pub(super) fn sample_orders() -> Vec<crate::order::Order> {
    use crate::order::{
        Brand, CardSummary, DateUuid, Dates, LastFour, Order, OrderNumber, ProductCode, QualityFlags,
        Quantity, StoreCode, Timestamp, UserId,
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
        order(3, None, None, QualityFlags::NONE),
        order(
            2,
            Some(at("2026-03-02 10:00:00")),
            None,
            QualityFlags::CARD_CHECK_DIGIT | QualityFlags::USER_ID,
        ),
        order(1, None, Timestamp::parse("2026-03-02 10:00:00"), QualityFlags::NONE),
    ]
}

#[cfg(test)]
impl OrderPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{Actor, Change, Changes, Event, EventKind, Field, OrderNumber, Timestamp};
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let event = |version, kind, changes| Event {
            version,
            at: Timestamp::parse("2026-03-01 09:31:00").unwrap(),
            by: Actor::desk(),
            kind,
            changes,
        };
        let text = Change::list(&[Change {
            field: Field::Quantity,
            before: Some("4".to_owned()),
            after: Some("5".to_owned()),
        }]);
        let history = [
            event(3, EventKind::Cancelled, Changes::default()),
            event(2, EventKind::Changed, Changes::parse(&text).unwrap()),
            event(1, EventKind::Added, Changes::default()),
        ];
        sample_orders()
            .into_iter()
            .zip([Some(Notice::Added), Some(Notice::Changed), None])
            .map(|(order, notice)| {
                let found = OrderDetails {
                    newer: OrderNumber::new(4).filter(|_| notice.is_some()),
                    older: OrderNumber::new(1).filter(|_| notice.is_none()),
                    history: history.to_vec(),
                    position: 26,
                    total: 30,
                    order,
                };
                Self::new(&found, PerPage::default(), notice, now)
            })
            .collect()
    }
}
