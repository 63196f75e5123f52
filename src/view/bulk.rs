//! Actions on many orders: what came of one, and all of them.

use serde::Serialize;

use super::PageContext;
use super::changes::changes_of_job_url;
use super::history::place;
use super::nav::Nav;
use super::text::{actions_url, job_url, job_url_in, list_url, order_url};
use crate::db::{Job, JobOrder, JobOutcome, JobState, JobWork, Unopened};
use crate::order::{BulkAction, JobId, ListQuery, Timestamp, counted, grouped};

/// What has just come of an action, as the next page says it.
#[derive(Serialize)]
pub struct ActionNotice {
    kind: &'static str,
    /// `38 marked as shipped`.
    changed: String,
    changed_url: String,
    /// `2 were not`; nothing where none was left out.
    left_out: String,
    left_out_url: String,
    /// `19984 is cancelled; 19990 was shipped on 3 November 2026`.
    reasons: String,
    /// How many were left out beside those.
    more: Option<String>,
    /// `Action #3`.
    name: String,
    job_url: String,
    is_running: bool,
    /// Where it is undone, if it can be.
    undo_url: Option<String>,
}

impl ActionNotice {
    /// So many orders that were left out are named.
    pub const NAMED: i64 = 3;

    /// The word that a cookie carries to the next page.
    pub fn word(id: JobId) -> String {
        format!("action-{id}")
    }

    pub fn parse(word: &str) -> Option<JobId> {
        JobId::parse(word.strip_prefix("action-")?)
    }

    /// With the first orders that were left out, on the page of a list.
    pub fn new(
        job: &Job,
        undone_by: Option<JobId>,
        left_out: &[JobOrder],
        list: &ListQuery,
        now: Timestamp,
    ) -> Self {
        let reasons: Vec<String> = left_out
            .iter()
            .filter_map(|order| Some(format!("{} {}", order.number, order.reason.as_deref()?)))
            .collect();
        let more = job.left_out.saturating_sub(left_out.len() as u64);
        let can_undo = undone_by.is_none() && job.why_not_undone(now).is_none();
        Self {
            kind: if job.changed > 0 { "success" } else { "info" },
            changed: changed(job),
            changed_url: job_url(job.id, "?show=changed"),
            left_out: left_out_words(job),
            left_out_url: job_url(job.id, "?show=left-out"),
            reasons: reasons.join("; "),
            more: (more > 0).then(|| grouped(more)),
            name: format!("Action #{}", job.id),
            job_url: job_url(job.id, ""),
            is_running: !job.state.is_over(),
            undo_url: can_undo.then(|| job_url_in(job.id, "/undo", list)),
        }
    }
}

/// How many orders an action has changed: `38 marked as shipped`.
fn changed(job: &Job) -> String {
    let done = job.work.as_ref().map_or("changed".to_owned(), JobWork::done_words);
    match job.changed {
        0 => format!("No order was {done}"),
        changed => format!("{} {done}", grouped(changed)),
    }
}

/// How many it has left out: `2 were not`.
fn left_out_words(job: &Job) -> String {
    match (job.left_out, job.changed) {
        (0, _) => String::new(),
        (left_out, 0) => format!("{} left out", grouped(left_out)),
        (1, _) => "1 was not".to_owned(),
        (left_out, _) => format!("{} were not", grouped(left_out)),
    }
}

/// What `job.html` shows.
#[derive(Serialize)]
pub struct JobPage {
    nav: Nav,
    title: String,
    heading: String,
    /// `Action #3, by the desk on 29 November 2026, 19:00:31 UTC`.
    asked: String,
    state: &'static str,
    state_label: &'static str,
    /// What came of it, as a sentence.
    sentence: String,
    /// Which cards did not open; nothing where all did.
    unopened: Option<String>,
    is_running: bool,
    /// How far it has come.
    looked_at: u64,
    orders: u64,
    progress: String,
    /// The action that it undoes, or that undoes it.
    related: Option<Related>,
    stop_url: Option<String>,
    undo_url: Option<String>,
    list_url: String,
    actions_url: String,
    /// What it has changed, field by field.
    changes_url: Option<String>,
    groups: Vec<Group>,
    rows: Vec<Row>,
    first_url: Option<String>,
    next_url: Option<String>,
    #[serde(skip)]
    id: JobId,
    #[serde(skip)]
    list: ListQuery,
}

#[derive(Serialize)]
struct Related {
    words: &'static str,
    url: String,
    name: String,
}

/// Orders of which the same came.
#[derive(Serialize)]
struct Group {
    label: &'static str,
    count: String,
    url: String,
    is_current: bool,
}

#[derive(Serialize)]
struct Row {
    number: i64,
    url: String,
    outcome: String,
}

impl PageContext for JobPage {
    const TEMPLATE: &'static str = "job.html";
}

impl JobPage {
    pub fn new(job: &Job, undone_by: Option<JobId>, now: Timestamp) -> Self {
        let heading = job.work.as_ref().map_or_else(|| "Action".to_owned(), JobWork::words);
        let is_running = !job.state.is_over();
        let related = match (job.action(), undone_by) {
            (Some(BulkAction::Undo(undone)), _) => Some(("It undoes", *undone)),
            (_, Some(undo)) => Some(("Undone by", undo)),
            _ => None,
        };
        let looked_at = job.changed + job.left_out;
        Self {
            nav: Nav::actions(),
            title: format!("Action #{}: {heading}", job.id),
            asked: asked(job),
            state: state_class(job.state),
            state_label: state_label(job.state),
            sentence: job_sentence(job),
            unopened: unopened_in_words(job).map(|words| words.replacen("the", "The", 1)),
            is_running,
            looked_at,
            orders: job.orders,
            progress: format!("{} of {}", grouped(looked_at), counted(job.orders, "order")),
            related: related.map(|(words, id)| Related {
                words,
                url: job_url(id, ""),
                name: format!("action #{id}"),
            }),
            stop_url: is_running.then(|| job_url(job.id, "/stop")),
            undo_url: (undone_by.is_none() && job.why_not_undone(now).is_none())
                .then(|| job_url(job.id, "/undo")),
            list_url: list_url(&job.list),
            actions_url: actions_url(),
            changes_url: (job.changed > 0).then(|| changes_of_job_url(job.id)),
            groups: groups(job),
            rows: Vec::new(),
            first_url: None,
            next_url: None,
            heading,
            id: job.id,
            list: job.list.clone(),
        }
    }

    /// The page with some of its orders: those behind a position, and one more if there are others.
    #[must_use]
    pub fn with_orders(
        mut self,
        orders: &[JobOrder],
        size: usize,
        outcome: Option<JobOutcome>,
        after: i32,
    ) -> Self {
        let show = outcome.map_or(String::new(), |outcome| format!("show={}&", outcome.as_str()));
        let some = orders.get(..size).unwrap_or(orders);
        let row = |order: &JobOrder| Row {
            number: order.number.get(),
            url: order_url(order.number, &self.list),
            outcome: match (order.outcome, &order.reason) {
                (Some(JobOutcome::Changed), _) => "done".to_owned(),
                (Some(JobOutcome::LeftOut), Some(reason)) => reason.clone(),
                (Some(JobOutcome::LeftOut), None) => "left out".to_owned(),
                (None, _) => "not looked at".to_owned(),
            },
        };
        self.rows = some.iter().map(row).collect();
        let behind = |position: i32| job_url(self.id, &format!("?{show}after={position}"));
        self.next_url = some.last().filter(|_| orders.len() > size).map(|last| behind(last.position));
        self.first_url = (after > 0).then(|| job_url(self.id, &format!("?{}", show.trim_end_matches('&'))));
        let shown = outcome.map_or("", JobOutcome::as_str);
        for (group, name) in self.groups.iter_mut().zip(["", "changed", "left-out"]) {
            group.is_current = name == shown;
        }
        self
    }
}

/// Who asked for an action, when and from where.
fn asked(job: &Job) -> String {
    let from = job.client.map(|client| format!(", from {}", place(client))).unwrap_or_default();
    format!("Action #{}, by {} on {}{from}", job.id, job.by.words(), job.at.in_words())
}

/// None where its work is not on orders that were noted.
fn groups(job: &Job) -> Vec<Group> {
    if job.work.is_some() && job.action().is_none() {
        return Vec::new();
    }
    let group = |label, count, part| Group {
        label,
        count: grouped(count),
        url: job_url(job.id, part),
        is_current: false,
    };
    vec![
        group("All", job.orders, ""),
        group("Changed", job.changed, "?show=changed"),
        group("Left out", job.left_out, "?show=left-out"),
    ]
}

fn state_class(state: JobState) -> &'static str {
    match state {
        JobState::Collecting | JobState::Asking | JobState::Running => "waiting",
        JobState::Done => "delivered",
        JobState::Cancelled => "cancelled",
        JobState::Failed => "failed",
    }
}

fn state_label(state: JobState) -> &'static str {
    match state {
        JobState::Collecting => "Being noted",
        JobState::Asking => "Not begun",
        JobState::Running => "Under way",
        JobState::Done => "Done",
        JobState::Cancelled => "Stopped",
        JobState::Failed => "Broken off",
    }
}

/// What came of a job, and of the orders that it did not come to.
pub fn job_sentence(job: &Job) -> String {
    let rest = job.orders.saturating_sub(job.changed + job.left_out);
    let end = match job.state {
        JobState::Cancelled if rest > 0 => {
            format!("It was stopped before it came to the other {}.", counted(rest, "order"))
        }
        JobState::Failed => {
            let were =
                if rest == 1 { "1 order was".to_owned() } else { format!("{} orders were", grouped(rest)) };
            format!("The program could not go on: {were} left as before. The desk’s log says why.")
        }
        _ => String::new(),
    };
    let left_out = left_out_words(job);
    let left_out = if left_out.is_empty() { left_out } else { format!("{left_out}.") };
    let sentences = [format!("{}.", changed(job)), left_out, end];
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Which cards did not open, and why; none where all did.
pub fn unopened_in_words(job: &Job) -> Option<String> {
    let unopened = &job.result.unopened;
    if unopened.is_empty() {
        return None;
    }
    let causes = unopened.iter().map(|Unopened { seal_key, is_damaged, orders }| {
        let cause = if *is_damaged { "is not what sealed their cards" } else { "is not there" };
        format!("seal key {seal_key} {cause}: {}", ranges(orders))
    });
    let named =
        unopened.iter().flat_map(|one| &one.orders).map(|(first, last)| first.abs_diff(*last) + 1).sum();
    let more = match job.left_out.saturating_sub(named) {
        0 => String::new(),
        more => format!("; and {} more", grouped(more)),
    };
    let (count, causes) = (counted(job.left_out, "order"), causes.collect::<Vec<_>>().join("; "));
    Some(format!("the cards of {count} do not open and stay as they are; {causes}{more}"))
}

/// `orders 1 to 30, 32`
fn ranges(ranges: &[(i64, i64)]) -> String {
    let texts = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        _ => format!("{first} to {last}"),
    });
    format!("orders {}", texts.collect::<Vec<_>>().join(", "))
}

/// Some of all actions, newest first.
pub struct Actions<'a> {
    pub some: &'a [Job],
    pub has_newer: bool,
    pub has_older: bool,
}

/// What `jobs.html` shows.
#[derive(Serialize)]
pub struct JobsPage {
    nav: Nav,
    title: &'static str,
    jobs: Vec<JobLine>,
    newest_url: Option<String>,
    older_url: Option<String>,
}

#[derive(Serialize)]
struct JobLine {
    id: i64,
    url: String,
    what: String,
    by: String,
    at: String,
    state: &'static str,
    state_label: &'static str,
    sentence: String,
}

impl PageContext for JobsPage {
    const TEMPLATE: &'static str = "jobs.html";
}

impl JobsPage {
    pub fn new(actions: &Actions<'_>) -> Self {
        let line = |job: &Job| JobLine {
            id: job.id.get(),
            url: job_url(job.id, ""),
            what: job.work.as_ref().map_or_else(|| "Not chosen".to_owned(), JobWork::words),
            by: job.by.words().into_owned(),
            at: job.at.in_words(),
            state: state_class(job.state),
            state_label: state_label(job.state),
            sentence: job_sentence(job),
        };
        let older = actions.some.last().filter(|_| actions.has_older);
        Self {
            nav: Nav::actions(),
            title: "Actions",
            jobs: actions.some.iter().map(line).collect(),
            newest_url: actions.has_newer.then(actions_url),
            older_url: older.map(|job| format!("{}?before={}", actions_url(), job.id)),
        }
    }
}

#[cfg(test)]
pub(super) fn sample_job(state: JobState) -> Job {
    use crate::db::JobResult;
    use crate::order::{Actor, Now};
    let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
    Job {
        id: JobId::new(3).unwrap(),
        work: Some(BulkAction::ship("today", Now::in_utc(at)).unwrap().into()),
        state,
        orders: 40,
        changed: 37,
        left_out: 2,
        result: JobResult::default(),
        leased_until: None,
        list: ListQuery::parse("status=to-ship"),
        by: Actor::Desk,
        client: None,
        at,
        ended_at: state.is_over().then_some(at),
    }
}

#[cfg(test)]
fn sample_orders() -> Vec<JobOrder> {
    use crate::order::OrderNumber;
    let order = |position: i32, outcome, reason: Option<&str>| JobOrder {
        position,
        number: OrderNumber::new(position.into()).unwrap(),
        outcome,
        reason: reason.map(str::to_owned),
    };
    vec![
        order(1, Some(JobOutcome::Changed), None),
        order(2, Some(JobOutcome::LeftOut), Some("is cancelled")),
        order(3, None, None),
    ]
}

#[cfg(test)]
impl JobPage {
    pub(super) fn samples() -> Vec<Self> {
        let now = Timestamp::parse("2026-03-04 14:05:00").unwrap();
        let states =
            [JobState::Collecting, JobState::Running, JobState::Done, JobState::Cancelled, JobState::Failed];
        let page = |state| Self::new(&sample_job(state), None, now).with_orders(&sample_orders(), 2, None, 4);
        let mut pages: Vec<Self> = states.map(page).into();
        pages.push(Self::new(&sample_job(JobState::Done), JobId::new(4), now));
        pages
    }
}

#[cfg(test)]
impl JobsPage {
    pub(super) fn samples() -> Vec<Self> {
        let jobs = [sample_job(JobState::Running), sample_job(JobState::Done)];
        let page = |some, has_newer, has_older| Self::new(&Actions { some, has_newer, has_older });
        vec![page(&jobs[..], true, true), page(&[], false, false)]
    }
}

#[cfg(test)]
impl ActionNotice {
    pub(super) fn sample() -> Self {
        let now = Timestamp::parse("2026-03-03 14:05:00").unwrap();
        let orders = sample_orders();
        Self::new(&sample_job(JobState::Done), None, &orders[1..2], &ListQuery::default(), now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_came_of_an_action_is_a_sentence() {
        let job = |state, changed, left_out| Job { changed, left_out, ..sample_job(state) };
        for (job, expected) in [
            (job(JobState::Done, 40, 0), "40 marked as shipped."),
            (job(JobState::Done, 39, 1), "39 marked as shipped. 1 was not."),
            (job(JobState::Done, 38, 2), "38 marked as shipped. 2 were not."),
            (job(JobState::Done, 0, 40), "No order was marked as shipped. 40 left out."),
            (
                job(JobState::Cancelled, 10, 1),
                "10 marked as shipped. 1 was not. It was stopped before it came to the other 29 orders.",
            ),
            (
                job(JobState::Failed, 39, 0),
                "39 marked as shipped. The program could not go on: 1 order was left as before. The desk’s log says why.",
            ),
        ] {
            assert_eq!(job_sentence(&job), expected);
        }
    }

    #[test]
    fn a_notice_survives_its_cookie_and_nothing_else_is_one() {
        let id = JobId::new(3).unwrap();
        assert_eq!(ActionNotice::parse(&ActionNotice::word(id)), Some(id));
        for word in ["", "action", "action-", "action-03", "action-x", "view-saved"] {
            assert_eq!(ActionNotice::parse(word), None, "{word}");
        }
    }

    #[test]
    fn an_action_can_be_undone_for_seven_days_and_once() {
        let job = sample_job(JobState::Done);
        let (day, ended) = (Duration::from_hours(24), job.ended_at.unwrap());
        assert_eq!(job.why_not_undone(ended.after(7 * day)), None);
        assert!(job.why_not_undone(ended.after(7 * day + Duration::from_secs(1))).is_some());
        assert!(sample_job(JobState::Running).why_not_undone(ended).is_some());
        assert!(Job { changed: 0, ..job.clone() }.why_not_undone(ended).is_some());
        let undo = Job { work: Some(BulkAction::Undo(job.id).into()), ..job.clone() };
        assert!(undo.why_not_undone(ended).is_some());
        let offers = |undone_by| JobPage::new(&job, undone_by, ended).undo_url.is_some();
        assert!(offers(None) && !offers(JobId::new(4)));
    }
}
