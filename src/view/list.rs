//! The list of orders, as a work list.

mod chips;
mod filters;
mod heads;
mod pager;
mod picked;
mod row;
mod views;

use serde::Serialize;

use super::bulk::ActionNotice;
use super::exports::exports_of_list;
use super::link::Link;
use super::nav::Nav;
use super::text::{list_url, order_query, order_url, search_url};
use super::view_notice::ViewNotice;
use super::visitor::Visitor;
use super::{PageContext, View, ViewError};
use crate::order::{
    ListError, ListQuery, LocalTime, Order, OrderFilter, OrderNumber, Page, PerPage, SavedView, Sort, Total,
    counted, holds_card_number,
};
use chips::{Chip, Removal, cleared};
pub(super) use filters::RenderedForms;
use filters::anchor;
use heads::Head;
use pager::{LookFurther, Pager, PlaceInList};
use picked::Picked;
use row::OrderLine;
pub(super) use row::OrderLines;
use row::Today;
pub use views::ListCounts;
use views::{Current, ViewActions, ViewLink};

/// What is longer does not fit on the tab of a browser.
const LONGEST_HEADING: usize = 40;

/// What `list.html` shows.
#[derive(Serialize)]
pub struct ListPage {
    nav: Nav,
    title: String,
    heading: String,
    caption: String,
    /// How many orders there are, beside what makes the list another than that of all.
    found: String,
    /// The desk has none at all.
    is_empty: bool,
    problems: Vec<Problem>,
    views: Vec<ViewLink>,
    view_actions: ViewActions,
    /// What has just been done with the view, said once.
    notice: String,
    notice_kind: &'static str,
    /// What came of an action on many orders, said once.
    action: Option<ActionNotice>,
    search: SearchBox,
    /// All orders of the list as files.
    exports: Vec<Link>,
    /// The form that filters, rendered.
    filters: String,
    chips: Vec<Chip>,
    /// The list of all orders, where there is more than one thing to take off.
    clear_url: Option<String>,
    readings: Vec<Link>,
    heads: Vec<Head>,
    rows: String,
    no_match: Option<NoMatch>,
    look_further: Option<LookFurther>,
    picked: Picked,
    pager: Pager,
    jump: JumpField,
    /// What the field to jump to a page sends beside its number.
    kept: Vec<(&'static str, String)>,
    per_page_choices: Vec<PerPageChoice>,
}

/// A list that was found, with what its page says beside it.
pub struct FoundList<'a> {
    pub list: &'a ListQuery,
    pub page: &'a Page<Order>,
    /// What was left out of the list, since it makes no sense.
    pub errors: &'a [ListError],
    /// Views that people have named.
    pub own: &'a [SavedView],
    /// The orders that are ticked.
    pub ticked: &'a [OrderNumber],
    pub counts: &'a ListCounts,
    /// How many orders a list without orders would have without each of its conditions, as far as that was counted.
    pub without: &'a [Option<Total>],
    pub now: LocalTime,
    pub late_days: u16,
}

/// What else a text can mean that was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    Order(OrderNumber),
    List(ListQuery, Total),
}

/// One of the things to put right.
#[derive(Serialize)]
struct Problem {
    /// Its control, if the page has it.
    anchor: String,
    message: String,
}

/// The field that searches.
#[derive(Serialize)]
struct SearchBox {
    url: String,
    value: String,
    error: String,
}

/// The field to jump to a page.
#[derive(Serialize, Default)]
struct JumpField {
    value: String,
    error: String,
}

/// What to do where no order matches.
#[derive(Serialize)]
struct NoMatch {
    removals: Vec<Removal>,
    all_url: String,
}

#[derive(Serialize)]
struct PerPageChoice {
    value: u32,
    url: String,
    current: bool,
}

impl PageContext for ListPage {
    const TEMPLATE: &'static str = "list.html";
}

impl ListPage {
    pub fn new(view: &View, found: &FoundList<'_>) -> Result<Self, ViewError> {
        let FoundList { list, page, errors, own, ticked, counts, without, now, late_days } = *found;
        let current = Current::of(list, own, late_days);
        let (filter, place) = (list.filter(), PlaceInList::new(list, page));
        let today = Today::new(now, late_days);
        let query = order_query(list);
        let lines: Vec<OrderLine<'_>> =
            page.items.iter().map(|order| OrderLine::new(order, &query, today).ticked(ticked)).collect();
        let heading = heading(list, current);
        let chips = Chip::all(list);
        let (has_none, looked_on) = (page.items.is_empty() && page.total.is_zero(), page.looked_to.is_some());
        let no_match = (has_none && !looked_on && !filter.is_empty())
            .then(|| NoMatch { removals: Removal::all(list, without), all_url: list_url(&cleared(list)) });
        let page = Self {
            nav: Nav::orders(list),
            title: title(&heading, place),
            heading: current.name().unwrap_or("Orders").to_owned(),
            caption: caption(list, place),
            found: count(list, place.total()),
            is_empty: has_none && filter.is_empty() && errors.is_empty(),
            problems: problems(errors),
            views: ViewLink::all(list, own, counts, current, late_days),
            view_actions: ViewActions::new(list, current),
            notice: String::new(),
            notice_kind: "",
            action: None,
            search: SearchBox { url: search_url(list), value: String::new(), error: String::new() },
            exports: exports_of_list(list),
            filters: view.filter_form(list, errors, counts)?.to_string(),
            clear_url: (chips.len() > 1).then(|| list_url(&cleared(list))),
            chips,
            readings: Vec::new(),
            heads: Head::all(list),
            rows: view.order_lines.of(&Visitor::here()).fill(&lines),
            no_match,
            look_further: LookFurther::of(place),
            picked: Picked::new(list, place.total(), lines.len()),
            pager: Pager::new(place),
            jump: JumpField::default(),
            kept: list.parameters(),
            per_page_choices: PerPage::ALL.map(|choice| PerPageChoice::new(place, list, choice)).into(),
        };
        Ok(page.titled_as_error(!errors.is_empty()))
    }

    /// The page after somebody typed the number of one that is not there.
    #[must_use]
    pub fn without_page(mut self, typed: &str) -> Self {
        let pages = self.pager.pages.clone().unwrap_or_default();
        self.jump = JumpField {
            value: shown(typed),
            error: format!("There is no such page: enter a number from 1 to {pages}"),
        };
        self.problems.push(Problem { anchor: "page".to_owned(), message: self.jump.error.clone() });
        self.titled_as_error(true)
    }

    /// The page after somebody searched for something that is not there, or makes no sense.
    #[must_use]
    pub fn without_search(mut self, typed: &str, error: &str) -> Self {
        (self.search.value, self.search.error) = (shown(typed), error.to_owned());
        self.problems.insert(0, Problem { anchor: "q".to_owned(), message: error.to_owned() });
        self.is_empty = false;
        self.titled_as_error(true)
    }

    /// The page with what else the text can mean that its list was searched by.
    #[must_use]
    pub fn with_readings(mut self, list: &ListQuery, readings: &[Reading]) -> Self {
        self.readings = readings.iter().map(|reading| Link::to(list, reading)).collect();
        self
    }

    /// The page that says once what has just been done with its view.
    #[must_use]
    pub fn with_notice(mut self, notice: ViewNotice, own: &[SavedView], list: &ListQuery) -> Self {
        let name = SavedView::of(own, list).map(|view| &view.name);
        (self.notice, self.notice_kind) = (notice.sentence(name), notice.kind());
        self
    }

    /// The page that says once what came of an action on many orders.
    #[must_use]
    pub fn with_action(mut self, notice: ActionNotice) -> Self {
        self.action = Some(notice);
        self
    }

    /// The page after somebody asked for an action that cannot be begun; the field to put right, if it is one.
    #[must_use]
    pub fn without_action(mut self, field: &'static str, on: &str, error: &str) -> Self {
        if field == "on" {
            (self.picked.on, self.picked.error) = (shown(on), error.to_owned());
        }
        self.problems.insert(0, Problem { anchor: field.to_owned(), message: error.to_owned() });
        self.titled_as_error(true)
    }

    fn titled_as_error(mut self, is_error: bool) -> Self {
        if is_error && !self.title.starts_with("Error: ") {
            self.title.insert_str(0, "Error: ");
        }
        self
    }
}

/// Whatever may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
fn shown(typed: &str) -> String {
    if holds_card_number(typed) { String::new() } else { typed.to_owned() }
}

/// What the list is called: its view, or what its orders have to be.
fn heading(list: &ListQuery, current: Current<'_>) -> String {
    match current.name() {
        Some(name) => name.to_owned(),
        None if list.filter().is_empty() => "Orders".to_owned(),
        None => {
            let words = list.filter().words();
            if words.chars().count() > LONGEST_HEADING { "Filtered orders".to_owned() } else { words }
        }
    }
}

fn title(heading: &str, place: PlaceInList<'_>) -> String {
    let desk = if heading == "Orders" { "" } else { " · Orders" };
    match place.words().filter(|words| words != "1" && words != "1 of 1") {
        Some(words) => format!("{heading}, page {words}{desk}"),
        None => format!("{heading}{desk}"),
    }
}

/// Which orders the table has: `51 to 75 of 1,204, newest first`, `1 to 12 of 12 orders · Store HI-9B97EE4E`.
fn caption(list: &ListQuery, place: PlaceInList<'_>) -> String {
    let (range, sort) = (place.range(), list.sort().words());
    if list.filter().is_empty() {
        return format!("{range}, {sort}");
    }
    let noun = if range.ends_with(" of 1") || range == "1" { "order" } else { "orders" };
    let sorted = if list.sort() == Sort::default() { String::new() } else { format!(", {sort}") };
    format!("{range} {noun} · {}{sorted}", list.filter().words())
}

/// How many orders there are; that they are the newest first is said only where no chip says something else.
fn count(list: &ListQuery, total: Total) -> String {
    let counted = match total {
        Total::Exactly(total) => counted(total, "order"),
        Total::MoreThan(_) => format!("{} orders", total.words()),
    };
    if list.is_of_all_newest_first() { format!("{counted}, newest first") } else { counted }
}

/// Each sentence once, though two values may have the same fault.
fn problems(errors: &[ListError]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for error in errors {
        let anchor = anchor(&error.parameter).unwrap_or_default().to_owned();
        let message = error.to_string();
        if problems.iter().all(|known| known.message != message) {
            problems.push(Problem { anchor, message });
        }
    }
    problems
}

impl Link {
    /// Of a reading, in pages of the same size as a list.
    pub(super) fn to(list: &ListQuery, reading: &Reading) -> Self {
        match reading {
            Reading::Order(number) => {
                let list = ListQuery::default().showing(1, list.page().per_page);
                Self { url: order_url(*number, &list), label: format!("order {number}") }
            }
            Reading::List(list, total) => {
                let words = list.filter().words();
                // Looking may have ended before the first was found.
                let label = match total {
                    Total::MoreThan(0) => words,
                    total => format!("{words} ({})", total.words()),
                };
                Self { url: list_url(list), label }
            }
        }
    }
}

impl PerPageChoice {
    /// The link keeps the first order of this page in view.
    fn new(place: PlaceInList<'_>, list: &ListQuery, choice: PerPage) -> Self {
        Self {
            value: choice.get(),
            url: list_url(&place.in_pages_of(choice)),
            current: choice == list.page().per_page,
        }
    }
}

/// What a list is called, if it is a view as it stands.
pub fn list_name<'a>(list: &ListQuery, own: &'a [SavedView], late_days: u16) -> Option<&'a str> {
    Current::of(list, own, late_days).name()
}

/// Rows of some orders, for whoever only looks at them there.
pub(super) fn read_rows<'a>(
    view: &View,
    orders: impl IntoIterator<Item = &'a Order>,
    list: &ListQuery,
    (now, late_days): (LocalTime, u16),
) -> String {
    let (query, today) = (order_query(list), Today::new(now, late_days));
    let lines: Vec<OrderLine<'_>> =
        orders.into_iter().map(|order| OrderLine::new(order, &query, today)).collect();
    view.order_lines.read.fill(&lines)
}

/// A list that a filter makes, in pages of the same size as another.
pub fn list_of_filter(filter: OrderFilter, like: &ListQuery) -> ListQuery {
    cleared(like).filtered(filter)
}

#[cfg(test)]
pub(super) fn sample_orders() -> Vec<crate::order::Order> {
    use crate::order::{
        Brand, CardSummary, DateUuid, Dates, LastFour, Note, OrderNumber, ProductCode, QualityFlags,
        Quantity, StoreCode, Timestamp, UserId,
    };
    let at = |text| LocalTime::parse(text).unwrap();
    let order = |number, shipped, cancelled_at, flags, note| Order {
        number: OrderNumber::new(number).unwrap(),
        version: 1,
        date_uuid: DateUuid::parse("2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2").unwrap(),
        user_id: UserId::parse_recorded("NRQKZWJ9OZ").unwrap(),
        card: CardSummary { brand: Brand::Visa, last_four: LastFour::parse("1111").unwrap() },
        store: StoreCode::parse(StoreCode::WEB).unwrap(),
        product: ProductCode::parse("R7-3126933h").unwrap(),
        quantity: Quantity::new(1200).unwrap(),
        dates: Dates::recorded(at("2026-03-01 09:30:00"), shipped, None),
        note: Note::parse(note, false).unwrap(),
        cancelled_at,
        flags,
        unseen: flags,
    };
    vec![
        order(3, None, None, QualityFlags::NONE, "Call <first>"),
        order(
            2,
            Some(at("2026-03-02 10:00:00")),
            None,
            QualityFlags::CARD_CHECK_DIGIT | QualityFlags::USER_ID,
            "",
        ),
        order(1, None, Timestamp::parse("2026-03-02 10:00:00"), QualityFlags::NONE, ""),
    ]
}

#[cfg(test)]
impl ListPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{LookedTo, Now, Timestamp};
        let view = View::new().unwrap();
        let empty = || Page {
            items: vec![],
            number: 1,
            total: Total::Exactly(0),
            size: PerPage::default(),
            has_previous: false,
            has_next: false,
            looked_to: None,
            is_numbered: true,
        };
        let middle = || Page {
            items: sample_orders(),
            number: 3,
            total: Total::Exactly(999_999),
            size: PerPage::Fifty,
            has_previous: true,
            has_next: true,
            looked_to: None,
            is_numbered: true,
        };
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let looked_to =
            LookedTo { number: OrderNumber::new(9).unwrap(), ordered: now, part: 0, backwards: false };
        let looked = Page { looked_to: Some(looked_to), total: Total::MoreThan(3), ..middle() };
        let own = super::views::sample_views();
        let counts = ListCounts {
            views: [Some(Total::Exactly(34)); 5],
            statuses: [Some(Total::MoreThan(10_000)); 4],
            own: vec![(own[0].id, Total::Exactly(5))],
        };
        let page = |query: &str, page: &Page<Order>, without: &[Option<Total>]| {
            let typed = Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap());
            let (list, errors) = ListQuery::read(query, typed);
            let (list, errors, counts, own) = (&list, &errors, &counts, &own);
            let (late_days, ticked) = (3, &[OrderNumber::new(3).unwrap()]);
            let found = FoundList { list, page, errors, own, ticked, counts, without, now, late_days };
            Self::new(&view, &found).unwrap()
        };
        let readings = [
            Reading::Order(OrderNumber::new(1111).unwrap()),
            Reading::List(ListQuery::parse("last4=1111"), Total::Exactly(12)),
        ];
        vec![
            page("", &empty(), &[]),
            page("page=3&per_page=50", &middle(), &[]),
            page("page=3&per_page=50", &middle(), &[]).without_page("abc"),
            page(
                "status=to-ship&sort=ordered&store=HI-9B&store=DE",
                &empty(),
                &[Some(Total::Exactly(7)), None],
            ),
            page("store=%3F&ordered=soon&colour=red&sort=age", &middle(), &[]),
            page("last4=1111&sort=store&after=7&page=3", &looked, &[]),
            page("before=end", &empty(), &[]).without_search("no such thing", "Not understood"),
            page("", &empty(), &[])
                .without_search("4111 1111 1111 1111", "No order was paid with this card."),
            page("last4=1111", &middle(), &[]).with_readings(&ListQuery::default(), &readings),
            page("view=1", &middle(), &[]),
            page("status=to-ship", &middle(), &[]).with_action(ActionNotice::sample()),
            page("", &middle(), &[]).without_action("on", "soon", "Shipping date must be a day"),
            page("store=DE", &middle(), &[]),
            page("store=DE&view=2", &middle(), &[]).with_notice(
                ViewNotice::Saved,
                &super::views::sample_views(),
                &ListQuery::parse("view=2"),
            ),
        ]
    }
}
