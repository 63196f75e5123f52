//! One order.

use serde::Serialize;

use super::PageContext;
use super::facts::Facts;
use super::history::{History, cancellation};
use super::nav::Nav;
use super::notice::Notice;
use super::text::{list_url, new_order_url, order_part_url, order_url};
use crate::order::{ListQuery, LocalTime, Order, OrderDetails, Warning, WarningRecord, grouped};

/// What `order.html` shows.
#[derive(Serialize)]
pub struct OrderPage {
    nav: Nav,
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
    /// Where somebody says to have seen them; none where nothing is new.
    seen_url: Option<String>,
    position: String,
    back_url: String,
    previous_url: Option<String>,
    next_url: Option<String>,
    history: History,
}

impl PageContext for OrderPage {
    const TEMPLATE: &'static str = "order.html";
}

impl OrderPage {
    /// An order of a list as it stands at a moment of the business's local time.
    pub fn new(found: &OrderDetails, list: &ListQuery, notice: Option<Notice>, now: LocalTime) -> Self {
        let order = &found.order;
        let status = order.status(now);
        // The list at the page that shows the order.
        let list = list.showing(found.place.position.unwrap_or(1), list.page().per_page);
        let is_open = order.cancelled_at.is_none();
        let part = |part| Some(order_part_url(order.number, part, &list));
        Self {
            nav: Nav::orders(&list),
            title: format!("Order {}", order.number),
            number: order.number.get(),
            notice: notice.map(|notice| notice.sentence(order.number)).unwrap_or_default(),
            notice_kind: notice.map_or("", Notice::kind),
            offers_another: notice.is_some_and(Notice::is_of_adding),
            add_another_url: add_another_url(order, &list),
            edit_url: part("/edit").filter(|_| is_open),
            ship_url: part("/ship").filter(|_| is_open && order.dates.shipped().is_none()),
            cancel_url: part("/cancel").filter(|_| is_open),
            status: status.name(),
            status_label: status.label(),
            facts: Facts::new(order, status),
            remarks: cancellation(order, &found.history)
                .into_iter()
                .chain(order.flags.iter().map(|warning| remark(warning, &found.warnings)))
                .collect(),
            seen_url: part("/seen").filter(|_| !order.unseen.is_empty()),
            position: format!(
                "Order {} of {}, newest first",
                grouped(found.place.position.unwrap_or(1)),
                found.place.total.map(crate::order::Total::words).unwrap_or_default()
            ),
            back_url: format!("{}#order-{}", list_url(&list), order.number),
            previous_url: found.place.previous.map(|number| order_url(number, &list)),
            next_url: found.place.next.map(|number| order_url(number, &list)),
            history: History::new(&found.history),
        }
    }
}

/// A warning, and who has seen it.
fn remark(warning: Warning, records: &[WarningRecord]) -> String {
    let sentence = warning.sentence();
    let record = records.iter().find(|record| record.warning == warning);
    match record.and_then(|record| record.seen.as_ref()) {
        Some((by, at)) => format!("{sentence} Seen by {} on {}.", by.words(), at.in_words()),
        None => sentence.to_owned(),
    }
}

/// The form for a new order of the same store and day.
fn add_another_url(order: &Order, list: &ListQuery) -> String {
    let url = new_order_url(list);
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}store_code={}&order_date={}", order.store, order.dates.ordered().day().iso())
}

#[cfg(test)]
pub(super) fn sample_orders() -> Vec<crate::order::Order> {
    use crate::order::{
        Brand, CardSummary, DateUuid, Dates, LastFour, OrderNumber, ProductCode, QualityFlags, Quantity,
        StoreCode, Timestamp, UserId,
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
        unseen: flags,
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
        use crate::order::{
            Actor, Change, Changes, Event, EventKind, Field, OrderNumber, Place, Timestamp, Total,
        };
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let event = |version, kind, changes| Event {
            version,
            at: Timestamp::parse("2026-03-01 09:31:00").unwrap(),
            by: Actor::Desk,
            client: None,
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
        let seen = (Actor::Desk, Timestamp::parse("2026-03-02 09:00:00").unwrap());
        let warnings = vec![WarningRecord { warning: Warning::CustomerId, seen: Some(seen) }];
        sample_orders()
            .into_iter()
            .zip([Some(Notice::Added), Some(Notice::Changed), None])
            .map(|(order, notice)| {
                let found = OrderDetails {
                    place: Place {
                        position: Some(26),
                        total: Some(Total::Exactly(30)),
                        previous: OrderNumber::new(4).filter(|_| notice.is_some()),
                        next: OrderNumber::new(1).filter(|_| notice.is_none()),
                    },
                    warnings: warnings.clone(),
                    history: history.to_vec(),
                    order,
                };
                Self::new(&found, &ListQuery::default(), notice, now)
            })
            .collect()
    }
}
