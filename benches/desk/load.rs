//! The load generator: keep-alive connections that each ask, wait for the whole answer, and ask again.
//!
//! One thread, and no more work for an answer than checking it takes: it shares the machine with what it
//! measures.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::str::from_utf8;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::cell::{Cell, grouped};

pub const CONNECTIONS: usize = 16;
pub const MEASURED: Duration = Duration::from_secs(5);
/// Of one who saves one order after the other.
const BETWEEN_SAVES: Duration = Duration::from_millis(10);

/// What every connection asks for, again and again.
#[derive(Clone, Copy)]
pub enum Ask<'a> {
    /// A page of the list.
    Page(u64),
    /// The same as a browser asks: with gzip, which the bare program does not know.
    GzipPage(u64),
    /// The page of an order, each time of another; they are numbered from 1.
    AnyOrder { orders: u64 },
    /// The same as a browser asks.
    GzipOrder { orders: u64 },
    /// Each time another of some lists, by their query strings.
    Lists(&'a [String]),
    /// A new order.
    Add,
    /// Page 1 for somebody who has signed in, by the session's token.
    SignedIn(&'a str),
}

impl Display for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(page) => write!(f, "List, page {}", grouped(*page)),
            Self::GzipPage(page) => write!(f, "List, page {}, as a browser asks", grouped(*page)),
            Self::AnyOrder { .. } => f.write_str("An order's page"),
            Self::GzipOrder { .. } => f.write_str("An order's page, as a browser asks"),
            Self::Lists(lists) => write!(f, "/{}", lists.first().map_or("", String::as_str)),
            Self::Add => f.write_str("Adding orders"),
            Self::SignedIn(_) => f.write_str("List, page 1, signed in"),
        }
    }
}

impl Ask<'_> {
    fn request(self, host: SocketAddr) -> String {
        let path = match self {
            Self::Page(1) | Self::GzipPage(1) | Self::SignedIn(_) => "/".to_owned(),
            Self::Page(page) | Self::GzipPage(page) => format!("/?page={page}"),
            Self::AnyOrder { orders } | Self::GzipOrder { orders } => {
                format!("/orders/{}", 1 + Uuid::new_v4().as_u64_pair().1 % orders)
            }
            Self::Lists(lists) => {
                let place = Uuid::new_v4().as_u64_pair().1 % lists.len().max(1) as u64;
                let list = usize::try_from(place).ok().and_then(|place| lists.get(place));
                format!("/{}", list.map_or("", String::as_str))
            }
            Self::Add => {
                let form = any_form();
                return format!(
                    "POST /orders HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                    form.len()
                );
            }
        };
        let coding = match self {
            Self::GzipPage(_) | Self::GzipOrder { .. } => "Accept-Encoding: gzip, deflate, br, zstd\r\n",
            _ => "",
        };
        let cookie = match self {
            Self::SignedIn(token) => format!("Cookie: orders-session={token}\r\n"),
            _ => String::new(),
        };
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{coding}{cookie}\r\n")
    }
}

/// An order of another customer, store, product and card each time: indexes are not entered in one place alone, and no
/// order looks like a second entry of another one.
fn any_form() -> String {
    let (random, more) = Uuid::new_v4().as_u64_pair();
    let (date_uuid, user_id) = (Uuid::new_v4(), Uuid::from_u128(u128::from(random) << 64 | 7));
    let (store, product, quantity) = (random % 441 * 7_654_321, more % 1846 * 5417, 1 + more % 14);
    let card = with_check_digit(&format!("4{:014}", more % 100_000_000_000_000));
    format!(
        "date_uuid={date_uuid}&user_id={user_id}&card_number={card}&store_code=HI-{store:08X}\
         &product_code=R7-{product:07}h&product_quantity={quantity}&order_date=2022-03-04+12%3A00\
         &shipping_date=&delivery_date="
    )
}

/// A card's number with the digit behind it that fits (ISO/IEC 7812-1, annex B).
pub fn with_check_digit(payload: &str) -> String {
    let sum: u32 = payload
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            value / 10 + value % 10
        })
        .sum();
    format!("{payload}{}", (10 - sum % 10) % 10)
}

/// What came of a load: answers a second, and how long they took.
pub struct Rate {
    pub per_second: f64,
    pub median: Duration,
    pub p99: Duration,
    /// All of them, those of the warm-up too.
    pub answers: u64,
}

impl Rate {
    pub fn cell(&self) -> Cell {
        let [median, p99] = [self.median, self.p99].map(|time| time.as_secs_f64() * 1000.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far inside the range")]
        let per_second = grouped(self.per_second.round() as u64);
        Cell { shown: format!("{per_second} ({median:.2}, {p99:.2} ms)"), value: Some(self.per_second) }
    }
}

/// Puts the load on a program; any answer that is not as expected ends it.
pub fn run(address: SocketAddr, ask: Ask<'_>) -> Result<Rate> {
    run_for(address, ask, MEASURED)
}

/// The same for so long, behind a warm-up.
pub fn run_for(address: SocketAddr, ask: Ask<'_>, measured: Duration) -> Result<Rate> {
    runtime()?.block_on(async {
        let from = Instant::now() + measured / 5;
        let until = from + measured;
        let connections = (0..CONNECTIONS).map(|_| keep_asking(address, ask, from, until));
        let (mut times, mut answers) = (Vec::new(), 0);
        for (some, count) in try_join_all(connections).await? {
            times.extend(some);
            answers += count;
        }
        times.sort_unstable();
        let at = |percent| times.get(times.len() * percent / 100).copied().context("no answer in time");
        let per_second = f64::from(u32::try_from(times.len())?) / measured.as_secs_f64();
        Ok(Rate { per_second, median: at(50)?, p99: at(99)?, answers })
    })
}

/// The times of the answers asked for since `from`, and how many there were in all.
async fn keep_asking(
    address: SocketAddr,
    ask: Ask<'_>,
    from: Instant,
    until: Instant,
) -> Result<(Vec<Duration>, u64)> {
    let mut client = Client::connect(address).await?;
    let (mut times, mut answers) = (Vec::with_capacity(1 << 16), 0);
    loop {
        let asked = Instant::now();
        if asked >= until {
            return Ok((times, answers));
        }
        client.ask(ask).await?;
        answers += 1;
        if asked >= from {
            times.push(asked.elapsed());
        }
    }
}

/// Adds one order after the other on one connection, until it is over; how long each took.
pub fn saves(address: SocketAddr, is_over: impl Fn() -> bool) -> Result<Vec<Duration>> {
    runtime()?.block_on(async {
        let (mut client, mut times) = (Client::connect(address).await?, Vec::new());
        while !is_over() {
            let asked = Instant::now();
            client.ask(Ask::Add).await?;
            times.push(asked.elapsed());
            std::thread::sleep(BETWEEN_SAVES);
        }
        Ok(times)
    })
}

/// One answer, with its head.
pub fn page(address: SocketAddr, ask: Ask<'_>) -> Result<String> {
    Ok(String::from_utf8(answer(address, ask)?)?)
}

/// The bytes of one answer, with its head.
pub fn answer(address: SocketAddr, ask: Ask<'_>) -> Result<Vec<u8>> {
    runtime()?.block_on(async {
        let mut client = Client::connect(address).await?;
        client.ask(ask).await?;
        Ok(client.answer)
    })
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_io().build()?)
}

struct Client {
    host: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    async fn connect(host: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { host, stream, answer: Vec::with_capacity(1 << 16) })
    }

    async fn ask(&mut self, ask: Ask<'_>) -> Result<()> {
        self.stream.write_all(ask.request(self.host).as_bytes()).await?;
        self.answer.clear();
        while !is_whole(&self.answer)? {
            ensure!(self.stream.read_buf(&mut self.answer).await? > 0, "the server hung up");
        }
        let expected = if let Ask::Add = ask { "HTTP/1.1 303 " } else { "HTTP/1.1 200 " };
        let is_expected = self.answer.starts_with(expected.as_bytes());
        ensure!(is_expected, "expected {expected}, got {}", String::from_utf8_lossy(&self.answer));
        Ok(())
    }
}

/// Whether an answer has all its bytes, by its length or its last chunk (RFC 9112, section 6).
fn is_whole(answer: &[u8]) -> Result<bool> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
    let (head, body) = answer.split_at(end + 4);
    for line in from_utf8(head)?.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            return Ok(body.len() >= value.trim().parse()?);
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Ok(body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n"));
        }
    }
    bail!("an answer without a length: {}", String::from_utf8_lossy(head))
}
