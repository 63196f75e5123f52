//! The list that somebody looks at, as URLs say it.

use std::borrow::Cow;

use super::listed;
use super::mend::mended;
use super::{
    Actor, Anchor, Beginning, Brand, Condition, Day, JobId, Kind, LastFour, ListError, ListProblem, Now,
    OrderFilter, OrderNumber, PageRequest, PerPage, Period, Preset, Quantity, Sort, Status, Typed, ViewId,
    WarningFilter, holds_card_number,
};

/// Which orders somebody looks at, sorted how, and in which pages.
///
/// Every page hands it on, so that the way back leads to the list that somebody came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    filter: OrderFilter,
    sort: Sort,
    view: Option<ViewId>,
    page: PageRequest,
    anchor: Option<Anchor>,
}

const SORT: &str = "sort";
const VIEW: &str = "view";
const PAGE: &str = "page";
const PER_PAGE: &str = "per_page";
const AFTER: &str = "after";
const BEFORE: &str = "before";
const PART: &str = "part";
/// The value of `before` that stands for the last page.
const END: &str = "end";
/// The number of a page that somebody typed, which goes with a list and is no part of it.
pub const JUMP: &str = "jump";

/// The ends of ranges.
const ENDS: [(Kind, &str, &str); 4] = [
    (Kind::Ordered, "ordered_from", "ordered_to"),
    (Kind::Shipped, "shipped_from", "shipped_to"),
    (Kind::Delivered, "delivered_from", "delivered_to"),
    (Kind::Quantity, "quantity_from", "quantity_to"),
];

impl ListQuery {
    /// Reads a URL's query string as the desk writes it; anything leads to some list, and what it cannot say is left out.
    pub fn parse(query: &str) -> Self {
        Self::read_with(query, None).0
    }

    /// Reads a URL's query string as a form or a person writes it: codes and dates in any spelling, several values of a
    /// text with commas between them. What makes no sense is left out and told.
    pub fn read(query: &str, now: Now) -> (Self, Vec<ListError>) {
        Self::read_with(query, Some(now))
    }

    fn read_with(query: &str, now: Option<Now>) -> (Self, Vec<ListError>) {
        let given = Given::of(query);
        let mut errors = given.unknown();
        let mut conditions = Vec::new();
        for kind in Kind::ALL {
            for value in given.values(kind) {
                match read_condition(kind, &value) {
                    Some(condition) => conditions.push(condition),
                    None => errors.push(ListError::new(kind.name(), &value, ListProblem::Value(kind))),
                }
            }
        }
        for (kind, from, to) in ENDS {
            let ends = match kind {
                Kind::Quantity => quantities(&given, from, to),
                kind => days(&given, kind, from, to, now),
            };
            match ends {
                Ok(condition) => conditions.extend(condition),
                Err(error) => errors.push(error),
            }
        }
        let filter = OrderFilter::new(conditions.iter().cloned());
        if filter.conditions().len() == OrderFilter::MAX && conditions.len() > OrderFilter::MAX {
            errors.push(ListError::new("", "", ListProblem::TooMany));
        }
        let sort = given
            .first(SORT)
            .map(|text| Sort::parse(text).ok_or_else(|| ListError::new(SORT, text, ListProblem::Sort)));
        let sort = sort.transpose().map_err(|error| errors.push(error)).ok().flatten().unwrap_or_default();
        let view = given.first(VIEW).and_then(ViewId::parse);
        let page = PageRequest::parse(given.first(PAGE), given.first(PER_PAGE));
        let anchor = anchor(&given);
        (Self { filter, sort, view, page, anchor }, errors)
    }

    pub fn filter(&self) -> &OrderFilter {
        &self.filter
    }

    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// The own view that somebody came from, and perhaps has changed since; it may be gone.
    pub fn view(&self) -> Option<ViewId> {
        self.view
    }

    /// The page that is asked for; it may lie beyond the last. With an anchor its number says only what to call it.
    pub fn page(&self) -> PageRequest {
        self.page
    }

    pub fn anchor(&self) -> Option<Anchor> {
        self.anchor
    }

    /// Whether it is the list of all orders, the newest first.
    pub fn is_of_all_newest_first(&self) -> bool {
        self.filter.is_empty() && self.sort == Sort::default()
    }

    /// Whether both have the same orders in the same order, at whatever page.
    pub fn is_same_view(&self, other: &Self) -> bool {
        self.filter == other.filter && self.sort == other.sort
    }

    /// The same list at another page, counted from 1.
    #[must_use]
    pub fn on_page(&self, page: u64) -> Self {
        let mut list = self.clone();
        (list.page.page, list.anchor) = (page, None);
        list
    }

    /// The same list at a page that begins or ends somewhere, and what number to call it by.
    #[must_use]
    pub fn at(&self, anchor: Anchor, page: u64) -> Self {
        let mut list = self.on_page(page);
        list.anchor = Some(anchor);
        list
    }

    /// The same list in pages of another size, at the one that shows a place, counted from 1.
    #[must_use]
    pub fn showing(&self, position: u64, per_page: PerPage) -> Self {
        let mut list = self.on_page(1);
        list.page = PageRequest::showing(position, per_page);
        list
    }

    /// The first page of what another filter leaves, sorted as before.
    #[must_use]
    pub fn filtered(&self, filter: OrderFilter) -> Self {
        Self { filter, ..self.on_page(1) }
    }

    /// The first page of the same orders, sorted otherwise.
    #[must_use]
    pub fn sorted(&self, sort: Sort) -> Self {
        Self { sort, ..self.on_page(1) }
    }

    /// The same list as one that was begun as an own view.
    #[must_use]
    pub fn in_view(&self, id: ViewId) -> Self {
        Self { view: Some(id), ..self.clone() }
    }

    /// The same list as one that was begun as no own view.
    #[must_use]
    pub fn outside_views(&self) -> Self {
        Self { view: None, ..self.clone() }
    }

    /// What a view stores of it: filter and sort.
    #[must_use]
    pub fn filter_and_sort(&self) -> Self {
        Self::default().filtered(self.filter.clone()).sorted(self.sort)
    }

    /// The canonical query string: parameters in a fixed order, without those at their defaults.
    pub fn write(&self) -> String {
        // Never fails: these are pairs of texts.
        serde_urlencoded::to_string(self.parameters()).unwrap_or_default()
    }

    /// What the canonical query string says, by name.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let conditions = self.filter.conditions().iter().flat_map(Condition::parameters);
        let defaults = Self::default().others();
        let others = self.others().into_iter().filter(move |one| !defaults.contains(one));
        let anchor = self.anchor.map(|anchor| match anchor {
            Anchor::After(number) => vec![(AFTER, number.to_string())],
            Anchor::Before(number) => vec![(BEFORE, number.to_string())],
            Anchor::Further { number, part, backwards } => {
                let name = if backwards { BEFORE } else { AFTER };
                vec![(name, number.to_string()), (PART, part.to_string())]
            }
            Anchor::End => vec![(BEFORE, END.to_owned())],
        });
        conditions.chain(others).chain(anchor.into_iter().flatten()).collect()
    }

    /// Whether a query string spells every parameter that it has as this one would; it may have defaults, too.
    pub fn is_spelled_by(&self, query: &str) -> bool {
        let given = Given::of(query);
        let parameters = self.parameters();
        let defaults = Self::default().others();
        names().all(|name| {
            let spelled: Vec<&str> = given.all(name).collect();
            let canonical: Vec<&str> =
                parameters.iter().filter(|(one, _)| *one == name).map(|(_, value)| &**value).collect();
            let is_default =
                |value: &str| defaults.iter().any(|(one, default)| *one == name && default == value);
            spelled == canonical || canonical.is_empty() && spelled.iter().all(|value| is_default(value))
        })
    }

    /// What it has beside its filter and its anchor, defaults too, in the order in which they are written.
    fn others(&self) -> Vec<(&'static str, String)> {
        let PageRequest { page, per_page } = self.page;
        let view = self.view.map(|id| (VIEW, id.to_string()));
        let pages = [(PAGE, page.to_string()), (PER_PAGE, per_page.get().to_string())];
        [(SORT, self.sort.parameter())].into_iter().chain(view).chain(pages).collect()
    }
}

/// The names of all parameters.
fn names() -> impl Iterator<Item = &'static str> {
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Quantity).map(Kind::name);
    let ends = ENDS.into_iter().flat_map(|(_, from, to)| [from, to]);
    kinds.chain(ends).chain([SORT, VIEW, PAGE, PER_PAGE, AFTER, BEFORE, PART])
}

fn anchor(given: &Given<'_>) -> Option<Anchor> {
    let (name, backwards) = if given.first(AFTER).is_some() { (AFTER, false) } else { (BEFORE, true) };
    let value = given.first(name)?;
    if backwards && value == END {
        return Some(Anchor::End);
    }
    let number = order_number(value)?;
    let part = given.first(PART).and_then(|part| part.parse().ok());
    Some(match (part, backwards) {
        (Some(part), backwards) => Anchor::Further { number, part, backwards },
        (None, true) => Anchor::Before(number),
        (None, false) => Anchor::After(number),
    })
}

/// Reads a value of a kind; none if it makes no sense.
fn read_condition(kind: Kind, text: &str) -> Option<Condition> {
    let preset = || Preset::parse(text).map(Period::Preset);
    match kind {
        Kind::Status => Status::parse(text).map(Condition::Status),
        Kind::Store => Beginning::of_store(text).map(Condition::Store),
        Kind::Product => Beginning::of_product(text).map(Condition::Product),
        Kind::Customer => Beginning::of_customer(text).map(Condition::Customer),
        Kind::Uuid => Beginning::of_uuid(text).map(Condition::Uuid),
        Kind::Ordered => preset().map(Condition::Ordered),
        Kind::Shipped => preset().map(Condition::Shipped),
        Kind::Delivered => preset().map(Condition::Delivered),
        Kind::Quantity => None,
        Kind::Brand => Brand::parse(text).map(Condition::Brand),
        Kind::LastFour => LastFour::parse(text).map(Condition::LastFour),
        Kind::SameCardAs => order_number(text).map(Condition::SameCardAs),
        Kind::OlderThan => {
            let days = text.parse().ok().filter(|days: &u16| *days < 10_000 && days.to_string() == text);
            days.map(Condition::OlderThan)
        }
        Kind::Warning => WarningFilter::parse(text).map(Condition::Warning),
        Kind::ChangedBy => {
            let is_actor = Actor::is_stored_text(text) && !holds_card_number(text);
            is_actor.then(|| Condition::ChangedBy(text.to_owned()))
        }
        Kind::Import => JobId::parse(text).filter(|_| !holds_card_number(text)).map(Condition::Import),
    }
}

/// What may be a card number is no order's: the page would show it (PCI DSS 4.0, requirement 3.4.1).
fn order_number(text: &str) -> Option<OrderNumber> {
    OrderNumber::parse(text).filter(|_| !holds_card_number(text))
}

/// The condition that the two ends of days make, if there are any.
fn days(
    given: &Given<'_>,
    kind: Kind,
    from: &'static str,
    to: &'static str,
    now: Option<Now>,
) -> Result<Option<Condition>, ListError> {
    let day = |name| {
        let Some(text) = given.first(name) else { return Ok(None) };
        let read = match (Day::parse_iso(text), now) {
            (Some(day), _) => Ok(day),
            (None, Some(now)) => Typed::parse(text, now).map(|typed| typed.day).map_err(ListProblem::Date),
            (None, None) => Err(ListProblem::Value(kind)),
        };
        read.map(Some).map_err(|problem| ListError::new(name, text, problem))
    };
    let (first, last) = (day(from)?, day(to)?);
    if first.is_none() && last.is_none() {
        return Ok(None);
    }
    let backwards = || ListError::new(to, given.first(to).unwrap_or_default(), ListProblem::Backwards);
    let period = Period::from_to(first, last).ok_or_else(backwards)?;
    Ok(Some(match kind {
        Kind::Shipped => Condition::Shipped(period),
        Kind::Delivered => Condition::Delivered(period),
        _ => Condition::Ordered(period),
    }))
}

/// The condition that the two ends of quantities make, if there are any.
fn quantities(
    given: &Given<'_>,
    from: &'static str,
    to: &'static str,
) -> Result<Option<Condition>, ListError> {
    let quantity = |name| {
        let Some(text) = given.first(name) else { return Ok(None) };
        let read = Quantity::parse(text).map(Some);
        read.map_err(|error| ListError::new(name, text, ListProblem::Quantity(error)))
    };
    match (quantity(from)?, quantity(to)?) {
        (None, None) => Ok(None),
        (Some(from), Some(least)) if least < from => {
            Err(ListError::new(to, given.first(to).unwrap_or_default(), ListProblem::Backwards))
        }
        (from, to) => Ok(Some(Condition::Quantity { from, to })),
    }
}

/// The parameters that a query string has, decoded, without those that are empty.
struct Given<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Given<'a> {
    fn of(query: &'a str) -> Self {
        Self(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(one, _)| one == name).map(|(_, value)| &**value)
    }

    /// The first value that is not empty.
    fn first(&self, name: &str) -> Option<&str> {
        self.all(name).find(|value| !mended(value).is_empty())
    }

    /// The values of a kind; of a text those between commas.
    fn values(&self, kind: Kind) -> Vec<String> {
        use Kind::{Customer, LastFour, Product, Store, Uuid};
        let is_listed = matches!(kind, Store | Product | Customer | Uuid | LastFour);
        let values = self.all(kind.name()).filter(|_| kind != Kind::Quantity);
        let one = |value: &str| {
            let value = mended(value).into_owned();
            if value.is_empty() { Vec::new() } else { vec![value] }
        };
        values.flat_map(|value| if is_listed { listed::values(value) } else { one(value) }).collect()
    }

    /// Names that the list does not have, each once.
    fn unknown(&self) -> Vec<ListError> {
        let mut unknown: Vec<ListError> = Vec::new();
        for (name, value) in &self.0 {
            if names().chain([JUMP]).any(|known| known == name) {
                continue;
            }
            let error = ListError::new(name, value, ListProblem::Unknown);
            if unknown.iter().all(|known| known.parameter != error.parameter) {
                unknown.push(error);
            }
        }
        unknown
    }
}

#[cfg(test)]
pub(super) mod tests {
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
            "[A-Z]{2}(-[0-9A-F]{0,8})?"
                .prop_map(|text| Condition::Store(Beginning::of_store(&text).unwrap())),
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
                let (from, to) =
                    (from.map(|n| Quantity::new(n).unwrap()), to.map(|n| Quantity::new(n).unwrap()));
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
        let anchor =
            prop_oneof![
                number().prop_map(Anchor::After),
                number().prop_map(Anchor::Before),
                (number(), any::<u8>(), any::<bool>())
                    .prop_map(|(number, part, backwards)| Anchor::Further { number, part, backwards }),
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
        let name = prop_oneof![
            prop::sample::select(names().collect::<Vec<_>>()).prop_map(str::to_owned),
            "\\PC{0,3}"
        ];
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
            (
                "ordered_from=3+March+2026&ordered_to=yesterday",
                "ordered_from=2026-03-03&ordered_to=2026-11-28",
            ),
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
            let errors: Vec<String> = errors
                .iter()
                .map(|error| format!("  {} {:?}: {error}", error.parameter, error.value))
                .collect();
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
}
