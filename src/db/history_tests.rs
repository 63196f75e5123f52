//! What holds after any history of orders, on either database.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::Store;
use super::{
    CancelOrder, Db, DbError, InsertOrder, Inserted, ReopenOrder, SqliteOptions, UndoChange, UpdateOrder,
    Updated, azure_sql, sqlite,
};
use crate::order::{
    Actor, Dates, Day, Edit, Field, Now, OrderForm, OrderNumber, Submission, SystemTask, Timestamp,
};
use crate::transfer::Demo;

/// Something that is done to a database.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Add(Day),
    AddMany(Vec<Day>),
    /// To an order, by its place among those that were added: another date.
    Move(usize, Day),
    /// The same of anything else that is counted, if the rules allow it.
    Edit(usize, Field, String),
    Cancel(usize),
    Reopen(usize),
    /// Takes back whatever was done last.
    Undo(usize),
}

/// Days around the ends of months and years, so that histories meet on them.
fn any_day() -> impl Strategy<Value = Day> {
    let parts =
        (2023..=2025_i32, prop::sample::select(vec![1, 2, 12_u32]), prop::sample::select(vec![1, 28_u32]));
    parts.prop_filter_map("a day that is none", |(year, month, day)| Day::new(year, month, day))
}

fn any_edit() -> impl Strategy<Value = (Field, String)> {
    let texts = |field, texts: &'static [&'static str]| {
        prop::sample::select(texts).prop_map(move |text| (field, text.to_owned()))
    };
    let dates: &[&str] = &["", "2026-03-01 09:00:00", "2026-03-02 18:30:00", "2026-03-03 00:00:00"];
    prop_oneof![
        texts(Field::StoreCode, &["HI-9B97EE4E", "HI-9B000000", "WEB-1388012W"]),
        texts(Field::ProductCode, &["R7-3126933h", "Z9-0000001z"]),
        (1..5_i32).prop_map(|quantity| (Field::Quantity, quantity.to_string())),
        texts(Field::ShippingDate, dates),
        texts(Field::DeliveryDate, dates),
    ]
}

pub(super) fn any_history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => any_day().prop_map(Step::Add),
        1 => prop::collection::vec(any_day(), 1..6).prop_map(Step::AddMany),
        4 => (any::<usize>(), any_day()).prop_map(|(place, day)| Step::Move(place, day)),
        4 => (any::<usize>(), any_edit()).prop_map(|(place, (field, text))| Step::Edit(place, field, text)),
        2 => any::<usize>().prop_map(Step::Cancel),
        2 => any::<usize>().prop_map(Step::Reopen),
        3 => any::<usize>().prop_map(Step::Undo),
    ];
    prop::collection::vec(step, 1..16)
}

fn now() -> Timestamp {
    Timestamp::parse("2026-03-04 12:00:00").unwrap()
}

fn entry(day: Day) -> InsertOrder {
    let mut order = Demo::sample(1, fastrand::u64(..)).next().unwrap();
    order.dates = Dates::recorded(day.start(), None, None);
    InsertOrder::by_system(SystemTask::Seed, order, now())
}

pub(super) async fn live_through(db: &Db, history: &[Step]) -> Result<(), DbError> {
    let mut last = 0_i64;
    let nth = |place: usize, last: i64| {
        let place = i64::try_from(place % 1000).unwrap();
        OrderNumber::new(place.checked_rem(last).unwrap_or_default() + 1).unwrap()
    };
    for step in history {
        match step {
            Step::Add(day) => {
                let Inserted::Added(number) = db.insert_order(&entry(*day)).await? else { continue };
                last = last.max(number.get());
            }
            Step::AddMany(days) => {
                let cancelled = |nth: usize| (nth % 3 == 2).then(now);
                let entries: Vec<InsertOrder> = (0..)
                    .zip(days)
                    .map(|(nth, day)| InsertOrder { cancelled_at: cancelled(nth), ..entry(*day) })
                    .collect();
                let added = db.insert_orders(&entries).await?;
                assert_eq!(added, entries.len());
                last += i64::try_from(added).unwrap();
            }
            Step::Move(place, day) => {
                let Some(found) = db.find_editable(nth(*place, last)).await? else { continue };
                let mut form = OrderForm::of(&found.order);
                form.set(Field::OrderDate, day.start().text().to_string());
                // What was edited before may have dates that another day does not go with.
                let Ok(edit) = Edit::parse(&form, &found.order, Now::in_utc(now())) else { continue };
                let update = UpdateOrder {
                    found: &found,
                    edit: &edit,
                    seen: found.version,
                    by: Actor::Desk,
                    client: None,
                    at: now(),
                    submission: Submission::new(uuid::Uuid::new_v4(), &form),
                };
                let updated = db.update_order(&update).await?;
                let is_cancelled = found.order.cancelled_at.is_some();
                assert_eq!(
                    matches!(updated, Updated::Done),
                    !is_cancelled && found.order.dates.ordered() != day.start()
                );
            }
            Step::Edit(place, field, text) => {
                let Some(found) = db.find_editable(nth(*place, last)).await? else { continue };
                let mut form = OrderForm::of(&found.order);
                form.set(*field, text.clone());
                let Ok(edit) = Edit::parse(&form, &found.order, Now::in_utc(now())) else { continue };
                let update = UpdateOrder {
                    found: &found,
                    edit: &edit,
                    seen: found.version,
                    by: Actor::Desk,
                    client: None,
                    at: now(),
                    submission: Submission::new(uuid::Uuid::new_v4(), &form),
                };
                db.update_order(&update).await?;
            }
            Step::Cancel(place) => {
                let Some(found) = db.find_editable(nth(*place, last)).await? else { continue };
                let submission = Submission::new(uuid::Uuid::new_v4(), &OrderForm::default());
                let seen = found.version;
                db.cancel_order(CancelOrder {
                    found,
                    seen,
                    reason: None,
                    by: Actor::Desk,
                    client: None,
                    at: now(),
                    submission,
                })
                .await?;
            }
            Step::Reopen(place) => {
                let Some(found) = db.find_editable(nth(*place, last)).await? else { continue };
                let submission = Submission::new(uuid::Uuid::new_v4(), &OrderForm::default());
                let (seen, was_cancelled) = (found.version, found.order.cancelled_at.is_some());
                let (by, client, at) = (Actor::Desk, None, now());
                let reopening = ReopenOrder { found, seen, by, client, at, submission };
                let updated = db.reopen_order(reopening).await?;
                assert_eq!(matches!(updated, Updated::Done), was_cancelled);
            }
            Step::Undo(place) => {
                let Some(found) = db.find_editable(nth(*place, last)).await? else { continue };
                let submission = Submission::new(uuid::Uuid::new_v4(), &OrderForm::default());
                let (version, by, client, at) = (found.version, Actor::Desk, None, now());
                let undo = UndoChange { found: &found, version, by, client, at, submission };
                let updated = db.undo_change(&undo).await?;
                assert_eq!(matches!(updated, Updated::Done), found.before_last_change().is_ok());
            }
        }
    }
    Ok(())
}

/// The calendar without empty periods, and what it has to be.
async fn kept_and_counted(db: &Db) -> [BTreeMap<i32, i64>; 2] {
    let found = match &db.store {
        Store::Sqlite(store) => store.read("a test", sqlite::queries::calendar::kept_and_counted).await,
        Store::SqlServer(store) => {
            store
                .read("a test", async |conn: &mut azure_sql::Conn| {
                    azure_sql::queries::calendar::kept_and_counted(conn).await
                })
                .await
        }
    };
    found.unwrap()
}

/// Lives through some histories, one after the other.
pub(super) async fn check_counts(db: &Db) {
    let mut runner = TestRunner::default();
    for _ in 0..6 {
        let history = any_history().new_tree(&mut runner).unwrap().current();
        live_through(db, &history).await.unwrap();
        let [kept, counted] = kept_and_counted(db).await;
        assert_eq!(kept, counted, "{history:?}");
    }
}

/// Asserts that the calendar says what counting gives.
pub(super) async fn assert_counted(db: &Db) {
    let [kept, counted] = kept_and_counted(db).await;
    assert_eq!(kept, counted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_what_counting_gives_after_any_history() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), 1);
    check_counts(&options.open().unwrap()).await;
}
