//! Tests and sorts to try statements with.

use super::{FindQuery, Range, Segment, Stage, Test};
use crate::order::{Beginning, Brand, Day, JobId, LastFour, Order, Sort, SortKey, Warning};

pub fn query() -> FindQuery {
    let now = Day::new(2022, 3, 4).unwrap().start();
    let classes = Vec::new();
    FindQuery { clauses: Vec::new(), sort: Sort::default(), now, max_counted: 10_000, classes }
}

pub fn range() -> Range {
    let day = |day| Some(Day::new(2022, 3, day).unwrap().start());
    Range { from: day(1), until: day(4) }
}

/// An order with all dates.
pub fn order() -> Order {
    let (mut order, at) = Order::sample();
    let at = crate::order::LocalTime::new(at.get());
    order.dates = crate::order::Dates::recorded(at, Some(at), Some(at));
    order
}

pub fn tests() -> Vec<(&'static str, Test)> {
    let last_four = LastFour::parse("1111").unwrap();
    vec![
        ("open", Test::Stage(Stage::Open)),
        ("ships later", Test::Stage(Stage::ShipsLater)),
        ("arrives unshipped", Test::Stage(Stage::ArrivesUnshipped)),
        ("under way", Test::Stage(Stage::UnderWay)),
        ("arrives later", Test::Stage(Stage::ArrivesLater)),
        ("arriving", Test::Stage(Stage::Arriving)),
        ("delivered", Test::Stage(Stage::Delivered)),
        ("cancelled", Test::Stage(Stage::Cancelled)),
        ("store", Test::Store(Beginning::of_store("HI-9B97EE4E").unwrap())),
        ("stores", Test::Store(Beginning::of_store("HI-9B").unwrap())),
        ("product", Test::Product(Beginning::of_product("R7-3126933h").unwrap())),
        ("products", Test::Product(Beginning::of_product("R7").unwrap())),
        ("customer", Test::Customer(Beginning::of_customer("NRQKZWJ9OZ").unwrap())),
        ("customers", Test::Customer(Beginning::of_customer("2dcb6e7a").unwrap())),
        ("UUIDs", Test::Uuid(Beginning::of_uuid("2dcb6e7a").unwrap())),
        ("brand", Test::Brand(Brand::Visa)),
        ("last four", Test::LastFour(last_four)),
        ("card", Test::Card(last_four, vec![(1, vec![1; 4]), (2, vec![2; 4])])),
        ("ordered", Test::Ordered(range())),
        ("shipped", Test::Shipped(range())),
        ("delivery", Test::Delivered(range())),
        ("quantity", Test::Quantity(4, 4)),
        ("quantities", Test::Quantity(2, 3)),
        ("to check", Test::ToCheck),
        (
            "warnings of a kind",
            Test::Warning { kinds: vec![Warning::CardLength, Warning::CustomerId], most: 5001 },
        ),
        ("changed by", Test::ChangedBy("desk".to_owned())),
        ("import", Test::Import { id: JobId::new(3).unwrap(), most: 5001 }),
    ]
}

pub fn sorts() -> Vec<(&'static str, Sort)> {
    SortKey::ALL.into_iter().map(|key| (key.name(), Sort { key, descending: false })).collect()
}

/// None, where several tests lead to it: those are tried each by itself.
pub fn segment_name(segment: &Segment) -> Option<&'static str> {
    match segment.clause.as_ref().map(|clause| &clause.0[..]) {
        None => Some(""),
        Some([Test::NotShipped]) => Some(", not shipped"),
        Some([Test::NotDelivered]) => Some(", not delivered"),
        Some([Test::Shipped(_)]) => Some(", shipped"),
        Some([Test::Delivered(_)]) => Some(", delivered"),
        Some(_) => None,
    }
}
