//! The links to a list's other pages.

use serde::Serialize;

use crate::order::{Anchor, ListQuery, Order, Page, PerPage, Sort, Total, grouped, holds_card_number};
use crate::view::text::list_url;

/// Pages that begin within so many rows are known by their number; those further on by the order that they follow, so
/// that none is far from the first.
const NUMBERED_ROWS: u64 = 1000;

/// The links to a list's other pages.
#[derive(Serialize)]
pub(super) struct Pager {
    /// Whether there are other pages.
    pub is_shown: bool,
    /// `Page 3 of 40`; nothing where nobody knows which one it is.
    pub place: String,
    /// `51 to 75 of 1,000`; nothing where nobody knows that.
    pub range: String,
    first_url: Option<String>,
    previous_url: Option<String>,
    next_url: Option<String>,
    last_url: Option<String>,
    /// How many pages there are, where one can be asked for by its number.
    pub pages: Option<String>,
}

/// Where to look on, in a list that took too long to look through.
#[derive(Serialize)]
pub(super) struct LookFurther {
    /// `12 found back to 3 March 2019`.
    found: String,
    url: String,
}

/// A list at one of its pages.
#[derive(Clone, Copy)]
pub(super) struct PlaceInList<'a> {
    list: &'a ListQuery,
    page: &'a Page<Order>,
}

impl<'a> PlaceInList<'a> {
    pub fn new(list: &'a ListQuery, page: &'a Page<Order>) -> Self {
        Self { list, page }
    }

    /// The page's number; none where it was found from an order or from the end, without counting.
    pub fn number(self) -> Option<u64> {
        let Page { number, has_previous, .. } = *self.page;
        let is_counted = match self.list.anchor() {
            None => true,
            Some(Anchor::End) => self.page.is_numbered,
            Some(_) => !(number == 1 && has_previous),
        };
        // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
        (is_counted && !holds_card_number(&number.to_string())).then_some(number)
    }

    /// The first and the last row of the page, counted from 1.
    pub fn rows(self) -> Option<(u64, u64)> {
        let items = self.page.items.len() as u64;
        let before = self.number().map(|_| self.page.before()).filter(|_| items > 0)?;
        Some((before + 1, before.saturating_add(items)))
    }

    /// How many orders there are; at least as many as this page shows that there are.
    pub fn total(self) -> Total {
        match self.page.total {
            Total::MoreThan(counted) => {
                Total::MoreThan(self.rows().map_or(counted, |(_, last)| last.max(counted)))
            }
            exactly @ Total::Exactly(_) => exactly,
        }
    }

    /// In words: `51 to 75 of 1,000`; how many there are, where nobody knows which these are.
    pub fn range(self) -> String {
        let total = self.total().words();
        match self.rows() {
            Some((from, to)) => format!("{} to {} of {total}", grouped(from), grouped(to)),
            None => total,
        }
    }

    /// The page's number and, if that is known, how many there are.
    pub fn words(self) -> Option<String> {
        let number = self.number()?;
        Some(match self.page.pages() {
            Some(pages) => format!("{} of {}", grouped(number), grouped(pages.max(number))),
            None => grouped(number),
        })
    }

    fn size(self) -> u64 {
        self.page.size.get().into()
    }

    fn is_numbered(self) -> bool {
        self.list.anchor().is_none()
    }

    /// What the page after this is called.
    fn next_number(self) -> u64 {
        self.number().map_or(1, |number| number.saturating_add(1))
    }

    fn next(self) -> Option<ListQuery> {
        let Page { number, ref items, .. } = *self.page;
        if let Some(looked_to) = self.page.looked_to.filter(|looked_to| !looked_to.backwards) {
            return Some(self.list.at(looked_to.anchor(), self.next_number()));
        }
        if self.is_numbered() && number.saturating_mul(self.size()) < NUMBERED_ROWS {
            return Some(self.list.on_page(number + 1));
        }
        let last = items.last()?.number;
        Some(self.list.at(Anchor::After(last), self.next_number()))
    }

    fn previous(self) -> ListQuery {
        let Page { number, ref items, .. } = *self.page;
        let before = number.saturating_sub(1).max(1);
        if let Some(looked_to) = self.page.looked_to.filter(|looked_to| looked_to.backwards) {
            return self.list.at(looked_to.anchor(), before);
        }
        let is_near = (before - 1).saturating_mul(self.size()) < NUMBERED_ROWS;
        match items.first() {
            Some(first) if !(self.is_numbered() && is_near) => {
                self.list.at(Anchor::Before(first.number), before)
            }
            Some(_) => self.list.on_page(before),
            None => self.list.on_page(1),
        }
    }

    fn last(self) -> ListQuery {
        match self.page.numbered_pages() {
            Some(pages) => self.list.on_page(pages),
            None => self.list.at(Anchor::End, self.page.pages().unwrap_or(1)),
        }
    }

    /// The same orders in pages of another size: of those that this page shows, as many as it holds.
    pub fn in_pages_of(self, per_page: PerPage) -> ListQuery {
        let first = self.rows().map_or(1, |(first, _)| first);
        let list = self.list.showing(first, per_page);
        match self.list.anchor() {
            Some(anchor) => list.at(anchor, list.page().page),
            None => list,
        }
    }
}

impl Pager {
    pub fn new(place: PlaceInList<'_>) -> Self {
        let PlaceInList { list, page } = place;
        let has_previous = page.has_previous;
        let has_next = page.has_next && list.anchor() != Some(Anchor::End);
        let url = |list: ListQuery| list_url(&list);
        let label = match (place.words(), list.anchor()) {
            (Some(words), _) => format!("Page {words}"),
            (None, Some(Anchor::End)) => "Last page".to_owned(),
            (None, _) => String::new(),
        };
        let pages = page.numbered_pages().filter(|pages| *pages > 1);
        Self {
            is_shown: pages.is_some() || has_previous || has_next,
            place: label,
            range: place.range(),
            first_url: has_previous.then(|| url(list.on_page(1))),
            previous_url: has_previous.then(|| url(place.previous())),
            next_url: place.next().filter(|_| has_next).map(url),
            last_url: has_next.then(|| url(place.last())),
            pages: pages.map(grouped),
        }
    }
}

impl LookFurther {
    /// Where looking ended before the page was full.
    pub fn of(place: PlaceInList<'_>) -> Option<Self> {
        let looked_to = place.page.looked_to?;
        let more = if place.list.anchor().is_some() { " more" } else { "" };
        let found = match place.page.items.len() as u64 {
            0 => "None found".to_owned(),
            found => format!("{}{more} found", grouped(found)),
        };
        // In another order, or from the end, the last that was looked at says little.
        let how_far = if place.list.sort() == Sort::default() && !looked_to.backwards {
            format!("back to {}", looked_to.ordered.day())
        } else {
            "so far".to_owned()
        };
        let further = if looked_to.backwards { place.previous() } else { place.next()? };
        Some(Self { found: format!("{found} {how_far}"), url: list_url(&further) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{LocalTime, LookedTo, OrderNumber};

    /// A page of so many orders, whose numbers count down to 1 at the end of the list.
    fn page(number: u64, size: PerPage, total: Total) -> Page<Order> {
        let (order, _) = Order::sample();
        let numbered = |number: i64| Order { number: OrderNumber::new(number).unwrap(), ..order.clone() };
        let items = [numbered(70), numbered(60), numbered(50)].into();
        let is_numbered = matches!(total, Total::Exactly(_));
        Page {
            items,
            number,
            total,
            size,
            has_previous: number > 1,
            has_next: true,
            looked_to: None,
            is_numbered,
        }
    }

    fn urls(query: &str, page: &Page<Order>) -> [Option<String>; 4] {
        let list = ListQuery::parse(query);
        let pager = Pager::new(PlaceInList::new(&list, page));
        [pager.first_url, pager.previous_url, pager.next_url, pager.last_url]
    }

    fn some(urls: [&str; 4]) -> [Option<String>; 4] {
        urls.map(|url| (!url.is_empty()).then(|| url.to_owned()))
    }

    #[test]
    fn pages_far_on_are_known_by_the_order_that_they_follow() {
        let size = PerPage::TwentyFive;
        let many = Total::Exactly(20_009);
        assert_eq!(urls("page=2", &page(2, size, many)), some(["/", "/", "/?page=3", "/?page=801"]));
        // The fortieth page is the last that begins within a thousand rows.
        assert_eq!(
            urls("page=39", &page(39, size, many)),
            some(["/", "/?page=38", "/?page=40", "/?page=801"])
        );
        assert_eq!(
            urls("page=40", &page(40, size, many)),
            some(["/", "/?page=39", "/?page=41&after=50", "/?page=801"])
        );
        assert_eq!(
            urls("page=41", &page(41, size, many)),
            some(["/", "/?page=40", "/?page=42&after=50", "/?page=801"])
        );
        assert_eq!(
            urls("page=42", &page(42, size, many)),
            some(["/", "/?page=41&before=70", "/?page=43&after=50", "/?page=801"])
        );
        assert_eq!(
            urls("page=41&after=99", &page(41, size, many)),
            some(["/", "/?page=40&before=70", "/?page=42&after=50", "/?page=801"])
        );
    }

    #[test]
    fn the_last_page_of_a_long_list_is_found_from_its_end() {
        let size = PerPage::Hundred;
        let last = |total, is_numbered| {
            let page = Page { is_numbered, ..page(1, size, total) };
            urls("status=shipped&per_page=100", &page)[3].clone().unwrap()
        };
        assert_eq!(last(Total::Exactly(10_001), true), "/?status=shipped&page=101&per_page=100");
        assert_eq!(last(Total::Exactly(10_001), false), "/?status=shipped&page=101&per_page=100&before=end");
        assert_eq!(last(Total::MoreThan(10_000), false), "/?status=shipped&per_page=100&before=end");
    }

    #[test]
    fn a_page_that_nobody_counted_has_no_number() {
        let words = |query: &str, page: &Page<Order>| {
            let list = ListQuery::parse(query);
            let pager = Pager::new(PlaceInList::new(&list, page));
            (pager.place, pager.range)
        };
        let own = |place: &str, range: &str| (place.to_owned(), range.to_owned());
        let (size, more) = (PerPage::TwentyFive, Total::MoreThan(10_000));
        assert_eq!(words("", &page(1, size, more)), own("Page 1", "1 to 3 of 10,000+"));
        assert_eq!(words("page=3", &page(3, size, Total::Exactly(80))), own("Page 3 of 4", "51 to 53 of 80"));
        let uncounted = || Page { has_previous: true, ..page(1, size, more) };
        assert_eq!(words("before=end", &uncounted()), own("Last page", "10,000+"));
        assert_eq!(words("before=99", &uncounted()), own("", "10,000+"));
        // From there on nobody counts either.
        assert_eq!(
            urls("status=shipped&before=99", &uncounted()),
            some([
                "/?status=shipped",
                "/?status=shipped&before=70",
                "/?status=shipped&after=50",
                "/?status=shipped&before=end"
            ])
        );
    }

    #[test]
    fn looking_goes_on_behind_the_last_order_that_was_looked_at() {
        let looked_to = LookedTo {
            number: OrderNumber::new(9).unwrap(),
            ordered: LocalTime::parse("2019-03-03 10:00:00").unwrap(),
            part: 2,
            backwards: false,
        };
        let page = Page { looked_to: Some(looked_to), ..page(1, PerPage::TwentyFive, Total::MoreThan(3)) };
        let further = |query: &str, page: &Page<Order>| {
            let list = ListQuery::parse(query);
            let LookFurther { found, url } = LookFurther::of(PlaceInList::new(&list, page)).unwrap();
            (found, url)
        };
        let own = |found: &str, url: &str| (found.to_owned(), url.to_owned());
        assert_eq!(
            further("last4=1111", &page),
            own("3 found back to 3 March 2019", "/?last4=1111&page=2&after=9&part=2")
        );
        assert_eq!(
            further("last4=1111&sort=store", &page),
            own("3 found so far", "/?last4=1111&sort=store&page=2&after=9&part=2")
        );
        let from_end = LookedTo { backwards: true, ..looked_to };
        let backwards = Page {
            looked_to: Some(from_end),
            has_previous: true,
            ..self::page(1, PerPage::TwentyFive, Total::MoreThan(3))
        };
        assert_eq!(
            further("last4=1111&before=end", &backwards),
            own("3 more found so far", "/?last4=1111&before=9&part=2")
        );
        let none = Page { items: vec![], ..page };
        assert_eq!(further("last4=1111", &none).0, "None found back to 3 March 2019");
        assert_eq!(urls("last4=1111", &none)[2].as_deref(), Some("/?last4=1111&page=2&after=9&part=2"));
    }

    #[test]
    fn another_size_keeps_what_the_page_shows() {
        let resized = |query: &str, number| {
            let (list, page) =
                (ListQuery::parse(query), page(number, PerPage::TwentyFive, Total::Exactly(2000)));
            list_url(&PlaceInList::new(&list, &page).in_pages_of(PerPage::Fifty))
        };
        assert_eq!(resized("page=4", 4), "/?page=2&per_page=50");
        assert_eq!(resized("page=45&after=99", 45), "/?page=23&per_page=50&after=99");
        assert_eq!(resized("status=shipped&before=end", 1), "/?status=shipped&per_page=50&before=end");
    }
}
