//! Jobs against a model, on either database: clerks' own changes cross actions, undos and newer seals; callers hang up, desks are
//! killed in the middle or start again, and others go on.
//!
//! What happens is a plan that is drawn first. One that fails is made shorter, and its seed is written into
//! `proptest-regressions/db/jobs_tests.txt`, with the plan in words: every run plays it again first, and so does whoever gets
//! that file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};

use super::job::{BatchDone, InsertJob, JobLease, JobState, SeenOrder};
use super::long_read::Pace;
use super::reencrypt::Reencryption;
use super::{CancelOrder, Db, Inserted, SqliteOptions, UpdateOrder, Updated};
use crate::db::{InsertOrder, KeySource, Purpose, add_to_key_file};
use crate::order::{
    Actor, BulkAction, BulkStep, DateUuid, Edit, EventKind, Field, JobId, ListQuery, NewOrder, Now, Order,
    OrderForm, OrderNumber, Submission, SystemTask, Timestamp,
};

const ORDERS: u64 = 12;

fn at() -> Timestamp {
    Timestamp::parse("2026-03-03 14:05:00").unwrap()
}

fn now() -> Now {
    Now::in_utc(at())
}

/// Some are shipped, of them some on their way to arrive, and some were made too late to be shipped when others are.
fn order(nth: u64) -> NewOrder {
    let mut form = OrderForm::default();
    let shipped = if nth.is_multiple_of(3) { "2026-02-20 10:00" } else { "" };
    let made = if nth.is_multiple_of(5) { "2026-03-03 09:00" } else { "2026-02-10 09:00" };
    let made = if shipped.is_empty() { made } else { "2026-02-10 09:00" };
    for (field, text) in [
        (Field::OrderDate, made),
        (Field::ShippingDate, shipped),
        (Field::StoreCode, "HI-9B97EE4E"),
        (Field::ProductCode, "R7-3126933h"),
        (Field::Quantity, "4"),
        (Field::UserId, "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
        (Field::CardNumber, "4111111111111111"),
    ] {
        form.set(field, text.to_owned());
    }
    NewOrder::parse(&form, DateUuid::from(uuid::Uuid::new_v4()), now()).unwrap()
}

/// What happens, one thing after the other.
#[derive(Debug, Clone)]
enum Move {
    /// A clerk corrects the quantity of an order.
    Edit { order: usize, quantity: i32 },
    /// A clerk cancels an order.
    Cancel { order: usize },
    /// Somebody looks at some orders and asks for an action on them.
    Ask { orders: Vec<usize>, action: usize },
    /// A desk takes up a job, and does so many batches before it is killed, or none is left.
    Run { job: usize, batches: usize },
    /// A desk takes up a job, and whoever has asked it hangs up while the first batch is under way.
    HangUp { job: usize, desk: usize },
    /// A desk is closed and starts again.
    Restart { desk: usize },
    /// There is a newer key, and cards are sealed again with it: so many batches, before the desk is killed.
    Reencrypt { is_new_key: bool, batches: usize, desk: usize },
    /// Somebody stops a job.
    Stop { job: usize },
    /// Somebody undoes a job.
    Undo { job: usize },
}

fn any_move() -> impl Strategy<Value = Move> {
    let order = 0..usize::try_from(ORDERS).unwrap();
    let (job, desk) = (0..6_usize, 0..2_usize);
    prop_oneof![
        2 => (order.clone(), 1..=9_i32).prop_map(|(order, quantity)| Move::Edit { order, quantity }),
        1 => order.clone().prop_map(|order| Move::Cancel { order }),
        3 => (prop::collection::btree_set(order, 1..12), 0..5_usize)
            .prop_map(|(orders, action)| Move::Ask { orders: orders.into_iter().collect(), action }),
        4 => (job.clone(), 1..4_usize).prop_map(|(job, batches)| Move::Run { job, batches }),
        2 => (job.clone(), desk.clone()).prop_map(|(job, desk)| Move::HangUp { job, desk }),
        1 => desk.clone().prop_map(|desk| Move::Restart { desk }),
        2 => (any::<bool>(), 1..3_usize, desk)
            .prop_map(|(is_new_key, batches, desk)| Move::Reencrypt { is_new_key, batches, desk }),
        1 => job.clone().prop_map(|job| Move::Stop { job }),
        2 => job.prop_map(|job| Move::Undo { job }),
    ]
}

fn action(nth: usize) -> BulkAction {
    match nth {
        0 => BulkAction::ship("2 March 2026", now()).unwrap(),
        1 => BulkAction::deliver("today", now()).unwrap(),
        2 => BulkAction::correct(Field::ShippingDate, "1 March 2026", now()).unwrap(),
        3 => BulkAction::Cancel(None),
        _ => BulkAction::Reopen,
    }
}

/// A job as the model has it: the orders that it is about, and those that it has changed, each with the order before.
struct ModelJob {
    id: JobId,
    action: BulkAction,
    waiting: Vec<(usize, i32)>,
    changed: Vec<(usize, i32, Order)>,
    is_over: bool,
    is_undone: bool,
    /// The job that it undoes, by its place.
    undoes: Option<usize>,
}

/// Batches of two orders.
fn two_at_once() -> Pace {
    Pace::new((2, 2, 2), Duration::ZERO)
}

/// The database of a world.
pub struct Site<'a> {
    /// Opens it as another desk does.
    pub open: Box<dyn Fn() -> BoxFuture<'a, Db> + 'a>,
    pub key_file: PathBuf,
    /// Whether a write that nobody waits for any more goes on to its end, or is as if it had never begun.
    pub ends_what_is_given_up: bool,
}

impl Site<'_> {
    /// In a folder that goes with it.
    fn in_a_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("orders.keys");
        let open = move || {
            let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
            async { db }.boxed()
        };
        Self { open: Box::new(open), key_file, ends_what_is_given_up: true }
    }
}

/// Two desks on one database, and what it must hold.
struct World<'a> {
    site: Site<'a>,
    desks: [Db; 2],
    numbers: Vec<OrderNumber>,
    orders: Vec<Order>,
    jobs: Vec<ModelJob>,
    hours: u64,
}

impl<'a> World<'a> {
    async fn new(site: Site<'a>) -> Self {
        let desks = [(site.open)().await, (site.open)().await];
        let mut orders = Vec::new();
        for nth in 1..=ORDERS {
            let entry = InsertOrder::by_system(SystemTask::Seed, order(nth), at());
            let Inserted::Added(number) = desks[0].insert_order(&entry).await.unwrap() else {
                panic!("it is new");
            };
            orders.push(desks[0].find_editable(number).await.unwrap().unwrap().order);
        }
        let numbers = orders.iter().map(|order| order.number).collect();
        Self { site, desks, numbers, orders, jobs: Vec::new(), hours: 0 }
    }

    /// A moment when every lease has expired.
    fn later(&mut self) -> Timestamp {
        self.hours += 1;
        at().after(Duration::from_hours(self.hours))
    }

    async fn play(&mut self, one: &Move) {
        match one {
            Move::Edit { order, quantity } => self.edit(*order, *quantity).await,
            Move::Cancel { order } => self.cancel(*order).await,
            Move::Ask { orders, action: nth } => self.ask(orders, action(*nth)).await,
            Move::Run { job, batches } => self.run(*job, *batches).await,
            Move::HangUp { job, desk } => self.hang_up(*job, *desk).await,
            Move::Restart { desk } => {
                self.desks[*desk].close();
                self.desks[*desk] = (self.site.open)().await;
            }
            Move::Reencrypt { is_new_key, batches, desk } => {
                if *is_new_key {
                    self.add_key().await;
                }
                self.reencrypt(*batches, *desk).await;
            }
            Move::Stop { job } => self.stop(*job).await,
            Move::Undo { job } => self.undo(*job).await,
        }
    }

    async fn edit(&mut self, place: usize, quantity: i32) {
        let order = &self.orders[place];
        if order.cancelled_at.is_some() || order.quantity.get() == quantity {
            return;
        }
        let found = self.desks[0].find_editable(self.numbers[place]).await.unwrap().unwrap();
        let mut form = OrderForm::of(&found.order);
        form.set(Field::Quantity, quantity.to_string());
        let edit = Edit::parse(&form, &found.order, now()).unwrap();
        let update = UpdateOrder {
            found: &found,
            edit: &edit,
            seen: found.version,
            by: Actor::Desk,
            client: None,
            at: at(),
            submission: Submission::new(uuid::Uuid::new_v4(), &form),
        };
        assert!(matches!(self.desks[0].update_order(&update).await.unwrap(), Updated::Done));
        self.change(place, edit.applied(&found.order, None));
    }

    async fn cancel(&mut self, place: usize) {
        if self.orders[place].cancelled_at.is_some() {
            return;
        }
        let found = self.desks[1].find_editable(self.numbers[place]).await.unwrap().unwrap();
        let cancellation = CancelOrder {
            seen: found.version,
            found,
            reason: None,
            by: Actor::Desk,
            client: None,
            at: at(),
            submission: Submission::new(uuid::Uuid::new_v4(), &OrderForm::default()),
        };
        assert!(matches!(self.desks[1].cancel_order(cancellation).await.unwrap(), Updated::Done));
        let after = Order { cancelled_at: Some(at()), ..self.orders[place].clone() };
        self.change(place, after);
    }

    fn change(&mut self, place: usize, after: Order) {
        let version = self.orders[place].version + 1;
        self.orders[place] = Order { version, ..after };
    }

    async fn ask(&mut self, places: &[usize], action: BulkAction) {
        let waiting: Vec<(usize, i32)> =
            places.iter().map(|place| (*place, self.orders[*place].version)).collect();
        let orders: Vec<SeenOrder> =
            waiting.iter().map(|(place, version)| (self.numbers[*place], *version)).collect();
        let id = self.insert(action.clone(), orders.len(), uuid::Uuid::new_v4().to_string(), orders).await;
        self.jobs.push(ModelJob {
            id,
            action,
            waiting,
            changed: Vec::new(),
            is_over: false,
            is_undone: false,
            undoes: None,
        });
    }

    async fn insert(
        &self,
        action: BulkAction,
        count: usize,
        submission: String,
        orders: Vec<SeenOrder>,
    ) -> JobId {
        let job = InsertJob {
            work: Some(action.into()),
            state: JobState::Running,
            submission,
            orders: count as u64,
            list: ListQuery::default(),
            by: Actor::Desk,
            client: None,
            at: at(),
            leased_until: None,
        };
        self.desks[0].insert_job(job, orders).await.unwrap().id()
    }

    /// A desk leases the job and is gone after some batches; the other one finds the lease expired.
    async fn run(&mut self, nth: usize, batches: usize) {
        let Some(job) = self.jobs.get(nth).filter(|job| !job.is_over) else { return };
        let (id, one, other) = (job.id, batches % 2, 1 - batches % 2);
        let later = self.later();
        let lease = self.desks[one].lease_job(id, later).await.unwrap();
        let mut lease = JobLease { pace: two_at_once(), ..lease.expect("nobody has leased it") };
        assert!(self.desks[other].lease_job(id, at()).await.unwrap().is_none(), "it is leased");
        for _ in 0..batches {
            let done = self.desks[one].run_batch(&mut lease, now(), at()).await.unwrap();
            assert_ne!(done, BatchDone::Lost);
            self.expect_batch(nth);
            assert_eq!(done == BatchDone::Finished, self.jobs[nth].is_over, "{nth}");
            if done == BatchDone::Finished {
                return;
            }
        }
        // As if the lease had expired: a batch of whoever held it does nothing any more.
        let mut stale =
            JobLease { pace: two_at_once(), ..JobLease::begin(id, lease.work.clone(), lease.until) };
        self.desks[one].release_job(lease).await.unwrap();
        assert_eq!(self.desks[one].run_batch(&mut stale, now(), at()).await.unwrap(), BatchDone::Lost);
    }

    /// What is under way goes on to its end or not at all, and the job waits until the lease has expired.
    async fn hang_up(&mut self, nth: usize, desk: usize) {
        let Some(job) = self.jobs.get(nth).filter(|job| !job.is_over) else { return };
        let (id, later) = (job.id, self.later());
        let db = &self.desks[desk];
        let lease = db.lease_job(id, later).await.unwrap();
        let mut lease = JobLease { pace: two_at_once(), ..lease.expect("nobody has leased it") };
        tokio::select! {
            biased;
            _ = db.run_batch(&mut lease, now(), at()) => unreachable!("it waits for the database"),
            () = std::future::ready(()) => {}
        }
        if self.site.ends_what_is_given_up {
            // Writes of a desk are done in turn: behind this one it is done.
            assert!(!db.cancel_job(JobId::new(i64::MAX).unwrap(), at()).await.unwrap());
            self.expect_batch(nth);
        }
    }

    async fn add_key(&self) {
        let file = &self.site.key_file;
        add_to_key_file(file, Purpose::Seal).unwrap();
        for desk in &self.desks {
            desk.reload_keys(&KeySource::File(file.clone())).await.unwrap();
        }
    }

    /// Seals cards again: as the one who begins with it, or goes on with what a killed desk has left. Whether any had to be.
    async fn reencrypt(&mut self, batches: usize, desk: usize) -> bool {
        let later = self.later();
        let db = &self.desks[desk];
        let lease = match db.begin_reencryption(at()).await.unwrap() {
            Reencryption::NotDue => return false,
            Reencryption::Leased(lease) => lease,
            Reencryption::Known(id) => db.lease_job(id, later).await.unwrap().expect("nobody has leased it"),
        };
        let mut lease = JobLease { pace: two_at_once(), ..lease };
        for _ in 0..batches {
            match db.run_batch(&mut lease, now(), at()).await.unwrap() {
                BatchDone::More => {}
                BatchDone::Finished => break,
                BatchDone::Lost => panic!("nobody else has leased it"),
            }
        }
        true
    }

    /// What two orders of a job must have become.
    fn expect_batch(&mut self, nth: usize) {
        let two = self.jobs[nth].waiting.len().min(2);
        let items: Vec<(usize, i32)> = self.jobs[nth].waiting.drain(..two).collect();
        for (place, seen) in items {
            let order = self.orders[place].clone();
            if order.version != seen {
                continue;
            }
            let after = match self.jobs[nth].undoes {
                Some(undone) => {
                    let before = &self.jobs[undone].changed;
                    before.iter().find(|(one, ..)| *one == place).map(|(.., before)| before.clone())
                }
                None => match self.jobs[nth].action.apply(&order, now()) {
                    Ok(BulkStep::Change(after)) => Some(*after),
                    Ok(BulkStep::Cancel) => Some(Order { cancelled_at: Some(at()), ..order.clone() }),
                    Ok(BulkStep::Reopen) => Some(Order { cancelled_at: None, ..order.clone() }),
                    Err(_) => None,
                },
            };
            if let Some(after) = after {
                self.change(place, after);
                self.jobs[nth].changed.push((place, seen, order));
            }
        }
        self.jobs[nth].is_over = self.jobs[nth].waiting.is_empty();
    }

    async fn stop(&mut self, nth: usize) {
        let Some(job) = self.jobs.get_mut(nth).filter(|job| !job.is_over) else { return };
        assert!(self.desks[1].cancel_job(job.id, at()).await.unwrap());
        job.is_over = true;
    }

    async fn undo(&mut self, nth: usize) {
        let can = |job: &&ModelJob| {
            job.is_over && !job.is_undone && job.undoes.is_none() && !job.changed.is_empty()
        };
        let Some(job) = self.jobs.get(nth).filter(can) else { return };
        let (undo, count) = (BulkAction::Undo(job.id), job.changed.len());
        let mut waiting: Vec<(usize, i32)> =
            job.changed.iter().map(|(place, seen, _)| (*place, seen + 1)).collect();
        waiting.sort_unstable();
        let id = self.insert(undo.clone(), count, format!("undo/{}", job.id), Vec::new()).await;
        self.jobs[nth].is_undone = true;
        self.jobs.push(ModelJob {
            id,
            action: undo,
            waiting,
            changed: Vec::new(),
            is_over: false,
            is_undone: true,
            undoes: Some(nth),
        });
    }

    /// The orders are those of the model, with an event for each version; and each job has touched an order once at most.
    async fn check(&self) {
        for order in &self.orders {
            let found = self.desks[1].find_editable(order.number).await.unwrap().unwrap();
            assert_eq!(
                (found.version, found.order.dates, found.order.cancelled_at, found.order.quantity),
                (order.version, order.dates, order.cancelled_at, order.quantity),
                "{}",
                order.number
            );
            assert_eq!(found.history.len(), usize::try_from(order.version).unwrap());
            let mut by_job: BTreeMap<JobId, usize> = BTreeMap::new();
            for event in &found.history {
                assert!(event.kind != EventKind::Undone || event.job.is_some());
                if let Some(job) = event.job {
                    *by_job.entry(job).or_default() += 1;
                }
            }
            assert!(by_job.values().all(|times| *times == 1), "{by_job:?}");
        }
        for model in &self.jobs {
            let (job, _) = self.desks[0].find_job(model.id).await.unwrap().unwrap();
            assert_eq!((job.changed, job.state.is_over()), (model.changed.len() as u64, model.is_over));
        }
    }
}

#[test]
fn whatever_crosses_the_orders_are_as_the_model_says() {
    check_jobs(24, Site::in_a_folder);
}

/// Plays so many plans, each in a world of its own.
pub fn check_jobs<'a>(cases: u32, site: impl Fn() -> Site<'a>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let persistence = FileFailurePersistence::SourceParallel("proptest-regressions");
    let config = ProptestConfig {
        cases,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(persistence)),
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let moves = prop::collection::vec(any_move(), 10..40);
    runner
        .run(&moves, |moves| {
            runtime.block_on(async {
                let mut world = World::new(site()).await;
                for one in &moves {
                    world.play(one).await;
                }
                // Whoever is left goes on to the end.
                for nth in 0..world.jobs.len() {
                    world.run(nth, 20).await;
                }
                while world.reencrypt(20, 1).await {}
                world.check().await;
                world.desks.iter().for_each(Db::close);
            });
            Ok(())
        })
        .unwrap();
}
