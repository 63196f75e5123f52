//! One order.

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::facts::Facts;
use super::history::{History, cancellation};
use super::job_name::ImportNames;
use super::link::Link;
use super::list::{Reading, list_of_filter};
use super::nav::Nav;
use super::notice::{Notice, Told};
use super::text::{list_url, new_order_url, order_part_url, order_url};
use crate::order::{
    Anchor, Beginning, Condition, ListQuery, LocalTime, Order, OrderDetails, OrderFilter, Period, Place,
    SavedView, Total, View as NamedList, Warning, WarningRecord, counted, grouped,
};

/// The notice of an order that was searched for by a number that can mean something else, too.
pub const SEARCHED: &str = "searched";

/// The row of an order is looked for in pages that begin so far on at most.
const NUMBERED_ROWS: u64 = 10_000;

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
    deliver_url: Option<String>,
    cancel_url: Option<String>,
    reopen_url: Option<String>,
    undo: Option<Undo>,
    /// The version that is shown.
    order_version: i32,
    /// By which a second sending of a form is known.
    submission: String,
    today: String,
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
    /// Lists of orders that have something in common with this one.
    related: Vec<Link>,
    /// What else its number can mean.
    readings: Vec<Link>,
    history: History,
}

/// The button that takes back what the notice tells.
#[derive(Serialize)]
struct Undo {
    url: String,
    label: &'static str,
}

impl Undo {
    /// None where somebody has changed the order since, and where it cannot be taken back.
    fn new(told: Told, found: &OrderDetails, list: &ListQuery) -> Option<Self> {
        let newest = found.history.first().filter(|event| Some(event.version) == told.version)?;
        newest.undone(&found.order).ok()?;
        let label = if told.notice == Notice::Undone { "Redo" } else { "Undo" };
        Some(Self { url: order_part_url(found.order.number, "/undo", list), label })
    }
}

impl PageContext for OrderPage {
    const TEMPLATE: &'static str = "order.html";
}

impl OrderPage {
    /// An order of a list as it stands at a moment of the business's local time.
    pub fn new(
        found: &OrderDetails,
        list: &ListQuery,
        (own, imports): (&[SavedView], &ImportNames),
        told: Option<Told>,
        now: LocalTime,
        late_days: u16,
    ) -> Self {
        let order = &found.order;
        let status = order.status(now);
        let list = at_order(list, &found.place);
        let is_open = order.cancelled_at.is_none();
        let notice = told.map(|told| told.notice);
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
            deliver_url: part("/deliver")
                .filter(|_| is_open && order.dates.shipped().is_some() && order.dates.delivered().is_none()),
            cancel_url: part("/cancel").filter(|_| is_open),
            reopen_url: part("/reopen").filter(|_| !is_open),
            undo: told.and_then(|told| Undo::new(told, found, &list)),
            order_version: found.history.first().map_or(1, |event| event.version),
            submission: Uuid::new_v4().to_string(),
            today: now.day().iso(),
            status: status.name(),
            status_label: status.label(),
            facts: Facts::new(order, status),
            remarks: cancellation(order, &found.history)
                .into_iter()
                .chain(order.flags.iter().map(|warning| remark(warning, &found.warnings)))
                .collect(),
            seen_url: part("/seen").filter(|_| !order.unseen.is_empty()),
            position: position(&list, &found.place, own, late_days),
            back_url: format!("{}#order-{}", list_url(&list), order.number),
            previous_url: found.place.previous.map(|number| order_url(number, &list)),
            next_url: found.place.next.map(|number| order_url(number, &list)),
            related: related(order, &list),
            readings: Vec::new(),
            history: History::new(&found.history, imports),
        }
    }

    /// The page with what else the number can mean that led here.
    #[must_use]
    pub fn with_readings(mut self, list: &ListQuery, readings: &[Reading]) -> Self {
        self.readings = readings.iter().map(|reading| Link::to(list, reading)).collect();
        self
    }
}

/// The list at the page that shows the order.
fn at_order(list: &ListQuery, place: &Place) -> ListQuery {
    let per_page = list.page().per_page;
    let shown = list.showing(place.position.unwrap_or(1), per_page);
    match (place.position, place.previous) {
        (Some(position), _) if position <= NUMBERED_ROWS || list.is_of_all_newest_first() => shown,
        // The page that begins with it.
        (_, Some(previous)) => shown.at(Anchor::After(previous), shown.page().page),
        (_, None) => shown,
    }
}

/// `3 of 34 in To ship`, `3 of 12 in this list`, `3 of 1,204, newest first`; how many there are, where nobody knows which
/// one it is.
fn position(list: &ListQuery, place: &Place, own: &[SavedView], late_days: u16) -> String {
    let own = SavedView::of(own, list).filter(|view| view.list.is_same_view(list));
    let name = match NamedList::of(list, late_days) {
        Some(NamedList::All) => None,
        Some(view) => Some(view.label()),
        None => Some(own.map_or("this list", |view| view.name.as_str())),
    };
    let of_all = place.total.map(|total| format!(" of {}", total.words())).unwrap_or_default();
    match (place.position, name) {
        (Some(position), Some(name)) => format!("{}{of_all} in {name}", grouped(position)),
        (Some(position), None) => format!("{}{of_all}, newest first", grouped(position)),
        (None, name) => {
            let orders = match place.total {
                Some(Total::Exactly(total)) => counted(total, "order"),
                Some(total) => format!("{} orders", total.words()),
                None => "An order".to_owned(),
            };
            format!("{orders} in {}", name.unwrap_or("all"))
        }
    }
}

/// Lists of the orders of the same customer, of the same card, and of the same store in that week.
fn related(order: &Order, list: &ListQuery) -> Vec<Link> {
    let of = |conditions: Vec<Condition>| list_url(&list_of_filter(OrderFilter::new(conditions), list));
    let link = |conditions, label: &str| Link { url: of(conditions), label: label.to_owned() };
    let mut related = Vec::new();
    if let Some(customer) = Beginning::of_customer(order.user_id.as_str()) {
        related.push(link(vec![Condition::Customer(customer)], "Orders of this customer"));
    }
    related.push(link(vec![Condition::SameCardAs(order.number)], "Orders paid with this card"));
    if let Some(store) = Beginning::of_store(order.store.as_str()) {
        let week = Condition::Ordered(Period::week_of(order.dates.ordered().day()));
        related.push(link(vec![Condition::Store(store), week], "Orders of this store that week"));
    }
    related
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
impl OrderPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{
            Actor, Change, Changes, Event, EventDetail, EventKind, Field, JobId, OrderNumber, Place,
            Timestamp, Total,
        };
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let job = JobId::new(3).unwrap();
        let event = |version, kind, changes| Event {
            version,
            at: Timestamp::parse("2026-03-01 09:31:00").unwrap(),
            by: Actor::Desk,
            client: None,
            kind,
            changes,
            detail: EventDetail::default(),
            job: Some(job),
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
        super::list::sample_orders()
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
                let list = match notice {
                    Some(Notice::Added) => ListQuery::default(),
                    Some(_) => NamedList::ToShip.list(3),
                    None => ListQuery::parse("store=HI-9B97EE4E&ordered=last-week"),
                };
                let readings = [Reading::List(ListQuery::parse("last4=1111"), Total::Exactly(12))];
                let told = notice.map(|notice| notice.of_version(3));
                let imports = ImportNames::new(vec![(job, "March.csv".to_owned())]);
                Self::new(&found, &list, (&[], &imports), told, now, 3).with_readings(&list, &readings)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::OrderNumber;

    const PLACE: Place =
        Place { position: Some(3), total: Some(Total::Exactly(1204)), previous: None, next: None };

    #[test]
    fn an_order_says_where_it_stands_in_its_list() {
        let own = crate::view::views::sample_views();
        let said = |query: &str, place| position(&ListQuery::parse(query), &place, &own, 3);
        assert_eq!(said("", PLACE), "3 of 1,204, newest first");
        assert_eq!(said("status=to-ship&sort=ordered", PLACE), "3 of 1,204 in To ship");
        assert_eq!(said("older_than=3&sort=ordered", PLACE), "3 of 1,204 in Late");
        assert_eq!(said("older_than=4&sort=ordered", PLACE), "3 of 1,204 in this list");
        assert_eq!(said("sort=store", PLACE), "3 of 1,204 in this list");
        assert_eq!(said("store=HI", PLACE), "3 of 1,204 in <b>&");
        assert_eq!(said("status=to-ship&view=2", PLACE), "3 of 1,204 in this list", "the view is changed");
        let far = Place { position: None, total: Some(Total::MoreThan(10_000)), ..PLACE };
        assert_eq!(said("status=shipped", far), "10,000+ orders in On the way");
    }

    #[test]
    fn the_way_back_is_short_however_far_on_the_order_stands() {
        let back = |query: &str, position, previous| {
            let place = Place { position, previous: OrderNumber::new(previous), ..PLACE };
            list_url(&at_order(&ListQuery::parse(query), &place))
        };
        assert_eq!(back("status=shipped&page=7", Some(26), 9), "/?status=shipped&page=2");
        assert_eq!(
            back("status=shipped&per_page=100", Some(10_000), 9),
            "/?status=shipped&page=100&per_page=100"
        );
        assert_eq!(back("status=shipped", Some(10_001), 9), "/?status=shipped&page=401&after=9");
        assert_eq!(back("", Some(10_001), 9), "/?page=401");
        assert_eq!(back("status=shipped", None, 9), "/?status=shipped&after=9");
        assert_eq!(back("status=shipped&after=3", None, 0), "/?status=shipped");
    }
}
