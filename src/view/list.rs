//! The list of orders.

use arrayvec::ArrayString;
use serde::Serialize;

use super::rows::TemplateRow;
use super::text::{digits, list_url, order_url};
use super::{PageContext, View};
use crate::order::{LocalTime, Order, Page, PerPage, Status, grouped, holds_card_number};

/// What `list.html` shows.
#[derive(Serialize)]
pub struct ListPage {
    nav: &'static str,
    title: String,
    total: String,
    is_empty: bool,
    from: String,
    to: String,
    page: u64,
    page_label: String,
    pages_label: String,
    has_pager: bool,
    jump_value: String,
    jump_error: String,
    first_url: Option<String>,
    previous_url: Option<String>,
    next_url: Option<String>,
    last_url: Option<String>,
    per_page: u32,
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
    url: ArrayString<48>,
    ordered: ArrayString<19>,
    status: Status,
    store: &'a str,
    product: &'a str,
    quantity: String,
    card: ArrayString<40>,
    note: &'static str,
    shipped: ArrayString<19>,
    user_id: &'a str,
    date_uuid: &'a str,
}

impl TemplateRow for OrderLine<'_> {
    const NAMES: &'static [&'static str] = &[
        "number",
        "url",
        "ordered",
        "status",
        "status_label",
        "store",
        "product",
        "quantity",
        "card",
        "note",
        "shipped",
        "user_id",
        "date_uuid",
    ];

    fn values(&self) -> impl AsRef<[&str]> {
        [
            &*self.number,
            &self.url,
            &self.ordered,
            self.status.name(),
            self.status.label(),
            self.store,
            self.product,
            &self.quantity,
            &self.card,
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
    /// A page of the list as it stands at a moment of the business's local time.
    pub fn new(view: &View, page: &Page<Order>, now: LocalTime) -> Self {
        let lines: Vec<OrderLine<'_>> =
            page.items.iter().map(|order| OrderLine::new(order, page.size, now)).collect();
        let Page { ref items, number: page, pages, total, size: per_page } = *page;
        let before = (page - 1) * u64::from(per_page.get());
        let link = |to: u64| Some(list_url(to, per_page));
        let (label, last_label) = (grouped(page), grouped(pages));
        Self {
            nav: "orders",
            title: if pages == 1 {
                "Orders".to_owned()
            } else {
                format!("Orders, page {label} of {last_label}")
            },
            total: grouped(total),
            is_empty: total == 0,
            from: grouped(before + 1),
            to: grouped(before + items.len() as u64),
            page,
            page_label: label,
            pages_label: last_label,
            has_pager: pages > 1,
            jump_value: String::new(),
            jump_error: String::new(),
            first_url: link(1).filter(|_| page > 1),
            previous_url: link(page - 1).filter(|_| page > 1),
            next_url: link(page + 1).filter(|_| page < pages),
            last_url: link(pages).filter(|_| page < pages),
            per_page: per_page.get(),
            per_page_choices: PerPage::ALL.map(|choice| PerPageChoice::new(choice, per_page, before)).into(),
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
    fn new(choice: PerPage, current: PerPage, before: u64) -> Self {
        Self {
            value: choice.get(),
            url: list_url(before / u64::from(choice.get()) + 1, choice),
            current: choice == current,
        }
    }
}

impl<'a> OrderLine<'a> {
    fn new(order: &'a Order, per_page: PerPage, now: LocalTime) -> Self {
        Self {
            number: digits(order.number.get()),
            url: order_url(order.number, per_page),
            ordered: order.dates.ordered().minutes(),
            status: order.status(now),
            store: order.store.as_str(),
            product: order.product.as_str(),
            quantity: grouped(u64::from(order.quantity.get().unsigned_abs())),
            card: order.card.text(),
            note: if order.flags.warns_of_card() { "check" } else { "" },
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
        let view = View::new().unwrap();
        let empty = Page { items: vec![], number: 1, pages: 1, total: 0, size: PerPage::default() };
        let middle = Page {
            items: super::order::sample_orders(),
            number: 3,
            pages: 40_000,
            total: 999_999,
            size: PerPage::Fifty,
        };
        let now = LocalTime::parse("2026-03-03 14:05:00").unwrap();
        let [empty, middle] = [empty, middle].map(|page| Self::new(&view, &page, now));
        let page = Self::new(
            &view,
            &Page { items: vec![], number: 3, pages: 4, total: 99, size: PerPage::default() },
            now,
        );
        vec![empty, middle, page.without_page("abc")]
    }
}
