//! The desk's lists, filtered and sorted, each beside page 1 of all orders in the same round.

use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::Connection;

use crate::load::{self, Ask, Rate};
use crate::programs::{Program, Seeded};

const ROUNDS: usize = 3;
/// Of page 1 and of the list, in turn.
const MEASURED: Duration = Duration::from_secs(1);
/// How many different values a filter is asked for, so that few answers were counted a moment ago.
const VALUES: usize = 40;

/// Prints a table: the times of each list, and how many times as long its median is as that of page 1.
pub fn measure(seeded: &Seeded) -> Result<()> {
    let desk = Program::desk(&seeded.database)?;
    println!(
        "\n| {} orders: the list | median, ms | 99th percentile, ms | median to page 1 |",
        seeded.orders
    );
    println!("|---|---:|---:|---:|");
    for (what, lists) in lists(&Connection::open(&seeded.database)?)? {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let all = load::run_for(desk.address, Ask::Page(1), MEASURED)?;
            let rate =
                load::run_for(desk.address, Ask::Lists(&lists), MEASURED).with_context(|| what.to_owned())?;
            let share = rate.median.as_secs_f64() / all.median.as_secs_f64();
            eprintln!("{what}: {share:.2}");
            rounds.push((share, rate));
        }
        rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (share, Rate { median, p99, .. }) = rounds.swap_remove(ROUNDS / 2);
        let [median, p99] = [median, p99].map(|time| time.as_secs_f64() * 1000.0);
        println!("| {what} | {median:.2} | {p99:.2} | {share:.2} |");
    }
    println!("\nResident at its peak: {}.", desk.memory()?.shown);
    Ok(())
}

/// What each list is called, and the query strings that are asked for in turn.
fn lists(database: &Connection) -> Result<Vec<(&'static str, Vec<String>)>> {
    let texts = |column: &str| -> Result<Vec<String>> {
        // Some of the orders, wherever they are.
        let sql = format!("SELECT {column} FROM orders WHERE number % 24989 = 7 LIMIT {VALUES}");
        let mut statement = database.prepare(&sql)?;
        let texts = statement.query_map([], |row| row.get(0))?;
        Ok(texts.collect::<Result<_, _>>()?)
    };
    let asked = |parameters: &str, values: Vec<String>| -> Vec<String> {
        values.into_iter().map(|value| format!("?{parameters}{value}")).collect()
    };
    let (stores, days) = (texts("store_code")?, texts("substr(order_date, 1, 10)")?);
    let shipped = texts("substr(coalesce(shipping_date, order_date), 1, 10)")?;
    let range = |name: &str, sort: &str| -> Vec<String> {
        shipped.iter().map(|day| format!("?{name}_from={day}&{name}_to={day}&sort={sort}")).collect()
    };
    let numbers: Vec<String> = texts("CAST(number AS TEXT)")?;
    let mut lists = vec![
        ("A store", asked("store=", stores.clone())),
        ("The web store", asked("store=", vec!["WEB-1388012W".to_owned()])),
        ("A product", asked("product=", texts("product_code")?)),
        ("A customer", asked("customer=", texts("user_id")?)),
        ("A customer, by the beginning", asked("customer=", texts("substr(user_id, 1, 8)")?)),
        ("An order, by the beginning of its UUID", asked("uuid=", texts("substr(date_uuid, 1, 8)")?)),
        ("A brand", asked("brand=", texts("card_brand")?)),
        ("The last four digits", asked("last4=", texts("card_last4")?)),
        ("The same card", asked("same_card_as=", numbers)),
        ("To ship", vec!["?status=to-ship&sort=ordered".to_owned()]),
        ("Late", vec!["?older_than=3&sort=ordered".to_owned()]),
        ("On the way", vec!["?status=shipped".to_owned()]),
        ("Delivered", vec!["?status=delivered".to_owned()]),
        ("A day", days.iter().map(|day| format!("?ordered_from={day}&ordered_to={day}")).collect()),
        (
            "A store since a day",
            stores
                .iter()
                .zip(&days)
                .map(|(store, day)| format!("?store={store}&ordered_from={day}"))
                .collect(),
        ),
        (
            "A store, delivered",
            stores.iter().map(|store| format!("?store={store}&status=delivered")).collect(),
        ),
        ("A store, to ship", stores.iter().map(|store| format!("?store={store}&status=to-ship")).collect()),
        ("All, in the middle, behind an order", asked("page=20000&after=", texts("CAST(number AS TEXT)")?)),
    ];
    for (what, sort) in [
        ("All, oldest first", "ordered"),
        ("All by number", "-number"),
        ("All by status", "status"),
        ("All by store", "store"),
        ("All by store, from the end", "-store"),
        ("All by product", "product"),
        ("All by quantity", "-quantity"),
        ("All by brand", "card"),
        ("All by shipping date", "-shipped"),
        ("All by delivery date", "-delivered"),
        ("All by customer", "customer"),
        ("All by UUID", "uuid"),
    ] {
        lists.push((what, vec![format!("?sort={sort}")]));
    }
    lists.push(("Shipped on a day, last shipped first", range("shipped", "-shipped")));
    lists.push(("Delivered on a day, last delivered first", range("delivered", "-delivered")));
    lists.push((
        "A range of quantities, largest first",
        vec!["?quantity_from=3&quantity_to=5&sort=-quantity".to_owned()],
    ));
    lists.push(("Shipped on a day, newest first", range("shipped", "-ordered")));
    lists.push((
        "A brand and a quantity, by product",
        vec!["?brand=visa&quantity_from=9&sort=product".to_owned()],
    ));
    lists.push((
        "What nobody has: a brand and a far quantity",
        vec!["?brand=jcb&quantity_from=9000".to_owned()],
    ));
    lists.push(("Changed by the desk", vec!["?by=desk".to_owned()]));
    Ok(lists)
}
