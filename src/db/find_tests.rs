//! Every list against a plain reading of what it says, on either database.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::find::KeptList;
use super::list::ListLimits;
use super::{CancelOrder, Db, InsertOrder, SqliteOptions};
use crate::order::{
    Actor, Anchor, Beginning, Brand, CardNumber, Condition, DateUuid, Dates, Day, Kind, LastFour, ListQuery,
    LocalTime, LookedTo, NewOrder, Order, OrderFilter, OrderForm, OrderNumber, PerPage, Period, Preset,
    ProductCode, QualityFlags, Quantity, Sort, SortKey, Status, StoreCode, Submission, SystemTask, Timestamp,
    Total, UserId, Warning, WarningFilter, older_than,
};

const STORES: [&str; 4] = ["HI-9B97EE4E", "HI-9B000000", "HJ-00000001", "WEB-1388012W"];
const PRODUCTS: [&str; 4] = ["R7-3126933h", "R7-3126933H", "r7-31269a", "Z9-0000001z"];
const CUSTOMERS: [&str; 3] =
    ["2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f3", "NRQKZWJ9OZ"];
/// The last is a card number with another one at its start.
const CARDS: [&str; 5] =
    ["4111111111111111", "5555555555554444", "378282246310005", "4012888888881881", "4111111111111111110"];

const WARNINGS: [Warning; 3] = [Warning::CardCheckDigit, Warning::CustomerId, Warning::CustomerIdMasked];

fn now() -> LocalTime {
    LocalTime::parse("2026-03-04 12:00:00").unwrap()
}

/// Moments that many orders share, before now and after.
fn any_time() -> impl Strategy<Value = LocalTime> {
    (2..=6_u32, prop::sample::select(vec!["00:00:00", "11:59:59", "12:00:00", "23:59:59"]))
        .prop_map(|(day, time)| LocalTime::parse(&format!("2026-03-0{day} {time}")).unwrap())
}

fn any_order() -> impl Strategy<Value = NewOrder> {
    let dates = (any_time(), prop::option::of(any_time()), prop::option::of(any_time()))
        .prop_map(|(ordered, shipped, delivered)| Dates::recorded(ordered, shipped, delivered));
    let of = |values: &'static [&'static str]| prop::sample::select(values);
    let flags = prop::sample::subsequence(&WARNINGS[..], 0..=WARNINGS.len())
        .prop_map(|some| some.into_iter().fold(QualityFlags::NONE, |all, one| all | QualityFlags::of(one)));
    let flags = prop_oneof![Just(QualityFlags::NONE), flags];
    (any::<u128>(), of(&CUSTOMERS), of(&CARDS), of(&STORES), of(&PRODUCTS), 1..=4_i32, dates, flags).prop_map(
        |(uuid, customer, card, store, product, quantity, dates, flags)| NewOrder {
            date_uuid: DateUuid::from(uuid::Uuid::from_u128(uuid)),
            user_id: UserId::parse_recorded(customer).unwrap(),
            card: CardNumber::parse_recorded(card).unwrap().0,
            store: StoreCode::parse(store).unwrap(),
            product: ProductCode::parse(product).unwrap(),
            quantity: Quantity::new(quantity).unwrap(),
            dates,
            note: None,
            flags,
        },
    )
}

fn any_period() -> impl Strategy<Value = Period> {
    let day = || prop::option::of((1..=7_u32).prop_map(|day| Day::new(2026, 3, day).unwrap()));
    let days = (day(), day()).prop_filter_map("no period", |(from, to)| Period::from_to(from, to));
    prop_oneof![3 => days, 1 => prop::sample::select(&Preset::ALL[..]).prop_map(Period::Preset)]
}

fn any_condition(orders: i64) -> impl Strategy<Value = Condition> {
    let part = |values: &'static [&'static str], least: usize| {
        (prop::sample::select(values), 0..40_usize)
            .prop_map(move |(text, length)| text[..(least + length).min(text.len())].to_owned())
    };
    let quantity = || (1..=5_i32).prop_map(|n| Quantity::new(n).unwrap());
    prop_oneof![
        prop::sample::select(&Status::ALL[..]).prop_map(Condition::Status),
        prop::sample::select(&Status::ALL[..]).prop_map(Condition::Status),
        part(&STORES, 2).prop_map(|text| Condition::Store(Beginning::of_store(&text).unwrap())),
        part(&PRODUCTS, 2).prop_map(|text| Condition::Product(Beginning::of_product(&text).unwrap())),
        part(&CUSTOMERS, 10).prop_map(|text| Condition::Customer(Beginning::of_customer(&text).unwrap())),
        "[0-9a-f]{6}".prop_map(|text| Condition::Uuid(Beginning::of_uuid(&text).unwrap())),
        any_period().prop_map(Condition::Ordered),
        any_period().prop_map(Condition::Shipped),
        any_period().prop_map(Condition::Delivered),
        (quantity(), quantity()).prop_map(|(one, other)| Condition::Quantity {
            from: Some(one.min(other)),
            to: Some(one.max(other)),
        }),
        quantity().prop_map(|from| Condition::Quantity { from: Some(from), to: None }),
        prop::sample::select(vec![Brand::Visa, Brand::Mastercard, Brand::UnionPay])
            .prop_map(Condition::Brand),
        prop::sample::select(vec!["1111", "1881", "0000"])
            .prop_map(|text| Condition::LastFour(LastFour::parse(text).unwrap())),
        (1..=orders + 1).prop_map(|number| Condition::SameCardAs(OrderNumber::new(number).unwrap())),
        (0..4_u16).prop_map(Condition::OlderThan),
        prop::sample::select(WarningFilter::all().collect::<Vec<_>>()).prop_map(Condition::Warning),
        prop::sample::select(&WARNINGS[..])
            .prop_map(|warning| Condition::Warning(WarningFilter::Kind(warning))),
        prop::sample::select(vec!["desk", "seed"]).prop_map(|actor| Condition::ChangedBy(actor.to_owned())),
    ]
}

fn any_list(orders: i64) -> impl Strategy<Value = ListQuery> {
    let sort = (prop::sample::select(&SortKey::ALL[..]), any::<bool>())
        .prop_map(|(key, descending)| Sort { key, descending });
    (prop::collection::vec(any_condition(orders), 0..5), sort).prop_map(|(conditions, sort)| {
        ListQuery::default().filtered(OrderFilter::new(conditions)).sorted(sort)
    })
}

/// Lists whose orders are counted by what is kept.
fn any_kept_list() -> impl Strategy<Value = ListQuery> {
    let whole = prop_oneof![
        prop::collection::vec(
            prop::sample::select(&STORES[..])
                .prop_map(|text| Condition::Store(Beginning::of_store(text).unwrap())),
            0..3
        ),
        prop::collection::vec(
            prop::sample::select(&PRODUCTS[..])
                .prop_map(|text| Condition::Product(Beginning::of_product(text).unwrap())),
            1..3
        ),
    ];
    let statuses =
        prop::collection::vec(prop::sample::select(&Status::ALL[..]).prop_map(Condition::Status), 0..3);
    let ordered = prop::collection::vec(any_period().prop_map(Condition::Ordered), 0..3);
    let by_own_days =
        prop_oneof![any_period().prop_map(Condition::Shipped), any_period().prop_map(Condition::Delivered),];
    let conditions = prop_oneof![
        5 => (whole, statuses, ordered).prop_map(|(one, two, three)| [one, two, three].concat()),
        1 => by_own_days.prop_map(|condition| vec![condition]),
    ];
    (conditions, any::<bool>()).prop_map(|(conditions, descending)| {
        let sort = Sort { key: SortKey::Ordered, descending };
        ListQuery::default().filtered(OrderFilter::new(conditions)).sorted(sort)
    })
}

/// What a test knows of a database.
struct Known {
    orders: Vec<Order>,
    cards: BTreeMap<OrderNumber, String>,
    cancelled: BTreeSet<OrderNumber>,
}

impl Known {
    /// Adds some orders, cancels a few of them and looks at the warnings of others.
    async fn add(db: &Db, runner: &mut TestRunner, count: usize) -> Self {
        let new = prop::collection::vec(any_order(), count).new_tree(runner).unwrap().current();
        let at = Timestamp::new(now().get());
        let mut known = Self { orders: Vec::new(), cards: BTreeMap::new(), cancelled: BTreeSet::new() };
        let entries: Vec<InsertOrder> =
            new.iter().map(|order| InsertOrder::by_system(SystemTask::Seed, order.clone(), at)).collect();
        assert_eq!(db.insert_orders(&entries).await.unwrap(), count);
        for number in 1..=i64::try_from(count).unwrap() {
            let number = OrderNumber::new(number).unwrap();
            let mut found = db.find_editable(number).await.unwrap().unwrap();
            let added = new.iter().find(|order| order.date_uuid == found.order.date_uuid).unwrap();
            known.cards.insert(number, added.card.reveal().to_owned());
            if number.get() % 7 == 0 {
                let submission = Submission::new(uuid::Uuid::new_v4(), &OrderForm::default());
                let (seen, by) = (found.version, Actor::Desk);
                let cancellation =
                    CancelOrder { found, seen, reason: None, by, client: None, at, submission };
                db.cancel_order(cancellation).await.unwrap();
                known.cancelled.insert(number);
                found = db.find_editable(number).await.unwrap().unwrap();
            }
            assert_eq!((found.order.flags, found.order.unseen), (added.flags, added.flags));
            if number.get() % 5 == 0 {
                db.mark_warnings_seen(number, &Actor::Desk, at).await.unwrap();
                // Whatever the database says of it.
                found.order.unseen = QualityFlags::NONE;
            }
            known.orders.push(found.order);
        }
        known
    }

    /// The orders of a list, in its order.
    fn list(&self, list: &ListQuery) -> Vec<&Order> {
        let mut orders: Vec<&Order> =
            self.orders.iter().filter(|order| self.fits(list.filter(), order)).collect();
        orders.sort_by(|one, other| list.sort().compare(one, other, now()));
        orders
    }

    fn fits(&self, filter: &OrderFilter, order: &Order) -> bool {
        Kind::ALL.into_iter().all(|kind| {
            let mut conditions = filter.of_kind(kind).peekable();
            conditions.peek().is_none() || conditions.any(|condition| self.is(condition, order))
        })
    }

    fn is(&self, condition: &Condition, order: &Order) -> bool {
        let within = |period: &Period, at: Option<LocalTime>| {
            let (from, until) = period.range(now().day());
            at.is_some_and(|at| from.is_none_or(|from| at >= from) && until.is_none_or(|until| at < until))
        };
        match condition {
            Condition::Status(status) => order.status(now()) == *status,
            Condition::Store(text) => text.fits(order.store.as_str()),
            Condition::Product(text) => text.fits(order.product.as_str()),
            Condition::Customer(text) => text.fits(order.user_id.as_str()),
            Condition::Uuid(text) => text.fits(order.date_uuid.as_str()),
            Condition::Ordered(period) => within(period, Some(order.dates.ordered())),
            Condition::Shipped(period) => within(period, order.dates.shipped()),
            Condition::Delivered(period) => within(period, order.dates.delivered()),
            Condition::Quantity { from, to } => {
                from.is_none_or(|from| order.quantity >= from) && to.is_none_or(|to| order.quantity <= to)
            }
            Condition::Brand(brand) => order.card.brand == *brand,
            Condition::LastFour(digits) => order.card.last_four == *digits,
            Condition::SameCardAs(number) => {
                self.cards.get(number).is_some_and(|card| *card == self.cards[&order.number])
            }
            Condition::OlderThan(days) => {
                order.status(now()) == Status::ToShip && order.dates.ordered() < older_than(*days, now())
            }
            Condition::Warning(WarningFilter::Any) => !order.unseen.is_empty(),
            Condition::Warning(WarningFilter::Kind(warning)) => {
                order.unseen.contains(QualityFlags::of(*warning))
            }
            Condition::Import(_) => false,
            Condition::ChangedBy(actor) => actor == "desk" && self.cancelled.contains(&order.number),
        }
    }
}

fn numbers<'a>(orders: impl IntoIterator<Item = &'a Order>) -> Vec<i64> {
    orders.into_iter().map(|order| order.number.get()).collect()
}

/// The orders of a walk; with what happens between its slices.
async fn walk(db: &Db, list: &ListQuery, most: i64, between: impl AsyncFn(&[Order])) -> Vec<i64> {
    let mut walk = db.begin_walk_of(list, now(), most).await.unwrap();
    let mut walked = Vec::new();
    while let Some(orders) = db.walk_on(&mut walk).await.unwrap() {
        walked.extend(numbers(&orders));
        between(&orders).await;
    }
    walked
}

/// Every page, forwards and backwards, and the place of some orders.
async fn check_list(db: &Db, known: &Known, list: &ListQuery) {
    let expected = known.list(list);
    let (all, size) = (expected.len(), PerPage::default().get() as usize);
    let said = list.write();
    let total = db.count_list(list, now()).await.unwrap();
    let kept = KeptList::of(&db.find_query(list, now()).await.unwrap());
    if kept.is_some_and(|kept| !kept.depends_on_now() || db.list_limits.counted > 130) {
        assert_eq!(total, Some(Total::Exactly(all as u64)), "{said}");
    }
    match total {
        Some(Total::Exactly(total)) => assert_eq!(total, all as u64, "{said}"),
        Some(Total::MoreThan(least)) => assert!(all as u64 > least, "{said}: {least}"),
        None => {}
    }
    // By their numbers.
    for number in 1..=all.div_ceil(size).max(1) {
        let page = db.list_orders(&list.on_page(number as u64), now()).await.unwrap();
        if page.number < number as u64 {
            // Too far for a list whose length nobody knows.
            assert!(!list.is_of_all_newest_first() && !page.is_numbered, "{said} page {number}");
            break;
        }
        if page.looked_to.is_some() {
            break;
        }
        let expected = expected.iter().skip((number - 1) * size).take(size).copied();
        assert_eq!(numbers(&page.items), numbers(expected), "{said} page {number}");
        assert_eq!(
            (page.has_previous, page.has_next),
            (number > 1, number * size < all),
            "{said} page {number}"
        );
    }
    // From one to the next.
    let (mut seen, mut at) = (Vec::new(), list.clone());
    for turn in 0.. {
        let page = db.list_orders(&at, now()).await.unwrap();
        seen.extend(numbers(&page.items));
        let end = page.items.last().map(|order| Anchor::After(order.number));
        match page.looked_to.map(LookedTo::anchor).or(end).filter(|_| page.has_next) {
            Some(after) => at = list.at(after, turn + 2),
            None => break,
        }
        assert!(turn < 1000, "{said} has no end");
    }
    assert_eq!(seen, numbers(expected.iter().copied()), "{said} forwards");
    // And back from the end.
    let mut at = list.at(Anchor::End, 9);
    let mut until = all;
    for turn in 0.. {
        let page = db.list_orders(&at, now()).await.unwrap();
        let found = numbers(&page.items);
        let whole = numbers(expected.iter().copied());
        if page.looked_to.is_some_and(|to| !to.backwards) {
            // The last page by its number, and looking ended before it.
            assert!(
                found.is_empty() || whole.windows(found.len()).any(|some| some == found),
                "{said} at the end"
            );
            break;
        }
        if page.number == 1 && !page.has_previous {
            let shown = page.looked_to.map_or(size.min(all), |_| found.len());
            assert_eq!(found, whole[..shown], "{said} first page from behind");
            break;
        }
        assert_eq!(found, whole[until - found.len()..until], "{said} backwards");
        until -= found.len();
        let first = page.items.first().map(|order| Anchor::Before(order.number));
        match page.looked_to.map(LookedTo::anchor).or(first).filter(|_| page.has_previous) {
            Some(before) => at = list.at(before, 9),
            None => break,
        }
        assert!(turn < 1000, "{said} has no start");
    }
    // All at once, in slices of some rows.
    for most in [1, 7, 1000] {
        let walked = walk(db, list, most, async |_| {}).await;
        assert_eq!(walked, numbers(expected.iter().copied()), "{said} in slices of {most}");
    }
    for order in known.orders.iter().step_by(11) {
        let details = db.find_order(order.number, list, now()).await.unwrap().unwrap();
        let sort = list.sort();
        let is_before = |one: &&&Order| sort.compare(one, order, now()).is_lt();
        let is_behind = |one: &&&Order| sort.compare(one, order, now()).is_gt();
        let previous = expected.iter().rev().find(is_before).map(|order| order.number);
        let next = expected.iter().find(is_behind).map(|order| order.number);
        if db.list_limits.look_time > Duration::ZERO {
            assert_eq!(details.place.previous, previous, "{said} before {}", order.number);
            assert_eq!(details.place.next, next, "{said} behind {}", order.number);
        }
        let position = expected.iter().position(|one| one.number == order.number).map(|at| at as u64 + 1);
        if let Some(counted) = details.place.position {
            assert_eq!(Some(counted), position, "{said} place of {}", order.number);
        } else if let (Some(Total::Exactly(total)), Some(_)) = (details.place.total, position) {
            assert!(total > db.list_limits.counted.unsigned_abs() || !list.filter().is_empty(), "{said}");
        }
    }
}

/// Random lists of random orders: with limits that no list meets, with such that most meet, and without time.
pub(super) async fn check_lists(mut db: Db, lists: usize) -> Db {
    let mut runner = TestRunner::default();
    let known = Known::add(&db, &mut runner, 130).await;
    for (counted, look_time) in [(10_000, 60), (20, 60), (5, 60), (5, 0)] {
        db.list_limits = ListLimits { counted, look_time: Duration::from_secs(look_time) };
        for _ in 0..lists {
            let list = any_list(130).new_tree(&mut runner).unwrap().current();
            check_list(&db, &known, &list).await;
            let list = any_kept_list().new_tree(&mut runner).unwrap().current();
            check_list(&db, &known, &list).await;
        }
        for key in SortKey::ALL {
            for descending in [true, false] {
                check_list(&db, &known, &ListQuery::default().sorted(Sort { key, descending })).await;
            }
        }
    }
    db
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_list_is_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    check_lists(SqliteOptions::in_folder(folder.path(), 1).open().unwrap(), 40).await;
}

async fn cancel(db: &Db, number: OrderNumber) {
    let found = db.find_editable(number).await.unwrap().unwrap();
    let submission = Submission::new(uuid::Uuid::new_v4(), &OrderForm::default());
    let (seen, at) = (found.version, Timestamp::new(now().get()));
    let cancellation =
        CancelOrder { found, seen, reason: None, by: Actor::Desk, client: None, at, submission };
    db.cancel_order(cancellation).await.unwrap();
}

/// Sorted by status, an order that is cancelled moves to where the walk is still to come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_moves_ahead_of_a_walk_comes_once() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
    let known = Known::add(&db, &mut TestRunner::default(), 60).await;
    let list = ListQuery::parse("sort=status");
    let mut walked = walk(&db, &list, 5, async |orders: &[Order]| {
        for order in orders.iter().filter(|order| order.cancelled_at.is_none()) {
            cancel(&db, order.number).await;
        }
    })
    .await;
    walked.sort_unstable();
    assert_eq!(walked, numbers(&known.orders));
    let cancelled = db.count_list(&ListQuery::parse("status=cancelled"), now()).await.unwrap();
    assert_eq!(cancelled, Some(Total::Exactly(60)));
}
