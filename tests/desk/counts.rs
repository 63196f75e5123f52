//! Counts that are kept: lists that are longer than anybody counts, and the command that compares and mends.

use crate::harness::program::Folder;
use crate::harness::server_database::is_skipped_on_server;

fn checked(folder: &Folder) -> String {
    let said = folder.orders(&["check", "--counts"]).assert().success();
    let words = String::from_utf8_lossy(&said.get_output().stdout).into_owned();
    let first = format!("{}: comparing counts with the orders …\n", folder.database_name());
    words.strip_prefix(&first).unwrap_or_else(|| panic!("{words}")).to_owned()
}

#[test]
fn counts_that_something_else_has_changed_are_told_and_mended() {
    let folder = Folder::seeded(40);
    let whole = format!("{}: each count is what counting gives\n", folder.database_name());
    assert_eq!(checked(&folder), whole);
    let desk = folder.open();
    desk.add(&[("store_code", "HI-9B97EE4E"), ("order_date", "2026-03-01 09:00:00")]);
    let before = desk.stored();
    folder.database().execute(
        "UPDATE kept_counts SET orders = orders + 2 WHERE code = 'HI-9B97EE4E' AND period > 9999; \
         DELETE FROM kept_counts WHERE kind = 'shipping' AND period <= 9999; \
         UPDATE order_counts SET orders = orders + 1 WHERE period = 2026",
    );
    // Beside a desk that serves.
    let said = checked(&folder);
    let mended = format!("{}: {} counts mended\n", folder.database_name(), said.lines().count() - 1);
    assert!(said.ends_with(&mended), "{said}");
    for line in [
        "store HI-9B97EE4E, ordered on 2026-03-01: 3 orders instead of 1\n",
        "calendar, ordered in 2026: 2 orders instead of 1\n",
        "shipped in 20",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert_eq!(desk.stored().kept, before.kept);
    desk.stored().assert_sound();
    assert_eq!(checked(&folder), whole);
}

#[test]
fn only_some_of_many_wrong_counts_are_listed() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    folder.database().execute("DELETE FROM kept_counts");
    let said = checked(&folder);
    assert_eq!(said.lines().count(), 102, "{said}");
    assert!(said.lines().nth(100).unwrap().starts_with("and "), "{said}");
    folder.stored().assert_sound();
}

/// How many orders a long list has is known all the same, and any of its pages is there.
#[test]
fn a_list_beyond_ten_thousand_has_its_number_and_its_pages() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(1);
    folder
        .sqlite()
        .execute_batch(
            "WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 10100) \
             INSERT INTO orders (date_uuid, user_id, store_code, product_code, product_quantity, order_date, \
             shipping_date, delivery_date, card_brand, card_last4, card_sealed, card_seal_key, card_hash, \
             card_hash_key, flags, version, created_at, created_by, updated_at, updated_by) \
             SELECT printf('%08d-0000-4000-8000-000000000000', n), user_id, store_code, product_code, n % 9 + 1, \
             datetime('2024-01-01', n || ' hours'), datetime('2025-03-01'), datetime('2025-03-02'), card_brand, \
             card_last4, card_sealed, card_seal_key, card_hash, card_hash_key, 0, 1, created_at, created_by, \
             updated_at, updated_by FROM counter JOIN orders ON number = 1",
        )
        .unwrap();
    let desk = folder.open();
    let stored = folder.stored();
    let delivered: Vec<i64> = stored
        .orders
        .iter()
        .filter(|row| row.delivery_date.is_some() && row.cancelled_at.is_none())
        .map(|row| row.number)
        .collect();
    assert!(delivered.len() > 10_000, "{} of {}", delivered.len(), stored.orders.len());
    let thousands = format!("{},{:03}", delivered.len() / 1000, delivered.len() % 1000);
    let last = delivered.len().div_ceil(25);
    let first = desk.get("/?status=delivered");
    assert!(first.text().contains(&format!("1 to 25 of {thousands}")), "{}", first.text());
    for number in [last, last - 1, 400] {
        let page = desk.get(&format!("/?status=delivered&page={number}"));
        assert_eq!(page.status, 200);
        let expected: Vec<i64> = delivered.iter().skip((number - 1) * 25).take(25).copied().collect();
        assert_eq!(page.page().numbers(), expected, "page {number}");
    }
    // Beyond the last there is the last.
    let beyond = desk.get(&format!("/?status=delivered&page={}", last + 9));
    assert_eq!(beyond.header("location"), Some(&*format!("/?status=delivered&page={last}")));
}
