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
}

impl Asked {
    /// A page that begins or ends at an order.
    pub fn anchored(page: PageRequest, reverse: bool) -> Self {
        Self { reverse, skip: 0, size: page.per_page, number: page.page, is_anchored: true }
    }

    /// A page by its number; the last that is near enough where it is not there.
    pub fn page(
        PageRequest { page, per_page }: PageRequest,
        query: &FindQuery,
        total: Option<Total>,
    ) -> Self {
        let size = u64::from(per_page.get());
        let near = (query.max_counted.unsigned_abs() / size).max(1);
        let last = total.and_then(|total| total.pages(per_page)).map_or(near, |pages| pages.min(near));
        let number = page.clamp(1, last);
        let skip = usize::try_from((number - 1) * size).unwrap_or(usize::MAX);
        Self { reverse: false, skip, size: per_page, number, is_anchored: false }
    }

    /// How many orders it takes to know the page, and whether there is another one behind it.
    pub fn wanted(&self) -> usize {
        self.skip + self.size.get() as usize + 1
    }
}

impl Found {
    /// Nothing yet of an order's neighbour.
    pub fn of_neighbour(cursor: Cursor, reverse: bool) -> Self {
        let asked = Asked { reverse, skip: 0, size: PerPage::default(), number: 1, is_anchored: true };
        Self { orders: Vec::new(), stopped: Some(cursor), total: None, asked }
    }

    /// How many are still to be found.
    pub fn missing(&self) -> usize {
        self.asked.wanted().saturating_sub(self.orders.len())
    }

    pub fn into_page(self) -> Page<Order> {
        let Self { mut orders, stopped, total, asked } = self;
        let size = asked.size.get() as usize;
        let is_whole = stopped.is_none() && !asked.is_anchored;
        let total = total.unwrap_or(match orders.len() as u64 {
            all if is_whole && orders.len() < asked.wanted() => Total::Exactly(all),
            // One more was looked for, to know that there is one.
            seen => Total::MoreThan(seen.saturating_sub(u64::from(orders.len() == asked.wanted()))),
        });
        let (mut number, mut skip) = (asked.number, asked.skip);
        if is_whole && orders.len() <= skip {
            // The page is not there: the last one is.
            let pages = orders.len().div_ceil(size).max(1);
            (number, skip) = (pages as u64, (pages - 1) * size);
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
        Page { items: orders, number, total, size: asked.size, has_previous, has_next, looked_to }
    }
}
