//! The list's query string, and what it says in words.

use proptest::prelude::*;

use super::super::mend::tests::any_disguise;
use super::*;
use crate::order::{Field, SortKey, Timestamp};

fn now() -> Now {
    Now::in_utc(Timestamp::parse("2026-11-29 14:05:00").unwrap())
}

/// Longer numbers may be a card's.
const MOST_ORDERS: i64 = 10_000_000_000;

fn any_period() -> impl Strategy<Value = Period> {
    let days = (0..2, 0..4000_u32, 0..400_u32).prop_map(|(open, from, length)| {
        let from = Day::parse_iso("2016-02-29").unwrap().earlier(from);
        let to = (0..length).fold(from, |day, _| day.next());
        let (from, to) = if open == 0 { (Some(from), Some(to)) } else { (None, Some(to)) };
        Period::from_to(from, to).unwrap()
    });
    prop_oneof![days, prop::sample::select(&Preset::ALL[..]).prop_map(Period::Preset)]
}

pub(in crate::order) fn any_condition() -> impl Strategy<Value = Condition> {
    let quantity = || prop::option::of(1..=10_000_i32);
    prop_oneof![
        prop::sample::select(&Status::ALL[..]).prop_map(Condition::Status),
        "[A-Z]{2}(-[0-9A-F]{0,8})?".prop_map(|text| Condition::Store(Beginning::of_store(&text).unwrap())),
        "[A-Za-z][0-9](-[0-9]{0,5})?"
            .prop_map(|text| Condition::Product(Beginning::of_product(&text).unwrap())),
        "[0-9a-f]{6,32}|NRQKZWJ9OZ".prop_filter_map("may be a card number", |text| {
            Beginning::of_customer(&text).map(Condition::Customer)
        }),
        "[0-9a-f]{6,32}".prop_filter_map("may be a card number", |text| {
            Beginning::of_uuid(&text).map(Condition::Uuid)
        }),
        any_period().prop_map(Condition::Ordered),
        any_period().prop_map(Condition::Shipped),
        any_period().prop_map(Condition::Delivered),
        (quantity(), quantity()).prop_filter_map("no quantity", |(from, to)| {
            let (from, to) = (from.map(|n| Quantity::new(n).unwrap()), to.map(|n| Quantity::new(n).unwrap()));
            let is_some = match (from, to) {
                (None, None) => false,
                (Some(from), Some(to)) => from <= to,
                _ => true,
            };
            is_some.then_some(Condition::Quantity { from, to })
        }),
        prop::sample::select(&Brand::ALL[..]).prop_map(Condition::Brand),
        "[0-9]{4}".prop_map(|text| Condition::LastFour(LastFour::parse(&text).unwrap())),
        (1..MOST_ORDERS).prop_map(|n| Condition::SameCardAs(OrderNumber::new(n).unwrap())),
        (0..10_000_u16).prop_map(Condition::OlderThan),
        prop::sample::select(WarningFilter::all().collect::<Vec<_>>()).prop_map(Condition::Warning),
        "[a-z]{1,5}(:[a-z &=%]{1,9}[a-z])?".prop_map(Condition::ChangedBy),
    ]
}

pub(in crate::order) fn any_list() -> impl Strategy<Value = ListQuery> {
    let number = || (1..MOST_ORDERS).prop_map(|n| OrderNumber::new(n).unwrap());
    let anchor = prop_oneof![
        number().prop_map(Anchor::After),
        number().prop_map(Anchor::Before),
        (number(), any::<u8>(), any::<bool>()).prop_map(|(number, part, backwards)| Anchor::Further {
            number,
            part,
            backwards
        }),
        Just(Anchor::End)
    ];
    (
        prop::collection::vec(any_condition(), 0..6),
        (prop::sample::select(&SortKey::ALL[..]), any::<bool>()),
        prop::option::of((1..=i32::MAX).prop_map(|id| ViewId::new(id).unwrap())),
        (1..=u64::MAX, prop::sample::select(&PerPage::ALL[..])),
        prop::option::of(anchor),
    )
        .prop_map(|(conditions, (key, descending), view, (page, per_page), anchor)| ListQuery {
            filter: OrderFilter::new(conditions),
            sort: Sort { key, descending },
            view,
            page: PageRequest { page, per_page },
            anchor,
        })
}

/// Query strings with names that the list knows and others, and values that make sense or do not.
fn any_query() -> impl Strategy<Value = String> {
    let name =
        prop_oneof![prop::sample::select(names().collect::<Vec<_>>()).prop_map(str::to_owned), "\\PC{0,3}"];
    let value = "[0-9]{1,22}|-?[0-9.e]{0,6}|%[0-9a-f]{2}|\\PC{0,6}|to-ship|-?store|HI-9B|R7|last-week|2026-0[1-9]-1[0-9]|end|visa";
    prop::collection::vec((name, value).prop_map(|(name, value)| format!("{name}={value}")), 0..5)
        .prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #[test]
    fn a_customer_of_any_shape_is_found_by_the_url_of_the_list(texts in prop::collection::vec("[ -~–]{1,12}", 1..4)) {
        let customers = texts.iter().filter_map(|text| Beginning::of_customer(text)).map(Condition::Customer);
        let list = ListQuery::default().filtered(OrderFilter::new(customers));
        prop_assert_eq!(&ListQuery::parse(&list.write()), &list);
        prop_assert_eq!(ListQuery::read(&list.write(), now()), (list, Vec::new()));
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_list(list in any_list()) {
        prop_assert_eq!(&ListQuery::parse(&list.write()), &list);
        prop_assert_eq!(ListQuery::read(&list.write(), now()), (list, Vec::new()));
    }

    #[test]
    fn a_list_is_written_in_one_way(query in any_query()) {
        let (list, errors) = ListQuery::read(&query, now());
        let written = list.write();
        prop_assert_eq!(ListQuery::parse(&written).write(), written.clone());
        prop_assert!(list.is_spelled_by(&written));
        for error in errors {
            let said = error.to_string();
            prop_assert!(said.len() < 400 && !said.is_empty());
        }
    }

    #[test]
    fn only_equal_lists_are_written_alike(one in any_list(), other in any_list()) {
        prop_assert_eq!(one.write() == other.write(), one == other);
    }

    #[test]
    fn a_page_and_a_size_are_changed_alone(list in any_list(), page in 1..=u64::MAX, position in 1..1_u64 << 60) {
        let there = list.on_page(page);
        prop_assert_eq!(there.page().page, page);
        prop_assert!(there.is_same_view(&list) && there.anchor().is_none());
        prop_assert_eq!(there.view(), list.view());
        let PageRequest { page, per_page } = list.showing(position, PerPage::Fifty).page();
        prop_assert_eq!(per_page, PerPage::Fifty);
        prop_assert!(page * 50 >= position && (page - 1) * 50 < position);
    }

    #[test]
    fn another_filter_or_sort_begins_at_the_first_page(list in any_list(), other in any_list()) {
        let (filtered, sorted) = (list.filtered(other.filter().clone()), list.sorted(other.sort()));
        for changed in [&filtered, &sorted] {
            prop_assert_eq!((changed.page().page, changed.anchor()), (1, None));
            prop_assert_eq!(changed.page().per_page, list.page().per_page);
            prop_assert_eq!(changed.view(), list.view());
        }
        prop_assert_eq!((filtered.filter(), filtered.sort()), (other.filter(), list.sort()));
        prop_assert_eq!((sorted.filter(), sorted.sort()), (list.filter(), other.sort()));
    }

    #[test]
    fn a_view_that_a_list_was_begun_as_changes_no_order_of_it(list in any_list(), id in 1..=i32::MAX) {
        let (there, back) = (list.in_view(ViewId::new(id).unwrap()), list.outside_views());
        for other in [&there, &back] {
            prop_assert!(other.is_same_view(&list));
            prop_assert_eq!((other.page(), other.anchor()), (list.page(), list.anchor()));
        }
        prop_assert_eq!((there.view().map(ViewId::get), back.view()), (Some(id), None));
        let stored = list.filter_and_sort();
        prop_assert!(stored.is_same_view(&list));
        prop_assert_eq!((stored.view(), stored.page(), stored.anchor()), (None, PageRequest::default(), None));
    }

    #[test]
    fn a_condition_can_be_taken_off_and_put_back(list in any_list()) {
        for condition in list.filter().conditions() {
            let without = list.filter().without(condition);
            prop_assert!(!without.has(condition));
            prop_assert_eq!(&without.with(condition.clone()), list.filter());
        }
    }

    #[test]
    fn what_is_typed_into_a_form_is_read_in_any_disguise(disguise in any_disguise()) {
        let typed = super::super::mend::tests::disguised("hi 9b97ee4e", disguise);
        let query = serde_urlencoded::to_string([("store", typed.as_str()), ("product", "")]).unwrap();
        let (list, errors) = ListQuery::read(&query, now());
        prop_assert_eq!(list.write(), "store=HI-9B97EE4E");
        prop_assert_eq!(errors, []);
    }
}

#[test]
fn forms_are_read_and_defaults_left_out() {
    for (query, written) in [
        ("", ""),
        ("page=1", ""),
        ("per_page=25&page=2", "page=2"),
        ("per_page=50&page=2", "page=2&per_page=50"),
        ("per_page=50", "per_page=50"),
        ("page=2&page=3", "page=2"),
        ("page=%32", "page=2"),
        ("sort=-ordered", ""),
        ("status=shipped&status=to-ship&sort=store", "status=to-ship&status=shipped&sort=store"),
        ("store=web,+HI-9B97EE4E&store=HI-9B", "store=HI-9B&store=WEB-1388012W"),
        ("ordered_from=3+March+2026&ordered_to=yesterday", "ordered_from=2026-03-03&ordered_to=2026-11-28"),
        ("ordered=last-week&ordered_from=2026-03-03", "ordered_from=2026-03-03"),
        ("ordered=today&ordered=yesterday", "ordered=today&ordered=yesterday"),
        ("quantity_from=1,000&quantity_to=", "quantity_from=1000"),
        ("customer=ABCDEF1234", "customer=ABCDEF1234"),
        ("customer=2dcb6e7a-1f0e", "customer=2dcb6e7a-1f0e"),
        ("uuid=2DCB6E7A1F0E", "uuid=2dcb6e7a-1f0e"),
        ("last4=1111,+0000", "last4=0000&last4=1111"),
        ("after=7&before=8", "after=7"),
        ("before=end&page=9", "page=9&before=end"),
        ("warning=customer-id&warning=card-length", "warning=card-length&warning=customer-id"),
        ("warning=customer-id&warning=any", "warning=any"),
        ("page=2&view=7&sort=store", "sort=store&view=7&page=2"),
        ("view=&view=7", "view=7"),
        ("view=07", ""),
        ("view=4111111111111111", ""),
    ] {
        let (list, errors) = ListQuery::read(query, now());
        assert_eq!(list.write(), written, "{query}");
        assert_eq!(errors, [], "{query}");
    }
}

#[test]
fn what_makes_no_sense_is_told_and_left_out() {
    let told: Vec<String> = [
        "colour=red&utm=1&colour=blue",
        "4111111111111111=1",
        "status=lost",
        "store=NULL&product=1&customer=4111+1111+1111+1111&uuid=zz",
        "ordered=soon&ordered_from=3/4/2026&shipped_from=2026-02-30",
        "delivered_from=2026-03-04&delivered_to=2026-03-03",
        "quantity_from=0&quantity_to=x",
        "quantity_from=5&quantity_to=4",
        "brand=gold&last4=123&same_card_as=x&older_than=soon",
        "warning=1&warning=Any",
        "sort=colour",
        "status=to-ship&store=x",
    ]
    .into_iter()
    .map(|query| {
        let (list, errors) = ListQuery::read(query, now());
        let errors: Vec<String> =
            errors.iter().map(|error| format!("  {} {:?}: {error}", error.parameter, error.value)).collect();
        format!("{query}\n  = {:?}\n{}\n", list.write(), errors.join("\n"))
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_filter_has_its_bound() {
    let codes: Vec<String> = (0..30).map(|n| format!("HI-{n:08}")).collect();
    let (list, errors) = ListQuery::read(&format!("store={}", codes.join(",")), now());
    assert_eq!(list.filter().conditions().len(), OrderFilter::MAX);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].problem, ListProblem::TooMany);
}

#[test]
fn other_spellings_are_told_from_the_canonical_one() {
    for (query, same) in [
        ("", true),
        ("page=1&per_page=25", true),
        ("page=%31", true),
        ("page=01", false),
        ("per_page=9", false),
        ("store=", false),
        ("store=web", false),
        ("store=WEB-1388012W", true),
        ("status=shipped&status=to-ship", false),
        ("sort=-ordered", true),
    ] {
        assert_eq!(ListQuery::parse(query).is_spelled_by(query), same, "{query}");
    }
}

#[test]
fn a_filter_says_itself() {
    for (query, words) in [
        ("store=HI-9B97EE4E&ordered=last-week", "Store HI-9B97EE4E, ordered last week"),
        ("status=to-ship&status=shipped&uuid=2dcb6e", "Status To ship or Shipped, UUID 2dcb6e…"),
        (
            "older_than=3&quantity_from=2&by=desk",
            "Quantity 2 or more, to ship for more than 3 days, changed by the desk",
        ),
        ("last4=1111&brand=visa&same_card_as=7", "Brand Visa, card ends in 1111, same card as order 7"),
        ("status=shipped&warning=any", "Status Shipped, to check any warning"),
        ("warning=customer-id&warning=card-length", "To check card length or customer ID"),
    ] {
        assert_eq!(ListQuery::parse(query).filter().words(), words);
    }
}

#[test]
fn a_view_is_told_from_other_lists() {
    use crate::order::View;
    for view in View::ALL {
        assert_eq!(View::of(&view.list(3).on_page(2), 3), Some(view));
    }
    assert_eq!(View::of(&ListQuery::parse("status=to-ship"), 3), None, "it is sorted otherwise");
    assert_eq!(View::Late.list(3).write(), "older_than=3&sort=ordered");
}

/// The form for a new order takes both from one URL.
#[test]
fn no_parameter_has_the_name_of_a_field() {
    for name in names() {
        assert!(Field::ALL.iter().all(|field| field.name() != name), "{name}");
    }
}

#[test]
fn a_card_number_gets_into_no_list() {
    for query in [
        "same_card_as=4111111111111111",
        "by=4111111111111111",
        "customer=4111111111111111",
        "last4=4111111111111111",
        "after=4111111111111111",
        "before=4111111111111111",
        "view=4111111111111111",
    ] {
        assert_eq!(ListQuery::parse(query), ListQuery::default(), "{query}");
        let (list, errors) = ListQuery::read(query, now());
        assert_eq!(list, ListQuery::default(), "{query}");
        assert!(errors.iter().all(|error| error.value.is_empty()), "{errors:?}");
    }
}
