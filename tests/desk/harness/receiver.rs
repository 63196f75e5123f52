//! Somebody who is told of orders: an HTTP server on this machine that remembers what it is sent, and misbehaves.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::harness::program::{PATIENCE, until};

pub const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const OTHER_KEY: &str = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVy";

/// What the receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Answers with a status.
    Status(u16),
    /// Answers with a status and one more header.
    With(u16, &'static str),
    /// Answers with a status after a while.
    After(Duration, u16),
    /// Says nothing for as long as the other waits.
    Silence,
    /// Hangs up.
    HangUp,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The order and version that it is about.
    pub fn about(&self) -> (i64, i64) {
        let data = &self.json()["data"];
        (data["number"].as_i64().unwrap(), data["version"].as_i64().unwrap())
    }

    /// Whether one of its signatures is by a key, as a receiver checks it.
    pub fn is_signed_by(&self, key: &str) -> bool {
        let key = BASE64_STANDARD.decode(key.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body).as_bytes());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|one| one == expected)
    }

    /// Asserts what holds of every request: whole, signed, and just now.
    pub fn assert_sound(&self) {
        assert!(self.is_signed_by(KEY), "{self:?}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let sent: u64 = self.header("webhook-timestamp").parse().unwrap();
        assert!(sent <= now + 1 && now <= sent + 2 * PATIENCE.as_secs(), "{sent} {now}");
        assert_eq!(self.header("content-type"), "application/json");
        assert!(self.header("user-agent").starts_with("orders/"));
        let mut json = self.json();
        // Any digits may stand in these.
        for uuid in ["date_uuid", "user_id"] {
            json["data"][uuid].take();
        }
        let text = json.to_string();
        assert!(!["1111", "isa", "card"].iter().any(|of_card| text.contains(of_card)), "no card: {text}");
    }
}

type Replies = Box<dyn FnMut(&Received) -> Reply + Send>;

struct State {
    got: Vec<Received>,
    replies: Replies,
}

/// A receiver on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    /// One that takes everything.
    pub fn new() -> Self {
        Self::with(|_| Reply::Status(204))
    }

    /// One that replies to each request as it is told.
    pub fn with(replies: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), replies)
    }

    /// One on a socket that has been listening, without anybody who takes a call.
    pub fn on(listener: TcpListener, replies: impl FnMut(&Received) -> Reply + Send + 'static) -> Self {
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { got: Vec::new(), replies: Box::new(replies) }));
        let of_thread = Arc::clone(&state);
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&of_thread);
                std::thread::spawn(move || serve(caller, &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    /// The settings that have a desk tell this receiver.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        settings(&self.url())
    }

    /// From now on it replies so.
    pub fn reply(&self, replies: impl FnMut(&Received) -> Reply + Send + 'static) {
        self.state.lock().unwrap().replies = Box::new(replies);
    }

    /// What it has got so far.
    pub fn got(&self) -> Vec<Received> {
        self.state.lock().unwrap().got.clone()
    }

    /// Waits for so many requests; all that have come.
    pub fn wait_for(&self, requests: usize) -> Vec<Received> {
        until(|| self.got().len() >= requests);
        self.got()
    }

    /// What it was told, in the order of its coming.
    pub fn told(&self) -> Vec<(i64, i64)> {
        self.got().iter().map(Received::about).collect()
    }
}

/// The settings that have a desk tell the receivers at some URLs.
pub fn settings(urls: &str) -> [(&'static str, String); 2] {
    [("ORDERS_WEBHOOKS__URLS", urls.to_owned()), ("ORDERS_WEBHOOKS__SIGNING_KEY", KEY.to_owned())]
}

/// Borrowed, as commands take them.
pub fn variables<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Takes requests until the caller goes, or the reply ends the call.
fn serve(caller: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(caller);
    while let Some(received) = read(&mut reader) {
        let reply = {
            let mut state = state.lock().unwrap();
            let reply = (state.replies)(&received);
            state.got.push(received);
            reply
        };
        let (status, header) = match reply {
            Reply::Status(status) => (status, ""),
            Reply::With(status, header) => (status, header),
            Reply::After(time, status) => {
                std::thread::sleep(time);
                (status, "")
            }
            Reply::Silence => {
                // Until the other hangs up.
                let _ = reader.read(&mut [0]);
                return;
            }
            Reply::HangUp => return,
        };
        let end = if header.is_empty() { "" } else { "\r\n" };
        let answer = format!("HTTP/1.1 {status} Answer\r\nContent-Length: 2\r\n{header}{end}\r\nok");
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Received { path, headers, body: String::from_utf8(body).ok()?, at: Instant::now() })
}
