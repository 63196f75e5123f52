//! A gateway in front of a desk, with TLS or without, that passes everything on but for what a test bends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::program::Desk;

/// What was asked, and what is answered to it.
pub struct Exchange {
    /// `GET /orders/1`
    pub asked: String,
    pub form: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Exchange {
    pub fn is(&self, asked: &str) -> bool {
        self.asked == asked
    }

    pub fn remove(&mut self, name: &str) {
        self.headers.retain(|(one, _)| one != name);
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Replaces words that are there.
    pub fn replace(&mut self, from: &str, to: &str) {
        let text = String::from_utf8(self.body.clone()).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        self.body = text.replacen(from, to, 1).into_bytes();
    }
}

type Bend = dyn Fn(&mut Exchange) + Send + Sync;

/// A gateway, for as long as the test runs.
pub struct Gateway {
    pub address: SocketAddr,
}

impl Gateway {
    pub fn new(desk: &Desk, bend: impl Fn(&mut Exchange) + Send + Sync + 'static) -> Self {
        Self::start(desk.address, None, Arc::new(bend))
    }

    /// One that speaks TLS, and says that it always will.
    pub fn with_tls(
        desk: &Desk,
        tls: Arc<ServerConfig>,
        bend: impl Fn(&mut Exchange) + Send + Sync + 'static,
    ) -> Self {
        let secured = move |exchange: &mut Exchange| {
            exchange.set("strict-transport-security", "max-age=31536000");
            bend(exchange);
        };
        Self::start(desk.address, Some(tls), Arc::new(secured))
    }

    fn start(desk: SocketAddr, tls: Option<Arc<ServerConfig>>, bend: Arc<Bend>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for visitor in listener.incoming().map_while(Result::ok) {
                let (tls, bend) = (tls.clone(), Arc::clone(&bend));
                // Whoever hangs up has its reasons.
                std::thread::spawn(move || drop(meet(desk, tls, &*bend, visitor)));
            }
        });
        Self { address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// By the name that is in its certificate.
    pub fn https(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

fn meet(desk: SocketAddr, tls: Option<Arc<ServerConfig>>, bend: &Bend, visitor: TcpStream) -> io::Result<()> {
    match tls {
        None => pass_on(desk, bend, visitor),
        Some(tls) => {
            let tls = ServerConnection::new(tls).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(tls, visitor);
            pass_on(desk, bend, &mut stream)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

/// One request and its answer.
fn pass_on(desk: SocketAddr, bend: &Bend, visitor: impl Read + Write) -> io::Result<()> {
    let mut visitor = BufReader::new(visitor);
    let (first, headers) = head(&mut visitor)?;
    let form = body(&mut visitor, &headers)?;
    let Some(asked) = first.strip_suffix(" HTTP/1.1").map(str::to_owned) else { return Ok(()) };
    let mut request = format!("{first}\r\nconnection: close\r\n").into_bytes();
    // Pages are easier to bend unpacked; whether files are packed is looked at.
    let is_kept = |name: &str| name != "accept-encoding" || asked.contains("/assets/");
    for (name, value) in headers.iter().filter(|(name, _)| is_kept(name)) {
        write!(request, "{name}: {value}\r\n")?;
    }
    let mut stream = TcpStream::connect(desk)?;
    stream.write_all(&[&request, &b"\r\n"[..], &form].concat())?;
    let mut answer = BufReader::new(stream);
    let (first, headers) = head(&mut answer)?;
    let status = first.split(' ').nth(1).unwrap_or_default().parse().unwrap();
    let body = body(&mut answer, &headers)?;
    let form = String::from_utf8(form).unwrap();
    let mut exchange = Exchange { asked, form, status, headers, body };
    exchange.remove("connection");
    bend(&mut exchange);
    write(visitor.get_mut(), &exchange)
}

fn write(to: &mut impl Write, exchange: &Exchange) -> io::Result<()> {
    let mut answer = format!("HTTP/1.1 {} Some\r\nconnection: close\r\n", exchange.status).into_bytes();
    for (name, value) in exchange.headers.iter().filter(|(name, _)| name != "content-length") {
        write!(answer, "{name}: {value}\r\n")?;
    }
    write!(answer, "content-length: {}\r\n\r\n", exchange.body.len())?;
    to.write_all(&[answer, exchange.body.clone()].concat())?;
    to.flush()
}

/// The first line, and the headers by their names in small letters.
fn head(from: &mut impl BufRead) -> io::Result<(String, Vec<(String, String)>)> {
    let mut lines = from.by_ref().lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok((first, headers))
}

fn body(from: &mut impl Read, headers: &[(String, String)]) -> io::Result<Vec<u8>> {
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    from.read_exact(&mut body)?;
    Ok(body)
}
