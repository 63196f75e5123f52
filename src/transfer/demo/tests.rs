use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Timelike, Weekday};

use super::*;
use crate::order::{CardNumber, Status, older_than};

fn at(text: &str) -> LocalTime {
    LocalTime::parse(text).unwrap()
}

/// A Thursday afternoon.
fn now() -> LocalTime {
    at("2026-10-15 15:30:00")
}

fn made(rows: u64, dirty: bool) -> Vec<DemoOrder> {
    Demo::new(rows, 7, dirty, now()).collect()
}

fn share(orders: &[DemoOrder], is: impl Fn(&DemoOrder) -> bool) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "thousands are exact")]
    let share = orders.iter().filter(|order| is(order)).count() as f64 / orders.len() as f64;
    share
}

/// How often each is there, the most frequent first.
fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut counts = BTreeMap::<K, usize>::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

/// How many of the orders are to ship, late and on the way at the end.
fn work(orders: impl Iterator<Item = DemoOrder>, until: LocalTime) -> [usize; 3] {
    let mut work = [0; 3];
    for DemoOrder { order, cancelled } in orders {
        match Status::of(&order.dates, cancelled.is_some(), until) {
            Status::ToShip => {
                work[0] += 1;
                work[1] += usize::from(order.dates.ordered() <= older_than(3, until));
            }
            Status::Shipped => work[2] += 1,
            Status::Delivered | Status::Cancelled => {}
        }
    }
    work
}

/// What the desk shows of an order, and its card.
fn described(made: &DemoOrder) -> String {
    let DemoOrder { order, cancelled } = made;
    let date = |date: Option<LocalTime>| date.map_or_else(|| "–".to_owned(), |date| date.text().to_string());
    format!(
        "{} {} {} {} {} {} {} {} {} {} {}",
        order.date_uuid.as_str(),
        order.user_id.as_str(),
        order.card.summary(),
        order.store,
        order.product,
        order.quantity.get(),
        date(Some(order.dates.ordered())),
        date(order.dates.shipped()),
        date(order.dates.delivered()),
        date(*cancelled),
        order.flags.bits(),
    )
}

#[test]
fn the_same_seed_and_end_make_the_same_orders_on_every_machine() {
    let texts =
        |seed, dirty| Demo::new(1000, seed, dirty, now()).map(|made| described(&made)).collect::<Vec<_>>();
    let (clean, dirty) = (texts(1, false), texts(1, true));
    let some = |texts: &[String]| [&texts[..6], &texts[994..]].concat().join("\n");
    insta::assert_snapshot!("first_and_last", format!("{}\n\n{}", some(&clean), some(&dirty)));
    assert_eq!(clean, texts(1, false));
    assert_ne!(clean, texts(2, false));
    assert_eq!(Demo::new(0, 1, false, now()).count(), 0);
}

#[test]
fn an_order_has_the_same_key_whenever_the_orders_end_and_however_many_there_are() {
    let keys = |rows, until: &str| {
        Demo::new(rows, 3, true, at(until))
            .map(|made| (made.order.date_uuid.as_str().to_owned(), made.order.user_id.as_str().to_owned()))
            .collect::<Vec<_>>()
    };
    let all = keys(2000, "2026-10-15 15:30:00");
    assert_eq!(keys(2000, "2027-01-01 00:00:00"), all);
    assert_eq!(keys(500, "2026-10-15 15:30:00"), all[..500]);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 2000);
}

#[test]
fn orders_come_oldest_first_and_their_dates_follow_one_another_up_to_the_end() {
    for until in ["2026-10-15 15:30:00", "2026-12-26 03:00:00", "2026-03-01 00:00:00", "1990-01-01 00:00:00"]
    {
        let until = at(until);
        let orders: Vec<DemoOrder> = Demo::new(3000, 7, false, until).collect();
        assert_eq!(orders.len(), 3000);
        assert!(orders.is_sorted_by_key(|made| made.order.dates.ordered()));
        for DemoOrder { order, cancelled } in &orders {
            let dates = order.dates;
            let (ordered, shipped, delivered) = (Some(dates.ordered()), dates.shipped(), dates.delivered());
            assert!(dates.ordered().day().parts().0 >= 1990);
            for date in [ordered, shipped, delivered, *cancelled].into_iter().flatten() {
                assert!(dates.ordered() <= date && date <= until, "{order:?}");
            }
            assert!(shipped.is_some() || delivered.is_none());
            assert!(delivered.is_none_or(|delivered| Some(delivered) >= shipped));
            assert!(cancelled.is_none() || shipped.is_none(), "what is called off is not shipped");
            assert_eq!(dates.warnings(until), QualityFlags::NONE);
        }
    }
}

#[test]
fn the_more_orders_the_longer_they_took() {
    let days = |rows| {
        let first = Demo::new(rows, 7, false, now()).next().unwrap().order.dates.ordered();
        (now().get() - first.get()).num_days()
    };
    assert!((60..120).contains(&days(1000)), "{}", days(1000));
    assert!((5 * 365..10 * 365).contains(&days(1_000_000)), "{}", days(1_000_000));
    assert!((25 * 365..=30 * 365).contains(&days(100_000_000)));
}

#[test]
fn formats_have_the_frequencies_of_the_reference_data() {
    let orders = made(20_000, false);
    let web = share(&orders, |made| made.order.store.as_str() == StoreCode::WEB);
    assert!((0.20..0.25).contains(&web), "{web}");
    let sixteen = share(&orders, |made| made.order.card.reveal().len() == 16);
    assert!((0.44..0.52).contains(&sixteen), "{sixteen}");
    let pieces: i32 = orders.iter().map(|made| made.order.quantity.get()).sum();
    assert!((78_000..82_000).contains(&pieces), "{pieces}");
    assert!(orders.iter().all(|made| CardNumber::parse(made.order.card.reveal(), false).is_ok()));
}

#[test]
fn customers_come_back_each_with_one_card() {
    for (rows, customers) in [(1000, 350..500), (20_000, 3_500..4_500)] {
        let orders = made(rows, false);
        let mut cards = BTreeMap::<&str, BTreeSet<&str>>::new();
        for DemoOrder { order, .. } in &orders {
            cards.entry(order.user_id.as_str()).or_default().insert(order.card.reveal());
        }
        assert!(customers.contains(&cards.len()), "{}", cards.len());
        assert!(cards.values().all(|cards| cards.len() == 1));
        let counts = counted(orders.iter().map(|made| made.order.user_id.as_str()));
        let often = counts.iter().filter(|count| **count > 1).count();
        assert!(often * 2 > counts.len(), "{often} of {}", counts.len());
        assert!((5..100).contains(&counts[0]), "{}", counts[0]);
    }
}

#[test]
fn a_few_stores_and_products_are_popular_and_many_are_not() {
    let orders = made(20_000, false);
    let in_stores =
        orders.iter().map(|made| made.order.store).filter(|store| store.as_str() != StoreCode::WEB);
    for (counts, first, distinct) in [
        (counted(in_stores), 600..1000, 400..=440),
        (counted(orders.iter().map(|made| made.order.product)), 400..750, 1_700..=1_846),
    ] {
        assert!(first.contains(&counts[0]), "{}", counts[0]);
        assert!(distinct.contains(&counts.len()), "{}", counts.len());
        let half = counts.len() / 2;
        let (popular, others): (usize, usize) = (counts[..half].iter().sum(), counts[half..].iter().sum());
        assert!(popular > others * 4, "{popular}, {others}");
    }
}

#[test]
fn days_have_their_seasons_weekdays_and_opening_hours() {
    // Three and a half years.
    let orders = made(200_000, false);
    let ordered =
        |is: fn(chrono::NaiveDateTime) -> bool| share(&orders, |made| is(made.order.dates.ordered().get()));
    for (day, expected) in [
        (share(&orders, |made| made.order.dates.ordered().get().weekday() == Weekday::Sat), 0.16..0.20),
        (share(&orders, |made| made.order.dates.ordered().get().weekday() == Weekday::Sun), 0.02..0.05),
        (share(&orders, |made| made.order.dates.ordered().get().weekday() == Weekday::Wed), 0.14..0.18),
    ] {
        assert!(expected.contains(&day), "{day}");
    }
    let (december, february) = (ordered(|at| at.month() == 12), ordered(|at| at.month() == 2));
    assert!(december > february * 1.5, "{december}, {february}");
    for DemoOrder { order, .. } in &orders {
        let at = order.dates.ordered().get();
        let is_open = (9..19).contains(&at.hour()) && !calendar::is_free(at.date());
        assert!(order.store.as_str() == StoreCode::WEB || is_open, "{order:?}");
        for date in [order.dates.shipped(), order.dates.delivered()].into_iter().flatten() {
            assert!(!calendar::is_free(date.get().date()), "{order:?}");
        }
    }
    let evening = ordered(|at| at.hour() >= 19);
    assert!((0.05..0.12).contains(&evening), "{evening}");
}

#[test]
fn there_is_work_on_every_day_and_never_more_than_a_desk_has() {
    let days = at("2026-01-01 00:00:00").get().date().iter_days().step_by(4).take(92);
    for (day, hour) in days.zip((0..24).cycle()) {
        let until = LocalTime::new(day.and_hms_opt(hour, 10, 0).unwrap());
        let work = work(Demo::new(1000, 1, false, until), until);
        let bounds = [8..=50, 0..=32, 4..=45];
        assert!(
            bounds.iter().zip(work).all(|(bounds, count)| bounds.contains(&count)),
            "{until:?}: {work:?}"
        );
    }
    // A hundred times as many orders took ten times as long: a day brings ten times as many.
    let [to_ship, late, on_the_way] = work(Demo::new(100_000, 1, false, now()), now());
    assert!((150..500).contains(&to_ship), "{to_ship}");
    assert!((10..150).contains(&late), "{late}");
    assert!((100..450).contains(&on_the_way), "{on_the_way}");
}

#[test]
fn a_few_orders_are_called_off_and_a_few_were_late() {
    let orders = made(20_000, false);
    let cancelled = share(&orders, |made| made.cancelled.is_some());
    assert!((0.015..0.035).contains(&cancelled), "{cancelled}");
    let late = share(&orders, |made| {
        made.order.dates.shipped().is_some_and(|shipped| made.order.dates.ordered() <= older_than(3, shipped))
    });
    assert!((0.05..0.30).contains(&late), "{late}");
}

#[test]
fn a_few_in_a_hundred_are_dirty_when_asked_for() {
    let orders = made(20_000, true);
    let dirty = share(&orders, |made| !made.order.flags.is_empty());
    assert!((0.02..0.08).contains(&dirty), "{dirty}");
    for doubt in [
        QualityFlags::CARD_CHECK_DIGIT,
        QualityFlags::CARD_MARK,
        QualityFlags::USER_ID,
        QualityFlags::SHIPPING_DATE,
        QualityFlags::DELIVERY_DATE,
        QualityFlags::DATE_UNREADABLE,
    ] {
        let doubted = share(&orders, |made| made.order.flags.contains(doubt));
        assert!((0.0005..0.05).contains(&doubted), "{doubt:?}: {doubted}");
    }
    for DemoOrder { order, .. } in &orders {
        let dates = order.flags.without(QualityFlags::OF_CARD).without(QualityFlags::USER_ID);
        assert_eq!(dates.without(QualityFlags::DATE_UNREADABLE), order.dates.warnings(now()));
        assert_eq!(order.flags.contains(QualityFlags::USER_ID), order.user_id.as_str().len() == 10);
    }
    assert!(made(5_000, false).iter().all(|made| made.order.flags == QualityFlags::NONE));
}
