//! What to do with many orders, and what will come of it before it is done.

use std::collections::BTreeMap;

use serde::Serialize;

use super::exports::exports_of_job;
use super::link::Link;
use super::list::read_rows;
use super::nav::Nav;
use super::text::{job_url, list_url, order_url};
use super::{PageContext, View};
use crate::db::{Job, ShownOrder};
use crate::order::{
    BulkAction, Field, LeftOut, LocalTime, Note, NoteError, OrderNumber, counted, grouped, holds_card_number,
};

/// Orders that will be left out, of those that are named before an action runs.
const MAX_NAMED: usize = 100;

/// What was typed to choose an action.
#[derive(Debug, Clone, Default)]
pub struct BulkForm {
    /// The action's word.
    pub what: String,
    /// The date.
    pub on: String,
    /// Which date it is, where one is corrected.
    pub field: String,
    /// Why orders are cancelled.
    pub reason: String,
    /// Whether somebody says that no card number is in it.
    pub is_no_card: bool,
}

/// What `bulk_choose.html` shows.
#[derive(Serialize)]
pub struct ChoosePage {
    nav: Nav,
    title: String,
    heading: String,
    which: String,
    rows: String,
    /// The orders as files.
    exports: Vec<Link>,
    /// How many there are beside those.
    more: Option<String>,
    choices: Vec<Choice>,
    problem: Option<Problem>,
    choose_url: String,
    stop_url: String,
    list_url: String,
}

/// An action that can be chosen.
#[derive(Serialize)]
struct Choice {
    what: &'static str,
    label: &'static str,
    /// The label of its date, which goes on where it cannot be seen; nothing, where it takes none.
    date_label: (&'static str, &'static str),
    /// The label of its reason; nothing, where it takes none.
    reason_label: &'static str,
    /// The date or the reason.
    value: String,
    error: String,
    /// Whether it asks if a long number is a card's.
    asks_no_card: bool,
    /// The dates that it can correct.
    fields: Vec<DateField>,
}

#[derive(Serialize)]
struct DateField {
    name: &'static str,
    label: &'static str,
    is_chosen: bool,
}

#[derive(Serialize)]
struct Problem {
    anchor: String,
    message: String,
}

impl PageContext for ChoosePage {
    const TEMPLATE: &'static str = "bulk_choose.html";
}

/// The first orders of a job, with what their rows need to know.
pub struct FirstShown<'a> {
    pub orders: &'a [ShownOrder],
    pub now: LocalTime,
    pub late_days: u16,
}

impl ChoosePage {
    /// With the first of the orders, and what is wrong with what was typed.
    pub fn new(
        view: &View,
        job: &Job,
        first: &FirstShown<'_>,
        typed: &BulkForm,
        error: Option<&str>,
    ) -> Self {
        let heading = format!("What to do with {}?", counted(job.orders, "order"));
        let filter = job.list.filter();
        let orders = first.orders.iter().map(|shown| &shown.order);
        let title = if error.is_some() { format!("Error: {heading}") } else { heading.clone() };
        let more = job.orders.saturating_sub(first.orders.len() as u64);
        Self {
            nav: Nav::orders(&job.list),
            title,
            heading,
            which: if filter.is_empty() { String::new() } else { filter.words() },
            rows: read_rows(view, orders, &job.list, (first.now, first.late_days)),
            exports: exports_of_job(job.id),
            more: (more > 0).then(|| grouped(more)),
            choices: choices(typed, error),
            problem: error
                .map(|error| Problem { anchor: format!("{}-on", typed.what), message: error.to_owned() }),
            choose_url: job_url(job.id, ""),
            stop_url: job_url(job.id, "/stop"),
            list_url: list_url(&job.list),
        }
    }
}

fn choices(typed: &BulkForm, error: Option<&str>) -> Vec<Choice> {
    let date = |field: Field| DateField {
        name: field.name(),
        label: field.label(),
        is_chosen: field.name() == typed.field || typed.field.is_empty() && field == Field::ShippingDate,
    };
    let choice = |what: &'static str, label, date_label| {
        let is_typed = what == typed.what && !holds_card_number(&typed.on);
        Choice {
            what,
            label,
            date_label,
            reason_label: "",
            asks_no_card: false,
            value: if is_typed { typed.on.clone() } else { "today".to_owned() },
            error: error.filter(|_| what == typed.what).unwrap_or_default().to_owned(),
            fields: Vec::new(),
        }
    };
    let dates = [Field::ShippingDate, Field::DeliveryDate, Field::OrderDate].map(date);
    vec![
        choice("ship", "Mark as shipped", ("Shipped on", "")),
        choice("deliver", "Mark as delivered", ("Delivered on", "")),
        Choice { fields: dates.into(), ..choice("correct", "Correct a date", ("to", " the new date")) },
        Choice {
            reason_label: "Reason, if you like",
            value: shown_reason(typed),
            asks_no_card: is_long_number(typed),
            ..choice("cancel", "Cancel", ("", ""))
        },
        choice("reopen", "Reopen", ("", "")),
    ]
}

/// Whatever may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
fn shown_reason(typed: &BulkForm) -> String {
    if Note::parse(&typed.reason, true) == Err(NoteError::CardNumber) {
        String::new()
    } else {
        typed.reason.clone()
    }
}

fn is_long_number(typed: &BulkForm) -> bool {
    Note::parse(&typed.reason, false) == Err(NoteError::LongNumber)
}

/// What an action will make of its orders.
#[derive(Debug, Default)]
pub struct Preview {
    changed: u64,
    left_out: u64,
    /// How many for each reason.
    reasons: BTreeMap<String, u64>,
    named: Vec<(OrderNumber, String)>,
}

impl Preview {
    /// Takes an order into account, and why it will be left out if it will.
    pub fn count(&mut self, number: OrderNumber, left_out: Option<LeftOut>) {
        let Some(left_out) = left_out else {
            self.changed += 1;
            return;
        };
        self.left_out += 1;
        let reason = left_out.to_string();
        if self.named.len() < MAX_NAMED {
            self.named.push((number, reason.clone()));
        }
        // Without the day that it names, which may be another one for each order.
        let kind = reason.split_once(" on ").map_or(&*reason, |(kind, _)| kind).trim_end_matches(',');
        *self.reasons.entry(kind.to_owned()).or_default() += 1;
    }
}

/// What `bulk_preview.html` shows.
#[derive(Serialize)]
pub struct PreviewPage {
    nav: Nav,
    title: String,
    heading: String,
    which: String,
    /// How many orders it will change, in words.
    will_change: String,
    can_run: bool,
    button: String,
    is_danger: bool,
    /// How many it will leave out, in words; nothing, where it leaves none out.
    will_leave_out: String,
    reasons: Vec<String>,
    named: Vec<NamedOrder>,
    /// How many will be left out beside those that are named.
    more: Option<String>,
    shown: String,
    run_url: String,
    choose_url: String,
    stop_url: String,
    list_url: String,
}

#[derive(Serialize)]
struct NamedOrder {
    number: i64,
    url: String,
    reason: String,
}

impl PageContext for PreviewPage {
    const TEMPLATE: &'static str = "bulk_preview.html";
}

impl PreviewPage {
    /// `shown` tells the action from every other, when it is sent back.
    pub fn new(job: &Job, action: &BulkAction, preview: &Preview, shown: &str) -> Self {
        let heading = format!("{}?", action.words());
        let filter = job.list.filter();
        let named = preview.named.iter().map(|(number, reason)| NamedOrder {
            number: number.get(),
            url: order_url(*number, &job.list),
            reason: reason.clone(),
        });
        let more = preview.left_out.saturating_sub(preview.named.len() as u64);
        let reasons = preview.reasons.iter().map(|(reason, count)| format!("{} {reason}", grouped(*count)));
        Self {
            nav: Nav::orders(&job.list),
            title: heading.clone(),
            which: if filter.is_empty() { String::new() } else { filter.words() },
            will_change: will_be(preview.changed, &action.done_words()),
            can_run: preview.changed > 0,
            button: format!("{} ({})", action.words(), counted(preview.changed, "order")),
            is_danger: matches!(action, BulkAction::Cancel(_)),
            will_leave_out: match preview.left_out {
                0 => String::new(),
                left_out => will_be(left_out, "left out"),
            },
            reasons: reasons.collect(),
            named: named.collect(),
            more: (more > 0).then(|| grouped(more)),
            shown: shown.to_owned(),
            run_url: job_url(job.id, "/run"),
            choose_url: job_url(job.id, "?choose=again"),
            stop_url: job_url(job.id, "/stop"),
            list_url: list_url(&job.list),
            heading,
        }
    }
}

fn will_be(count: u64, done: &str) -> String {
    match count {
        0 => format!("No order will be {done}."),
        count => format!("{} will be {done}.", counted(count, "order")),
    }
}

#[cfg(test)]
impl ChoosePage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::db::JobState;
        let order = crate::order::Order::sample().0;
        let first = [ShownOrder { position: 1, seen: 1, order }];
        let (job, now) =
            (super::bulk::sample_job(JobState::Asking), LocalTime::parse("2026-03-03 14:05:00").unwrap());
        let typed = BulkForm {
            what: "correct".to_owned(),
            on: "soon".to_owned(),
            field: "order_date".to_owned(),
            ..BulkForm::default()
        };
        let view = View::new().unwrap();
        let shown = |orders| FirstShown { orders, now, late_days: 3 };
        vec![
            Self::new(&view, &job, &shown(&first), &BulkForm::default(), None),
            Self::new(&view, &job, &shown(&[]), &typed, Some("Order date must be a day")),
        ]
    }
}

#[cfg(test)]
impl PreviewPage {
    pub(super) fn samples() -> Vec<Self> {
        let job = super::bulk::sample_job(crate::db::JobState::Asking);
        let mut preview = Preview::default();
        let nothing = Self::new(&job, &BulkAction::Cancel(None), &preview, "shown");
        for number in 1..=150 {
            preview.count(OrderNumber::new(number).unwrap(), Some(LeftOut::Cancelled));
        }
        preview.count(OrderNumber::new(151).unwrap(), None);
        vec![nothing, Self::new(&job, &BulkAction::Cancel(None), &preview, "shown")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::JobState;
    use crate::order::Day;

    #[test]
    fn what_will_be_left_out_is_counted_by_its_reason() {
        let mut preview = Preview::default();
        let day = |day| Day::new(2026, 3, day).unwrap();
        let left_out = [LeftOut::Cancelled, LeftOut::Shipped(day(1)), LeftOut::Shipped(day(2))];
        for (number, left_out) in (1..).zip(left_out.map(Some).into_iter().chain([None])) {
            preview.count(OrderNumber::new(number).unwrap(), left_out);
        }
        let page = PreviewPage::new(
            &super::super::bulk::sample_job(JobState::Asking),
            &BulkAction::Reopen,
            &preview,
            "",
        );
        assert_eq!(
            (&*page.will_change, &*page.will_leave_out),
            ("1 order will be reopened.", "3 orders will be left out.")
        );
        assert_eq!(page.reasons, ["1 is cancelled", "2 was shipped"]);
        assert_eq!(page.named[2].reason, "was shipped on 2 March 2026");
    }
}
