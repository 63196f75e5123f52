//! One action on 10,000 orders, and a clerk who saves one order after the other meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use crate::cell::grouped;
use crate::clerk::{clerk, p99};
use crate::programs::{Program, Seeded};

const ROUNDS: usize = 3;
const ORDERS: u64 = 10_000;
/// How long the clerk saves alone, before the action.
const ALONE: Duration = Duration::from_secs(3);
/// How often the page is asked whether the action is done.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The generator's newest orders are of that time: so they can be shipped on its last day.
const FROM: &str = "2024-12-01";
const UNTIL: &str = "2026-10-01";

/// Prints a table: seconds, and the 99th percentile of the clerk's saves, each durable, alone and meanwhile.
pub fn measure(seeded: &Seeded) -> Result<()> {
    println!("\n| {} of {} orders marked as shipped | |", grouped(ORDERS), grouped(seeded.orders));
    println!("|---|---:|");
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        let copy = seeded.copy()?;
        let database = copy.path().join("orders.db");
        leave_to_ship(&database)?;
        let desk = Program::desk(&database)?;
        let wait = || {
            std::thread::sleep(ALONE);
            Ok(())
        };
        let ((), alone) = clerk(desk.address, wait)?;
        let (took, meanwhile) = clerk(desk.address, || ship_all(desk.address))?;
        eprintln!("round {round}: {:.2} s, {} saves meanwhile", took.as_secs_f64(), meanwhile.len());
        rounds.push((took, p99(alone)?, p99(meanwhile)?));
    }
    rounds.sort_by_key(|round| round.0);
    let (took, alone, meanwhile) = rounds.swap_remove(ROUNDS / 2);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("| The action, from its button to its end | {:.2} s |", took.as_secs_f64());
    println!("| A clerk's save alone, 99th percentile | {:.1} ms |", milliseconds(alone));
    println!("| The same meanwhile | {:.1} ms |", milliseconds(meanwhile));
    Ok(())
}

/// Makes exactly so many orders such as nothing has happened to yet.
fn leave_to_ship(database: &Path) -> Result<()> {
    let database = Connection::open(database)?;
    let within = format!("order_date >= '{FROM}' AND order_date < '{UNTIL}'");
    database.execute_batch(&format!(
        "UPDATE orders SET shipping_date = order_date, delivery_date = NULL, cancelled_at = NULL WHERE {within};
         UPDATE orders SET shipping_date = NULL WHERE number IN
             (SELECT number FROM orders WHERE {within} ORDER BY date_uuid LIMIT {ORDERS});
         PRAGMA wal_checkpoint(TRUNCATE);"
    ))?;
    Ok(())
}

/// Lets an action run on all of the list, as its pages do; the time from the button to the end.
fn ship_all(address: SocketAddr) -> Result<Duration> {
    let list = format!("/bulk?status=to-ship&ordered_from={FROM}&ordered_to=2026-09-30");
    let (head, _) = ask(address, "POST", &list, "do=all&on=today")?;
    let job = line(&head, "location: ")?.to_owned();
    ask(address, "POST", &job, &format!("do=ship&on={UNTIL}"))?;
    let (_, question) = ask(address, "GET", &job, "")?;
    ensure!(
        question.contains(&format!("{} orders will be marked as shipped", grouped(ORDERS))),
        "{question}"
    );
    let shown = question.split_once("name=\"shown\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let (shown, _) = shown.context("the page does not say what was shown")?;
    let begun = Instant::now();
    ask(address, "POST", &format!("{job}/run"), &format!("shown={shown}"))?;
    loop {
        let (_, page) = ask(address, "GET", &job, "")?;
        if page.contains(&format!("{} marked as shipped.", grouped(ORDERS))) && page.contains(">Done<") {
            return Ok(begun.elapsed());
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// The head and the body of an answer.
fn ask(address: SocketAddr, method: &str, path: &str, form: &str) -> Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no whole answer")?;
    ensure!(head.starts_with("HTTP/1.1 200 ") || head.starts_with("HTTP/1.1 303 "), "{path}: {answer}");
    Ok((head.to_owned(), body.to_owned()))
}

fn line<'a>(head: &'a str, name: &str) -> Result<&'a str> {
    let line = head.lines().find_map(|line| line.strip_prefix(name));
    line.with_context(|| format!("an answer without {name}"))
}
