//! A load balancer as a cluster has one: it asks every desk whether it is ready, and passes new connections to those
//! that are. What is connected stays so until one of the two sides ends it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::harness::program::until;
use crate::harness::wire::Wire;

/// How often it asks.
const LOOK: Duration = Duration::from_millis(50);

pub struct Balancer {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    desks: Mutex<Vec<Known>>,
    turn: AtomicUsize,
    is_over: AtomicBool,
}

#[derive(Clone, Copy)]
struct Known {
    address: SocketAddr,
    is_ready: bool,
}

impl Balancer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state =
            State { desks: Mutex::default(), turn: AtomicUsize::new(0), is_over: AtomicBool::new(false) };
        let state = Arc::new(state);
        let (accepting, looking) = (Arc::clone(&state), Arc::clone(&state));
        thread::spawn(move || accepting.accept(&listener));
        thread::spawn(move || looking.look());
        Self { address, state }
    }

    /// From now on a desk is asked; it gets connections as soon as it says that it is ready.
    pub fn add(&self, address: SocketAddr) {
        self.state.with(|desks| desks.push(Known { address, is_ready: false }));
        until(|| self.state.with(|desks| desks.iter().any(|desk| desk.address == address && desk.is_ready)));
    }

    /// A desk that is gone for good.
    pub fn remove(&self, address: SocketAddr) {
        self.state.with(|desks| desks.retain(|desk| desk.address != address));
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::SeqCst);
        // Whoever waits for a connection has one, and sees.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Known>) -> T) -> T {
        work(&mut self.desks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn look(&self) {
        while !self.is_over() {
            for Known { address, .. } in self.with(|desks| desks.clone()) {
                let answer = Wire::connect(address).and_then(|mut wire| wire.get("/readyz"));
                let is_ready = answer.is_ok_and(|answer| answer.status == 200);
                let update = |desk: &mut Known| desk.is_ready = is_ready;
                self.with(|desks| desks.iter_mut().filter(|desk| desk.address == address).for_each(update));
            }
            thread::sleep(LOOK);
        }
    }

    fn accept(&self, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.is_over() {
                return;
            }
            let Ok(client) = client else { continue };
            // While none is ready, as on a machine that is too busy to say so, clients wait as they would in a queue.
            let mut next = None;
            until(|| {
                next = self.next_desk();
                next.is_some() || self.is_over()
            });
            // A client whose desk is gone hears so by the end of its connection.
            if let Some(Ok(desk)) = next.map(TcpStream::connect) {
                join(client, desk).unwrap();
            }
        }
    }

    fn next_desk(&self) -> Option<SocketAddr> {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        self.with(|desks| {
            let ready: Vec<_> = desks.iter().filter(|desk| desk.is_ready).collect();
            ready.get(turn % ready.len().max(1)).map(|desk| desk.address)
        })
    }
}

fn join(client: TcpStream, desk: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    desk.set_nodelay(true)?;
    for (from, to) in [(client.try_clone()?, desk.try_clone()?), (desk, client)] {
        thread::spawn(move || pass_on(from, to));
    }
    Ok(())
}

/// Passes on what one side says; its end ends that half, and a broken connection both.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 16384];
    loop {
        let end = match from.read(&mut bytes) {
            Ok(0) => Shutdown::Write,
            Ok(length) if to.write_all(&bytes[..length]).is_ok() => continue,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            _ => Shutdown::Both,
        };
        // The other side may be gone already.
        let _ = to.shutdown(end);
        return;
    }
}
