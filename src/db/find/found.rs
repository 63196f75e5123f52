//! What was found of a list so far, on its way to a page.

use super::{Cursor, FindQuery};
use crate::order::{LookedTo, Order, Page, PageRequest, PerPage, Total};

/// What a page of a list is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is looked for backwards, from its last order.
    pub reverse: bool,
    /// How many orders of those that are found come before it.
    pub skip: usize,
    /// How many come before those, and are not looked for.
    pub before: usize,
    pub size: PerPage,
    /// What the page is called.
    pub number: u64,
    /// Whether it begins or ends at an order instead of having a number.
    pub is_anchored: bool,
}

/// Orders of a list that were found so far.
#[derive(Debug)]
pub struct Found {
    /// In the order in which they were looked for.
    pub orders: Vec<Order>,
    /// Where looking ended before there were enough.
    pub stopped: Option<Cursor>,
    /// How many the list has, where that was counted.
    pub total: Option<Total>,
    pub asked: Asked,
    /// Whether every page is found by its number.
    pub is_numbered: bool,
}

impl Asked {
    /// A page that begins or ends at an order.
    pub fn anchored(page: PageRequest, reverse: bool) -> Self {
        Self { reverse, skip: 0, before: 0, size: page.per_page, number: page.page, is_anchored: true }
    }

    /// A page by its number; the last that is near enough where it is not there, or where it is not found by its number.
    pub fn page(
        PageRequest { page, per_page }: PageRequest,
        query: &FindQuery,
        total: Option<Total>,
    ) -> Self {
        let near = near(query, per_page);
        let pages = total.and_then(|total| total.pages(per_page));
        let last = match pages {
            Some(pages) if query.is_numbered(total) => pages,
            pages => pages.map_or(near, |pages| pages.min(near)),
        };
        Self::numbered(page.clamp(1, last), per_page)
    }

    /// The page, or the last that is near enough to skip what comes before it.
    pub fn near(self, query: &FindQuery) -> Self {
        Self::numbered(self.number.min(near(query, self.size)), self.size)
    }

    fn numbered(number: u64, size: PerPage) -> Self {
        let skip = usize::try_from((number - 1).saturating_mul(size.get().into())).unwrap_or(usize::MAX);
        Self { reverse: false, skip, before: 0, size, number, is_anchored: false }
    }

    /// How many orders it takes to know the page, and whether there is another one behind it.
    pub fn wanted(&self) -> usize {
        self.skip + self.size.get() as usize + 1
    }
}

/// How many pages are found by skipping what comes before them.
fn near(query: &FindQuery, size: PerPage) -> u64 {
    (query.max_counted.unsigned_abs() / u64::from(size.get())).max(1)
}

impl Found {
    /// Nothing yet of an order's neighbour.
    pub fn of_neighbour(cursor: Cursor, reverse: bool) -> Self {
        let asked =
            Asked { reverse, skip: 0, before: 0, size: PerPage::default(), number: 1, is_anchored: true };
        Self { orders: Vec::new(), stopped: Some(cursor), total: None, asked, is_numbered: false }
    }

    /// How many are still to be found.
    pub fn missing(&self) -> usize {
        self.asked.wanted().saturating_sub(self.orders.len())
    }

    pub fn into_page(self) -> Page<Order> {
        let Self { mut orders, stopped, total, asked, is_numbered } = self;
        let size = asked.size.get() as usize;
        let is_whole = stopped.is_none() && !asked.is_anchored;
        let is_numbered = is_numbered || total.is_none() && is_whole && orders.len() < asked.wanted();
        let total = total.unwrap_or(match orders.len() as u64 {
            all if is_whole && orders.len() < asked.wanted() => Total::Exactly(all),
            // One more was looked for, to know that there is one.
            seen => Total::MoreThan(seen.saturating_sub(u64::from(orders.len() == asked.wanted()))),
        });
        let (mut number, mut skip) = (asked.number, asked.skip);
        let is_reached = asked.is_anchored || orders.len() > skip;
        if !is_reached {
            // The page is not there, or looking ended before it: the last one that was seen is.
            let pages = (asked.before + orders.len()).div_ceil(size).max(1);
            (number, skip) = (pages as u64, ((pages - 1) * size).saturating_sub(asked.before));
        }
        orders.drain(..skip.min(orders.len()));
        let has_more = orders.len() > size || stopped.is_some();
        let looked_to = stopped.filter(|_| orders.len() <= size).map(|Cursor { order, segment }| LookedTo {
            number: order.number,
            ordered: order.dates.ordered(),
            part: u8::try_from(segment).unwrap_or(u8::MAX),
            backwards: asked.reverse,
        });
        orders.truncate(size);
        if asked.reverse {
            orders.reverse();
        }
        let is_behind = number > 1 || asked.is_anchored;
        let (has_previous, has_next) = if asked.reverse { (has_more, true) } else { (is_behind, has_more) };
        Page {
            items: orders,
            number,
            total,
            size: asked.size,
            has_previous,
            has_next,
            looked_to,
            // Where looking ended first, the start of what is shown may be missing: its neighbours are found from its orders.
            is_numbered: is_numbered && (is_reached || is_whole),
        }
    }
}
