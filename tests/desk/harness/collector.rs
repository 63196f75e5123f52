//! Somebody who takes traces: an OTLP receiver on this machine that remembers what it is sent, and misbehaves.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message;

use crate::harness::program::until;

/// What the collector does with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Taken,
    Status(u16),
    /// Takes it after a while.
    After(Duration),
    /// A page of some other server.
    Page,
    /// What is no HTTP at all.
    Garbage,
    /// Says nothing for as long as the other waits.
    Silence,
    HangUp,
}

/// A span as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub name: String,
    pub kind: i32,
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub attributes: BTreeMap<String, String>,
    pub is_error: bool,
    /// Of whoever sent it.
    pub resource: BTreeMap<String, String>,
    pub nanoseconds: std::ops::Range<u64>,
}

impl Seen {
    fn of(resource: &ResourceSpans, span: &Span) -> Self {
        let status = span.status.as_ref().unwrap();
        assert_eq!((status.message.as_str(), span.trace_state.as_str()), ("", ""));
        assert!(span.events.is_empty() && span.links.is_empty());
        Self {
            name: span.name.clone(),
            kind: span.kind,
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            attributes: attributes(&span.attributes),
            is_error: status.code == 2,
            resource: attributes(&resource.resource.as_ref().unwrap().attributes),
            nanoseconds: span.start_time_unix_nano..span.end_time_unix_nano,
        }
    }

    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn attributes(all: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let one = |one: &KeyValue| {
        (one.key.clone(), text(one.value.as_ref().and_then(|value| value.value.as_ref()).unwrap()))
    };
    all.iter().map(one).collect()
}

struct State {
    /// Heads and bodies.
    got: Vec<(String, Vec<u8>)>,
    /// Those of them that were taken.
    taken: Vec<Vec<u8>>,
    calls: usize,
    reply: Reply,
}

/// A collector on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub struct Collector {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Collector {
    /// One that takes everything.
    pub fn new() -> Self {
        Self::that(Reply::Taken)
    }

    pub fn that(reply: Reply) -> Self {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(), reply)
    }

    pub fn on(listener: TcpListener, reply: Reply) -> Self {
        let address = listener.local_addr().unwrap();
        let state = State { got: Vec::new(), taken: Vec::new(), calls: 0, reply };
        let state = Arc::new(Mutex::new(state));
        let of_thread = Arc::clone(&state);
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                of_thread.lock().unwrap().calls += 1;
                let state = Arc::clone(&of_thread);
                std::thread::spawn(move || serve(caller, &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The settings that have a desk trace everything to here.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        settings(&self.url(), "1")
    }

    /// How often somebody has called.
    pub fn calls(&self) -> usize {
        self.state.lock().unwrap().calls
    }

    /// Every batch that has come, with its head.
    pub fn got(&self) -> Vec<(String, Vec<u8>)> {
        self.state.lock().unwrap().got.clone()
    }

    /// All spans that were taken so far.
    pub fn spans(&self) -> Vec<Seen> {
        let mut spans = Vec::new();
        for body in &self.state.lock().unwrap().taken {
            let batch = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
            for resource in &batch.resource_spans {
                let scopes = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
                spans.extend(scopes.map(|span| Seen::of(resource, span)));
            }
        }
        spans
    }

    /// Waits for a span of this name; it.
    pub fn wait_for(&self, name: &str) -> Seen {
        let find = || self.spans().into_iter().find(|span| span.name == name);
        until(|| find().is_some());
        find().unwrap()
    }

    /// The parts of a span, by name and the order of their beginning.
    pub fn parts(&self, of: &Seen) -> Vec<Seen> {
        let mut parts: Vec<_> = self.spans().into_iter().filter(|span| span.parent == of.id).collect();
        parts.sort_by_key(|span| span.nanoseconds.start);
        parts
    }
}

/// The settings that have a desk trace a share of all requests.
pub fn settings(url: &str, ratio: &str) -> [(&'static str, String); 2] {
    [("ORDERS_TRACES__ENDPOINT", url.to_owned()), ("ORDERS_TRACES__SAMPLE_RATIO", ratio.to_owned())]
}

/// Takes batches until the caller goes, or the reply ends the call.
fn serve(caller: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(caller);
    while let Some((head, body)) = read(&mut reader) {
        let reply = {
            let mut state = state.lock().unwrap();
            state.got.push((head, body.clone()));
            state.reply
        };
        let answer = match reply {
            Reply::Taken => ok(""),
            Reply::After(time) => {
                std::thread::sleep(time);
                ok("")
            }
            Reply::Status(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno"),
            Reply::Page => ok("<!DOCTYPE html><title>Welcome</title>"),
            Reply::Garbage => "\u{1}\u{2}hunter2\r\n\r\n".to_owned(),
            Reply::Silence => {
                // Until the other hangs up.
                let _ = reader.read(&mut [0]);
                return;
            }
            Reply::HangUp => return,
        };
        if matches!(reply, Reply::Taken | Reply::After(_)) {
            state.lock().unwrap().taken.push(body);
        }
        if reader.get_mut().write_all(answer.as_bytes()).is_err() || reply == Reply::Garbage {
            return;
        }
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|length| *length > 0)?;
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
