//! The list of orders.

use arrayvec::ArrayString;
use serde::Serialize;

use super::nav::Nav;
use super::rows::TemplateRow;
use super::text::{digits, list_url, order_query};
use super::{PageContext, View};
use crate::order::{ListQuery, LocalTime, Order, Page, PerPage, Status, grouped, holds_card_number};

/// What `list.html` shows.
#[derive(Serialize)]
pub struct ListPage {
    nav: Nav,
    title: String,
    total: String,
    is_empty: bool,
    from: String,
    to: String,
    page_label: String,
    pages_label: String,
    has_pager: bool,
    jump_value: String,
    jump_error: String,
    first_url: Option<String>,
    previous_url: Option<String>,
    next_url: Option<String>,
    last_url: Option<String>,
    /// What the field to jump to a page sends beside its number.
    kept: Vec<(&'static str, String)>,
    per_page_choices: Vec<PerPageChoice>,
    rows: String,
}

#[derive(Serialize)]
struct PerPageChoice {
    value: u32,
    url: String,
    current: bool,
}

/// What `list_row.html` shows of an order.
pub(super) struct OrderLine<'a> {
    number: ArrayString<20>,
    query: &'a str,
    ordered: ArrayString<19>,
    status: Status,
    store: &'a str,
    product: &'a str,
    quantity: String,
    brand: &'static str,
    last_four: &'a str,
    note: &'static str,
    shipped: ArrayString<19>,
    user_id: &'a str,
    date_uuid: &'a str,
}

impl TemplateRow for OrderLine<'_> {
    const NAMES: &'static [&'static str] = &[
        "number",
        "query",
        "ordered",
        "status",
        "status_label",
        "store",
        "product",
        "quantity",
        "brand",
        "last_four",
        "note",
        "shipped",
        "user_id",
        "date_uuid",
    ];

    fn values(&self) -> impl AsRef<[&str]> {
        [
            &*self.number,
            self.query,
            &self.ordered,
            self.status.name(),
            self.status.label(),
            self.store,
            self.product,
            &self.quantity,
            self.brand,
            self.last_four,
            self.note,
            &self.shipped,
            self.user_id,
            self.date_uuid,
        ]
    }
}

impl PageContext for ListPage {
    const TEMPLATE: &'static str = "list.html";
}

impl ListPage {
    /// The page of a list that was found, as it stands at a moment of the business's local time.
    pub fn new(view: &View, list: &ListQuery, page: &Page<Order>, now: LocalTime) -> Self {
        let query = order_query(list);
        let lines: Vec<OrderLine<'_>> =
            page.items.iter().map(|order| OrderLine::new(order, &query, now)).collect();
        let (before, pages, total) = (page.before(), page.pages().unwrap_or(1), page.total);
        let Page { ref items, number: page, .. } = *page;
        let link = |to: u64| Some(list_url(&list.on_page(to)));
        let (label, last_label) = (grouped(page), grouped(pages));
        Self {
            nav: Nav::orders(list),
            title: if pages == 1 {
                "Orders".to_owned()
            } else {
                format!("Orders, page {label} of {last_label}")
            },
            total: total.words(),
            is_empty: total.is_zero(),
            from: grouped(before + 1),
            to: grouped(before + items.len() as u64),
            page_label: label,
            pages_label: last_label,
            has_pager: pages > 1,
            jump_value: String::new(),
            jump_error: String::new(),
            first_url: link(1).filter(|_| page > 1),
            previous_url: link(page - 1).filter(|_| page > 1),
            next_url: link(page + 1).filter(|_| page < pages),
            last_url: link(pages).filter(|_| page < pages),
            kept: list.parameters(),
            per_page_choices: PerPage::ALL.map(|choice| PerPageChoice::new(list, choice, before + 1)).into(),
            rows: view.order_lines.fill(&lines),
        }
    }
}

impl ListPage {
    /// The page after somebody typed the number of one that is not there.
    #[must_use]
    pub fn without_page(self, typed: &str) -> Self {
        // Whatever may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
        let jump_value = if holds_card_number(typed) { String::new() } else { typed.to_owned() };
        let jump_error = format!("There is no such page: enter a number from 1 to {}", self.pages_label);
        Self { title: format!("Error: {}", self.title), jump_value, jump_error, ..self }
    }
}

impl PerPageChoice {
    /// The link keeps the first order of this page in view.
    fn new(list: &ListQuery, choice: PerPage, first: u64) -> Self {
        Self {
            value: choice.get(),
            url: list_url(&list.showing(first, choice)),
            current: choice == list.page().per_page,
        }
    }
}

impl<'a> OrderLine<'a> {
    fn new(order: &'a Order, query: &'a str, now: LocalTime) -> Self {
        Self {
            number: digits(order.number.get()),
            query,
            ordered: order.dates.ordered().minutes(),
            status: order.status(now),
            store: order.store.as_str(),
            product: order.product.as_str(),
            quantity: grouped(u64::from(order.quantity.get().unsigned_abs())),
            brand: order.card.brand.label(),
            last_four: order.card.last_four.as_str(),
            note: if order.unseen.is_empty() { "" } else { "check" },
            shipped: order.dates.shipped().map_or_else(dash, LocalTime::minutes),
            user_id: order.user_id.shown(),
            date_uuid: order.date_uuid.as_str(),
        }
    }
}

fn dash() -> ArrayString<19> {
    ArrayString::from("–").unwrap_or_default()
}

#[cfg(test)]
impl ListPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::Total;
        let view = View::new().unwrap();
        let empty = Page {
            items: vec![],
            number: 1,
            total: Total::Exactly(0),
            size: PerPage::default(),
            has_previous: false,
            has_next: false,
            looked_to: None,
        };
        let middle = Page {
            items: super::order::sample_orders(),
            number: 3,
            total: Total::Exactly(999_999),
            size: PerPage::Fifty,
            has_previous: true,
            has_next: true,
            looked_to: None,
        };
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let list = ListQuery::parse("page=3&per_page=50");
        vec![
            Self::new(&view, &ListQuery::default(), &empty, now),
            Self::new(&view, &list, &middle, now),
            Self::new(&view, &list, &middle, now).without_page("abc"),
        ]
    }
}
