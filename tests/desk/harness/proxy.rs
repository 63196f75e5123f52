//! Somebody between the desk and its server, who passes everything on until he is told otherwise.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A listener that passes bytes on; it ends its connections when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    line: Arc<Mutex<Line>>,
}

struct Line {
    state: State,
    open: Vec<TcpStream>,
    /// How often the desk has begun to speak: its requests, as long as it has one connection.
    requests: u32,
    desk_spoke_last: bool,
    loss: Option<Loss>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Whoever comes is sent away.
    Refusing,
    /// Whoever comes is let in, and nothing is passed on.
    Mute,
    Over,
}

/// What gets lost together with the connection; requests are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// A request, before the server hears of it.
    Request(u32),
    /// The answer to a request, which the server has carried out.
    Answer(u32),
}

impl Proxy {
    pub fn to((host, port): (&'static str, u16)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let line =
            Line { state: State::Open, open: Vec::new(), requests: 0, desk_spoke_last: false, loss: None };
        let line = Arc::new(Mutex::new(line));
        let of_thread = Arc::clone(&line);
        std::thread::spawn(move || {
            for desk in listener.incoming().map_while(Result::ok) {
                match locked(&of_thread).state {
                    State::Open | State::Mute => {}
                    State::Refusing => continue,
                    State::Over => break,
                }
                // A server that is not there is one that hangs up.
                let Ok(server) = TcpStream::connect((host, port)) else { continue };
                join(&of_thread, desk, server).unwrap();
            }
        });
        Self { address, line }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends all connections; new ones pass.
    pub fn interrupt(&self) {
        locked(&self.line).end_connections();
    }

    /// Ends all connections and refuses new ones.
    pub fn close(&self) {
        let mut line = locked(&self.line);
        line.state = State::Refusing;
        line.end_connections();
    }

    /// Passes nothing on, and tells nobody.
    pub fn mute(&self) {
        locked(&self.line).state = State::Mute;
    }

    /// Passes everything on again.
    pub fn open(&self) {
        locked(&self.line).state = State::Open;
    }

    /// Counts requests anew, and ends the connection at one of them if there is something to lose.
    pub fn count_requests(&self, loss: Option<Loss>) {
        let mut line = locked(&self.line);
        line.requests = 0;
        line.loss = loss;
    }

    pub fn requests(&self) -> u32 {
        locked(&self.line).requests
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut line = locked(&self.line);
        line.state = State::Over;
        line.end_connections();
        // The listener wakes up and sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

impl Line {
    fn end_connections(&mut self) {
        for stream in self.open.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether what comes from one side is passed on to the other.
    fn passes(&mut self, from_desk: bool) -> bool {
        if from_desk && !self.desk_spoke_last {
            self.requests += 1;
        }
        self.desk_spoke_last = from_desk;
        let lost = if from_desk { Loss::Request(self.requests) } else { Loss::Answer(self.requests) };
        if self.loss != Some(lost) {
            return true;
        }
        self.loss = None;
        self.end_connections();
        false
    }
}

fn locked(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes on what either side says, each in a thread that ends with the connection.
fn join(line: &Arc<Mutex<Line>>, desk: TcpStream, server: TcpStream) -> io::Result<()> {
    desk.set_nodelay(true)?;
    server.set_nodelay(true)?;
    locked(line).open.extend([desk.try_clone()?, server.try_clone()?]);
    for (from_desk, from, to) in [(true, desk.try_clone()?, server.try_clone()?), (false, server, desk)] {
        let line = Arc::clone(line);
        std::thread::spawn(move || {
            // However it ends, both sides hear of it.
            let _ = pass_on(&line, from_desk, &from, &to);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

fn pass_on(line: &Mutex<Line>, from_desk: bool, mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
    let mut bytes = vec![0; 65536];
    loop {
        let length = from.read(&mut bytes)?;
        while locked(line).state == State::Mute {
            std::thread::sleep(Duration::from_millis(5));
        }
        if length == 0 || !locked(line).passes(from_desk) {
            return Ok(());
        }
        to.write_all(&bytes[..length])?;
    }
}
