//! What holds after any changes of an order that are taken back, on either database.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::{
    CancelOrder, Db, Editable, InsertOrder, Inserted, ReopenOrder, SqliteOptions, UndoChange, UpdateOrder,
    Updated,
};
use crate::order::{
    Actor, Changes, Edit, EventKind, Field, LocalTime, Note, Now, Order, OrderForm, OrderNumber,
    QualityFlags, Submission, SystemTask, Timestamp, UndoError, UserId,
};
use crate::transfer::Demo;

/// Something that is done to an order.
#[derive(Debug, Clone)]
enum Act {
    Quantity(i32),
    /// Another customer, whom the card is sealed to.
    Customer(u128),
    /// Another day, so the calendar counts it elsewhere.
    OrderedDaysAgo(i64),
    NoShippingDate,
    Card,
    Ship,
    Cancel,
    Reopen,
    Undo,
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => (1..=10_000_i32).prop_map(Act::Quantity),
        1 => any::<u128>().prop_map(Act::Customer),
        1 => (0..900_i64).prop_map(Act::OrderedDaysAgo),
        1 => Just(Act::NoShippingDate),
        1 => Just(Act::Card),
        1 => Just(Act::Ship),
        2 => Just(Act::Cancel),
        2 => Just(Act::Reopen),
        6 => Just(Act::Undo),
    ]
}

fn now() -> Timestamp {
    Timestamp::parse("2026-03-04 12:00:00").unwrap()
}

fn form() -> Submission {
    Submission::new(uuid::Uuid::new_v4(), &OrderForm::default())
}

async fn found(db: &Db, number: OrderNumber) -> Editable {
    db.find_editable(number).await.unwrap().unwrap()
}

/// What an act makes of the order's fields; none for the other acts, and where a rule forbids it.
fn edit_of(act: &Act, order: &Order) -> Option<Edit> {
    let mut order_form = OrderForm::of(order);
    let (field, text) = match act {
        Act::Quantity(quantity) => (Field::Quantity, quantity.to_string()),
        Act::Customer(bytes) => {
            (Field::UserId, UserId::from(uuid::Uuid::from_u128(*bytes)).as_str().to_owned())
        }
        Act::OrderedDaysAgo(days) => {
            let date = LocalTime::new(now().get() - chrono::TimeDelta::days(*days));
            (Field::OrderDate, date.text().to_string())
        }
        Act::NoShippingDate => (Field::ShippingDate, String::new()),
        Act::Card => (Field::CardNumber, "5555 5555 5555 4444".to_owned()),
        Act::Ship => return Edit::ship(order, LocalTime::new(now().get())).ok(),
        Act::Cancel | Act::Reopen | Act::Undo => return None,
    };
    order_form.set(field, text);
    Edit::parse(&order_form, order, Now::in_utc(now())).ok()
}

async fn done(db: &Db, before: Editable, act: &Act) -> Updated {
    let (seen, by, client, at) = (before.version, Actor::Desk, None, now());
    match act {
        Act::Cancel => {
            let reason = Note::parse("No longer wanted", false).unwrap();
            let cancellation =
                CancelOrder { found: before, seen, reason, by, client, at, submission: form() };
            db.cancel_order(cancellation).await.unwrap()
        }
        Act::Reopen => {
            let reopening = ReopenOrder { found: before, seen, by, client, at, submission: form() };
            db.reopen_order(reopening).await.unwrap()
        }
        Act::Undo => {
            let undo = UndoChange { found: &before, version: seen, by, client, at, submission: form() };
            db.undo_change(&undo).await.unwrap()
        }
        _ => {
            let Some(edit) = edit_of(act, &before.order) else { return Updated::Unchanged };
            let update =
                UpdateOrder { found: &before, edit: &edit, seen, by, client, at, submission: form() };
            db.update_order(&update).await.unwrap()
        }
    }
}

fn assert_same(one: &Order, other: &Order, why: &str) {
    let all = [one, other].map(|order| (order.user_id, order.cancelled_at, order.flags, order.card));
    assert_eq!(all[0], all[1], "{why}");
    assert!(Changes::between(one, other, false).is_empty(), "{why}: {one:?} {other:?}");
}

/// Lives through acts on one order, with the order as it was in each of its versions.
async fn live_through(db: &Db, number: OrderNumber, acts: &[Act]) {
    let mut versions = vec![found(db, number).await.order];
    for act in acts {
        let before = found(db, number).await;
        let (was, event) = (before.order.clone(), before.history[0].clone());
        let updated = done(db, before, act).await;
        let after = found(db, number).await;
        let why = format!("{act:?} of {acts:?}");
        match (act, &updated) {
            (Act::Undo, Updated::NotUndoable(error)) => {
                let is_card = event.changes.all().iter().any(|change| change.field == Field::CardNumber);
                assert_eq!(*error, if is_card { UndoError::Card } else { UndoError::Added }, "{why}");
                assert!(is_card || versions.len() == 1, "{why}");
            }
            (Act::Undo, updated) => {
                assert!(matches!(updated, Updated::Done), "{why} {updated:?}");
                assert_same(&after.order, &versions[versions.len() - 2], &why);
                assert_eq!(after.history[0].kind, EventKind::Undone, "{why}");
                assert_eq!(after.history[0].detail.undoes, Some(event.version), "{why}");
            }
            (Act::Cancel, Updated::Done) => assert_eq!(after.order.cancelled_at, Some(now()), "{why}"),
            (Act::Cancel, updated) => {
                assert!(was.cancelled_at.is_some() && matches!(updated, Updated::Conflict(_)), "{why}");
            }
            (Act::Reopen, Updated::Done) => assert_eq!(after.order.cancelled_at, None, "{why}"),
            (Act::Reopen, updated) => {
                assert!(was.cancelled_at.is_none() && matches!(updated, Updated::Unchanged), "{why}");
            }
            (_, updated) => assert_eq!(
                matches!(updated, Updated::Done),
                !Changes::between(&was, &after.order, after.history[0] != event).is_empty(),
                "{why}"
            ),
        }
        if matches!(updated, Updated::Done) {
            versions.push(after.order.clone());
        } else {
            assert_same(&after.order, &was, &why);
        }
        assert_eq!(usize::try_from(after.version).unwrap(), versions.len(), "{why}");
        assert_eq!(after.history.len(), versions.len(), "{why}");
        let key = (&after.order.date_uuid, &after.order.user_id);
        assert!(db.keys().open(&after.card, key).is_ok(), "{why}: the card is sealed to another customer");
    }
    let newest = found(db, number).await;
    for (version, order) in (1..).zip(&versions) {
        let told = newest.at_version(version).unwrap();
        assert_eq!(told.cancelled_at, order.cancelled_at, "version {version} of {acts:?}");
        assert!(Changes::between(&told, order, false).is_empty(), "version {version} of {acts:?}");
    }
}

/// Lives through some lives of orders, one after the other.
pub(super) async fn check_undo(db: &Db) {
    let mut runner = TestRunner::default();
    for seed in 0..24 {
        let acts = prop::collection::vec(any_act(), 1..14).new_tree(&mut runner).unwrap().current();
        let until = LocalTime::new(now().get());
        let mut order = Demo::new(1, seed, true, until).next().unwrap().order;
        order.flags |= QualityFlags::USER_ID;
        let entry = InsertOrder::by_system(SystemTask::Seed, order, now());
        let Inserted::Added(number) = db.insert_order(&entry).await.unwrap() else { continue };
        live_through(db, number, &acts).await;
    }
    let mut walk = db.walk_history(1000).await.unwrap();
    while let Some((_, gaps)) = walk.step().await.unwrap() {
        assert_eq!(gaps, []);
    }
    super::history_tests::assert_counted(db).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_back_the_last_change_leads_to_the_order_before() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), 1);
    check_undo(&options.open().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_back_of_an_order_that_somebody_has_touched_since() {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
    let order = Demo::sample(1, 1).next().unwrap();
    let entry = InsertOrder::by_system(SystemTask::Seed, order, now());
    let Inserted::Added(number) = db.insert_order(&entry).await.unwrap() else { panic!("it is there") };
    let added = found(&db, number).await;
    assert!(matches!(done(&db, added.clone(), &Act::Quantity(17)).await, Updated::Done));
    let changed = found(&db, number).await;
    assert!(matches!(done(&db, changed.clone(), &Act::Quantity(18)).await, Updated::Done));

    // One who knows the newest version, and one who does not.
    for (found_then, version) in [(found(&db, number).await, 2), (changed, 2)] {
        let undo = UndoChange {
            found: &found_then,
            version,
            by: Actor::Desk,
            client: None,
            at: now(),
            submission: form(),
        };
        let Updated::Conflict(newest) = db.undo_change(&undo).await.unwrap() else { panic!("a conflict") };
        assert_eq!((newest.version, newest.order.quantity.get()), (3, 18));
    }

    // The same form twice takes back one change.
    let newest = found(&db, number).await;
    let submission = form();
    for expected in ["Done", "DuplicateSubmission"] {
        let undo = UndoChange {
            found: &newest,
            version: 3,
            by: Actor::Desk,
            client: None,
            at: now(),
            submission: submission.clone(),
        };
        assert_eq!(format!("{:?}", db.undo_change(&undo).await.unwrap()), expected);
    }
    assert_eq!(found(&db, number).await.order.quantity.get(), 17);
}
