//! Jobs and their orders, as Diesel reads and writes them.

use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_mssql::Mssql;
use serde::{Deserialize, Serialize};

use crate::db::job::{InsertJob, Job, JobOrder, JobOutcome, JobState};
use crate::db::schema::{job_orders, jobs};
use crate::order::{
    Actor, BulkAction, Field, JobId, ListQuery, Note, OrderNumber, PersonId, Timestamp, Typed,
};

/// The kind of a job for which nobody has chosen an action.
const UNCHOSEN: &str = "choose";

/// In bytes: with it the details fit into their column.
const MAX_LIST: usize = 1500;

/// The kinds of jobs that this release can run.
pub const RUNNABLE: [&str; 6] = ["ship", "deliver", "correct", "cancel", "reopen", "undo"];

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
    created_at: Timestamp,
    created_by: String,
    person_id: Option<i32>,
    client: Option<String>,
    ended_at: Option<Timestamp>,
}

/// What an action has to know, as JSON.
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
}

/// An action and a list as their columns: the kind, the details, and the job that is undone.
pub struct ActionColumns {
    pub kind: &'static str,
    pub details: String,
    pub undoes: Option<i64>,
}

impl ActionColumns {
    pub fn new(action: Option<&BulkAction>, list: &ListQuery) -> Self {
        // One that is too long for the column leads back to the list of all orders.
        let list = Some(list.write()).filter(|list| list.len() <= MAX_LIST).unwrap_or_default();
        let mut details = Details { list, ..Details::default() };
        let mut undoes = None;
        match action {
            Some(BulkAction::Ship(date) | BulkAction::Deliver(date)) => details.date = Some(date.text()),
            Some(BulkAction::Correct(field, date)) => {
                (details.field, details.date) = (Some(*field), Some(date.text()));
            }
            Some(BulkAction::Undo(job)) => undoes = Some(job.get()),
            Some(BulkAction::Cancel(reason)) => {
                details.reason = reason.as_ref().map(|reason| reason.as_str().to_owned());
            }
            Some(BulkAction::Reopen) | None => {}
        }
        Self {
            kind: action.map_or(UNCHOSEN, BulkAction::kind),
            // Never the fallback: texts become JSON.
            details: serde_json::to_string(&details).unwrap_or_default(),
            undoes,
        }
    }
}

impl JobRow {
    /// What it does; none where that is not chosen, or only a newer release knows it.
    pub fn action(&self) -> Option<BulkAction> {
        self.action_of(self.details())
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
        JobId::new(self.id)
    }

    fn details(&self) -> Details {
        serde_json::from_str(&self.details).unwrap_or_default()
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
            action: self.action_of(details),
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
        let ActionColumns { kind, details, undoes } = ActionColumns::new(job.action.as_ref(), &job.list);
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
    fn every_action_is_read_as_it_was_stored_and_can_be_run() {
        let now = Now::in_utc(Timestamp::parse("2026-03-03 14:05:00").unwrap());
        let list = ListQuery::parse("status=to-ship&sort=ordered&page=3");
        for action in [
            Some(BulkAction::ship("yesterday", now).unwrap()),
            Some(BulkAction::deliver("today 9:30", now).unwrap()),
            Some(BulkAction::correct(Field::OrderDate, "1 March 2026", now).unwrap()),
            Some(BulkAction::Cancel(None)),
            Some(BulkAction::Cancel(Note::parse("The customer “called”", false).unwrap())),
            Some(BulkAction::Reopen),
            Some(BulkAction::Undo(JobId::new(7).unwrap())),
            None,
        ] {
            let ActionColumns { kind, details, undoes } = ActionColumns::new(action.as_ref(), &list);
            assert_eq!(RUNNABLE.contains(&kind), action.is_some());
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
                created_at: at,
                created_by: "desk".to_owned(),
                person_id: None,
                client: None,
                ended_at: None,
            };
            let job = row.into_job().unwrap();
            assert_eq!((job.action, job.list), (action, list.clone()));
        }
    }
}
