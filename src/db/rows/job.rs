//! Jobs and their orders, as Diesel reads and writes them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;
use serde::{Deserialize, Serialize};

use crate::db::job::{InsertJob, Job, JobOrder, JobOutcome, JobResult, JobState, JobWork, ReencryptWork};
use crate::db::schema::{job_orders, jobs};
use crate::order::{
    Actor, BulkAction, Field, JobId, ListQuery, Note, OrderNumber, PersonId, Timestamp, Typed,
};

/// The kind of a job for which nobody has chosen an action.
const UNCHOSEN: &str = "choose";

/// In bytes: with it the details fit into their column.
const MAX_LIST: usize = 1500;

/// A job as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs, check_for_backend(Sqlite, Mssql))]
pub struct JobRow {
    pub id: i64,
    kind: String,
    details: String,
    pub undoes: Option<i64>,
    state: JobState,
    pub orders: i32,
    pub position: i32,
    pub changed: i32,
    pub left_out: i32,
    claimed_until: Option<Timestamp>,
    created_at: Timestamp,
    created_by: String,
    person_id: Option<i32>,
    client: Option<String>,
    ended_at: Option<Timestamp>,
    reached: Option<i64>,
    result: Option<String>,
}

/// What a job has to know, as JSON.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Details {
    /// The canonical query string of the list that somebody looked at.
    #[serde(skip_serializing_if = "String::is_empty")]
    list: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
    /// Why orders are cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<ReencryptWork>,
    /// The name of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// What a job does, and a list, as their columns: the kind, the details, and the job that is undone.
pub struct WorkColumns {
    pub kind: &'static str,
    pub details: String,
    pub undoes: Option<i64>,
}

impl WorkColumns {
    pub fn new(work: Option<&JobWork>, list: &ListQuery) -> Self {
        // One that is too long for the column leads back to the list of all orders.
        let list = Some(list.write()).filter(|list| list.len() <= MAX_LIST).unwrap_or_default();
        let mut details = Details { list, ..Details::default() };
        let mut undoes = None;
        match work {
            Some(JobWork::Bulk(action)) => match action {
                BulkAction::Ship(date) | BulkAction::Deliver(date) => details.date = Some(date.text()),
                BulkAction::Correct(field, date) => {
                    (details.field, details.date) = (Some(*field), Some(date.text()));
                }
                BulkAction::Undo(job) => undoes = Some(job.get()),
                BulkAction::Cancel(reason) => {
                    details.reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
                }
                BulkAction::Reopen => {}
            },
            Some(JobWork::Reencrypt(cards)) => details.cards = Some(*cards),
            Some(JobWork::Import(file) | JobWork::CommandImport(file)) => details.file = Some(file.clone()),
            Some(JobWork::Purge) | None => {}
        }
        Self {
            kind: work.map_or(UNCHOSEN, JobWork::kind),
            // Never the fallback: texts become JSON.
            details: serde_json::to_string(&details).unwrap_or_default(),
            undoes,
        }
    }
}

impl JobRow {
    /// What it does; none where that is not chosen, or only a newer release knows it.
    pub fn work(&self) -> Option<JobWork> {
        self.work_of(self.details())
    }

    /// The key up to which it has come, where its work is not on orders that were noted.
    pub fn reached(&self) -> i64 {
        self.reached.unwrap_or(0)
    }

    pub fn result(&self) -> JobResult {
        self.result.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub fn by(&self) -> Actor {
        match Actor::stored(&self.created_by) {
            Actor::User(name, _) => Actor::User(name, self.person_id.and_then(PersonId::new)),
            other => other,
        }
    }

    pub fn client(&self) -> Option<std::net::IpAddr> {
        self.client.as_deref().and_then(|client| client.parse().ok())
    }

    pub fn id(&self) -> Option<JobId> {
        JobId::stored(self.id)
    }

    fn details(&self) -> Details {
        serde_json::from_str(&self.details).unwrap_or_default()
    }

    fn work_of(&self, details: Details) -> Option<JobWork> {
        match &*self.kind {
            JobWork::REENCRYPT => details.cards.map(JobWork::Reencrypt),
            JobWork::IMPORT => Some(JobWork::Import(details.file.unwrap_or_default())),
            JobWork::COMMAND_IMPORT => Some(JobWork::CommandImport(details.file.unwrap_or_default())),
            JobWork::PURGE => Some(JobWork::Purge),
            _ => self.action_of(details).map(JobWork::Bulk),
        }
    }

    fn action_of(&self, Details { date, field, reason, .. }: Details) -> Option<BulkAction> {
        let date = date.and_then(|text| Typed::parse_text(&text));
        Some(match &*self.kind {
            "ship" => BulkAction::Ship(date?),
            "deliver" => BulkAction::Deliver(date?),
            "correct" => BulkAction::Correct(field?, date?),
            "cancel" => BulkAction::Cancel(reason.as_deref().and_then(Note::stored)),
            "reopen" => BulkAction::Reopen,
            "undo" => BulkAction::Undo(self.undoes.and_then(JobId::new)?),
            _ => return None,
        })
    }

    /// None if the database has numbered it in a way that it never does.
    pub fn into_job(self) -> Option<Job> {
        let details = self.details();
        let list = ListQuery::parse(&details.list);
        let count = |number: i32| u64::from(number.unsigned_abs());
        Some(Job {
            id: self.id()?,
            by: self.by(),
            client: self.client(),
            result: self.result(),
            leased_until: self.claimed_until,
            work: self.work_of(details),
            state: self.state,
            orders: count(self.orders),
            changed: count(self.changed),
            left_out: count(self.left_out),
            list,
            at: self.created_at,
            ended_at: self.ended_at,
        })
    }
}

/// The row of a new job.
#[derive(Insertable)]
#[diesel(table_name = jobs)]
pub struct NewJobRow {
    kind: &'static str,
    details: String,
    pub submission: String,
    undoes: Option<i64>,
    state: &'static str,
    orders: i32,
    position: i32,
    changed: i32,
    left_out: i32,
    claimed_until: Option<Timestamp>,
    created_at: Timestamp,
    created_by: String,
    person_id: Option<i32>,
    client: Option<String>,
}

impl NewJobRow {
    pub fn new(job: &InsertJob) -> Self {
        let WorkColumns { kind, details, undoes } = WorkColumns::new(job.work.as_ref(), &job.list);
        Self {
            kind,
            details,
            submission: job.submission.clone(),
            undoes,
            state: job.state.as_str(),
            orders: i32::try_from(job.orders).unwrap_or(i32::MAX),
            position: 0,
            changed: 0,
            left_out: 0,
            claimed_until: job.leased_until,
            created_at: job.at,
            created_by: job.by.text().into_owned(),
            person_id: job.by.person().map(PersonId::get),
            client: job.client.map(|client| client.to_string()),
        }
    }
}

/// An order of a job as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = job_orders, check_for_backend(Sqlite, Mssql))]
pub struct JobOrderRow {
    pub position: i32,
    pub order_number: OrderNumber,
    pub version: i32,
    outcome: Option<String>,
    reason: Option<String>,
}

impl JobOrderRow {
    pub fn into_order(self) -> JobOrder {
        JobOrder {
            position: self.position,
            number: self.order_number,
            outcome: self.outcome.as_deref().and_then(JobOutcome::parse),
            reason: self.reason,
        }
    }
}

/// The row of an order of a job.
#[derive(Insertable)]
#[diesel(table_name = job_orders)]
pub struct NewJobOrderRow {
    pub job_id: i64,
    pub position: i32,
    pub order_number: i64,
    pub version: i32,
    pub outcome: Option<&'static str>,
    pub reason: Option<String>,
}

impl NewJobOrderRow {
    /// How many columns a row has.
    pub const COLUMNS: usize = 6;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Now;

    #[test]
    fn all_work_is_read_as_it_was_stored_and_can_be_run() {
        let now = Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap());
        let list = ListQuery::parse("status=to-ship&sort=ordered&page=3");
        let cards = ReencryptWork { seal_key: 2, hash_key: 3, last: 1_000_000 };
        let actions = [
            BulkAction::ship("yesterday", now).unwrap(),
            BulkAction::deliver("today 9:30", now).unwrap(),
            BulkAction::correct(Field::OrderDate, "1 March 2026", now).unwrap(),
            BulkAction::Cancel(None),
            BulkAction::Cancel(Note::parse("The customer “called”", false).unwrap()),
            BulkAction::Reopen,
            BulkAction::Undo(JobId::new(7).unwrap()),
        ];
        let works = actions.map(JobWork::Bulk).into_iter().chain([JobWork::Reencrypt(cards), JobWork::Purge]);
        for work in works.map(Some).chain([None]) {
            let WorkColumns { kind, details, undoes } = WorkColumns::new(work.as_ref(), &list);
            assert_eq!(JobWork::KINDS.contains(&kind), work.is_some());
            let at = Timestamp::parse("2026-03-03 14:05:00").unwrap();
            let row = JobRow {
                id: 8,
                kind: kind.to_owned(),
                details,
                undoes,
                state: JobState::Running,
                orders: 40,
                position: 3,
                changed: 2,
                left_out: 1,
                claimed_until: None,
                created_at: at,
                created_by: "desk".to_owned(),
                person_id: None,
                client: None,
                ended_at: None,
                reached: None,
                result: None,
            };
            let job = row.into_job().unwrap();
            assert_eq!((job.work, job.list), (work, list.clone()));
        }
    }
}
