//! The list that somebody looks at, as URLs say it.

#[cfg(test)]
pub(super) mod tests;

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
