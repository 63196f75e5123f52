//! The listener: `CONNECT`, TLS and one thread a connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConnection, StreamOwned};
use serde_json::json;
use ureq::http::{Request, Response};

use super::fault::{Fault, Gate, Place};
use super::secrets::challenge;
use super::told::Asked;
use super::{Paper, SILENCE, State, exchange, locked};
use crate::harness::program::PATIENCE;

pub fn start(state: &Arc<Mutex<State>>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let state = Arc::clone(state);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if locked(&state).is_over {
                break;
            }
            let state = Arc::clone(&state);
            // Whoever hangs up has its reasons.
            thread::spawn(move || drop(meet(&state, stream)));
        }
    });
    address
}

/// Lets the listener see that it is over.
pub fn wake(address: SocketAddr) {
    drop(TcpStream::connect(address));
}

/// Takes up a connection, as a proxy and as the endpoint for managed identities.
fn meet(state: &Mutex<State>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE))?;
    let mut stream = BufReader::new(stream);
    let Some(request) = exchange::read(&mut stream)? else { return Ok(()) };
    if request.method() != "CONNECT" {
        return serve(state, None, &mut stream, Some(request));
    }
    let host = request.uri().host().unwrap_or_default().to_owned();
    let gate = {
        let mut state = locked(state);
        state.told.visits.push(host.clone());
        state.gate_of(&host)
    };
    let paper = match gate {
        Gate::Open => Paper::Valid,
        Gate::Shows(paper) => paper,
        Gate::Silent => return be_silent(&mut stream),
        Gate::Refused => {
            return exchange::write(
                stream.get_mut(),
                &exchange::text(502, "text/plain", "No way"),
                usize::MAX,
            );
        }
    };
    stream.get_mut().write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let tls = locked(state).authority.tls(&host, paper);
    let tls = ServerConnection::new(tls).map_err(io::Error::other)?;
    let stream = StreamOwned::new(tls, stream.into_inner());
    serve(state, Some(&host), &mut BufReader::new(stream), None)
}

/// Answers request after request, the first of which may have been read already.
fn serve<S: Read + Write>(
    state: &Mutex<State>,
    host: Option<&str>,
    stream: &mut BufReader<S>,
    mut first: Option<Request<Vec<u8>>>,
) -> io::Result<()> {
    loop {
        let request = match first.take() {
            Some(request) => request,
            None => match exchange::read(stream)? {
                Some(request) => request,
                None => return Ok(()),
            },
        };
        if locked(state).is_over {
            return Ok(());
        }
        let asked = Asked::new(host, &request);
        if asked.place == Place::Value {
            locked(state).told.begin();
        }
        let (response, fault) = answer(state, &asked, &request);
        delay(state, fault);
        if asked.place == Place::Value {
            locked(state).told.end();
        }
        match fault {
            Some(Fault::Silent) => return be_silent(stream),
            Some(Fault::HangsUp) => {
                return exchange::write(stream.get_mut(), &response, response.body().len() / 2);
            }
            _ => exchange::write(stream.get_mut(), &response, usize::MAX)?,
        }
    }
}

fn delay(state: &Mutex<State>, fault: Option<Fault>) {
    let began = Instant::now();
    match fault {
        Some(Fault::Slow(time)) => thread::sleep(time),
        Some(Fault::Together(count)) => {
            while locked(state).told.most_at_once < count && began.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(5));
            }
        }
        _ => {}
    }
}

/// What is answered, and what goes wrong with it.
fn answer(
    state: &Mutex<State>,
    asked: &Asked,
    request: &Request<Vec<u8>>,
) -> (Response<Vec<u8>>, Option<Fault>) {
    let mut state = locked(state);
    state.told.asked.push(asked.clone());
    let is_of_vault = !matches!(asked.place, Place::Entra | Place::Managed | Place::Nowhere);
    let is_known = asked.bearer.as_ref().is_some_and(|token| state.tokens.is_for_vault(token));
    if is_of_vault && !is_known {
        return (challenge("AKV10000: Request is missing a Bearer or PoP token."), None);
    }
    let fault = state.fault(asked);
    if let Some(response) = fault.and_then(|fault| fault.answer(asked)) {
        return (response, fault);
    }
    let response = match asked.place {
        Place::Entra => state.tokens.of_entra(asked),
        Place::Managed => state.tokens.of_app_service(asked, request),
        Place::Nowhere => exchange::text(404, "text/plain", "There is no such thing"),
        _ => state.secrets.answer(asked, request),
    };
    (if fault == Some(Fault::Misplaced) { misplaced(&response) } else { response }, fault)
}

/// Right JSON whose texts are where numbers and objects belong.
fn misplaced(response: &Response<Vec<u8>>) -> Response<Vec<u8>> {
    let mut body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    let (value, token) = (body["value"].clone(), body["access_token"].clone());
    body["attributes"] = value.clone();
    body["expires_in"] = token.clone();
    body["expires_on"] = token;
    body["nextLink"] = json!([value]);
    exchange::json(200, &body)
}

/// Says nothing until the other side gives up.
fn be_silent(stream: &mut impl BufRead) -> io::Result<()> {
    while !stream.fill_buf()?.is_empty() {
        let length = stream.fill_buf()?.len();
        stream.consume(length);
    }
    Ok(())
}
