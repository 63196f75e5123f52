//! What was acknowledged stays, whatever happens to the program.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::harness::program::{Desk, Folder, PATIENCE, form};
use crate::harness::wire::Wire;

/// Adds orders until the desk is gone and notes each that it acknowledged: number and customer.
fn add_until_the_end(desk: &Desk, thread: u32, acknowledged: &Mutex<BTreeMap<i64, String>>) {
    let Ok(mut wire) = Wire::connect(desk.address) else { return };
    for nth in 0.. {
        let customer = format!("{:08x}-{thread:04x}-4000-8000-{nth:012x}", desk.address.port());
        let Ok(answer) = wire.post("/orders", &form(&[("user_id", &customer)])) else { return };
        let number = answer.number();
        assert_eq!(
            acknowledged.lock().unwrap().insert(number, customer),
            None,
            "order {number} was added twice"
        );
    }
}

#[test]
fn no_acknowledged_order_is_lost_when_the_program_is_killed() {
    let folder = Folder::new();
    let acknowledged = Mutex::new(BTreeMap::new());
    for round in 1..=3 {
        let desk = folder.open_with(&[("ORDERS_LOG__REQUESTS", "false")]);
        let enough = acknowledged.lock().unwrap().len() + fastrand::usize(100..200);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let (desk, acknowledged) = (&desk, &acknowledged);
                scope.spawn(move || add_until_the_end(desk, thread, acknowledged));
            }
            let began = std::time::Instant::now();
            while acknowledged.lock().unwrap().len() < enough {
                assert!(began.elapsed() < PATIENCE, "{}", folder.log());
                std::thread::sleep(Duration::from_micros(fastrand::u64(100..3000)));
            }
            desk.signal("KILL");
        });
        desk.kill();

        let desk = folder.open();
        assert_eq!(desk.get("/").status, 200);
        let stored = folder.stored();
        for (number, customer) in acknowledged.lock().unwrap().iter() {
            assert_eq!(&stored.order(*number).user_id, customer, "round {round}");
        }
        stored.assert_sound();
        folder.assert_file_is_sound();
        desk.close();
    }
    assert!(acknowledged.lock().unwrap().len() >= 300);
}

#[test]
fn keys_and_numbers_survive_a_kill_right_after_the_start() {
    let folder = Folder::new();
    folder.open().kill();
    let keys = std::fs::read(folder.file("orders.keys")).unwrap();
    let desk = folder.open();
    assert_eq!(desk.add(&[]), 1);
    desk.kill();
    let desk = folder.open();
    assert_eq!(desk.add(&[]), 2);
    assert_eq!(std::fs::read(folder.file("orders.keys")).unwrap(), keys);
}
