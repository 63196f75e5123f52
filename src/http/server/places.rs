//! The places for connections: who has one, and who makes room when all are taken.
//!
//! Whoever comes gets in at once, because the connection that has been idle the longest is closed for it. One that is
//! being answered is never closed for another: only where all are, a newcomer waits.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::super::client_network::client_network;
use crate::config::TrustedProxies;
use crate::telemetry::{ConnectionState, Connections};

/// What stands for a time while a request is being answered.
const BUSY: u64 = u64::MAX;

/// How many places there are, and how many of them one client may have.
#[derive(Debug, Clone)]
pub struct PlaceLimits {
    pub max: usize,
    pub max_per_client: usize,
    /// Their connections are those of many clients.
    pub trusted_proxies: TrustedProxies,
}

/// All places of one listening socket.
#[derive(Debug)]
pub(super) struct Places {
    limits: PlaceLimits,
    taken: Mutex<Taken>,
    /// A place is free again, or its connection is idle or busy.
    changed: Notify,
    began: Instant,
    metrics: Connections,
}

#[derive(Debug, Default)]
struct Taken {
    seats: HashMap<u64, Arc<Seat>>,
    by_client: HashMap<IpAddr, usize>,
    next: u64,
}

/// What is known of a connection that has a place.
#[derive(Debug)]
pub(super) struct Seat {
    client: IpAddr,
    /// Since when nothing has been asked, in nanoseconds since the server began; [`BUSY`] while something is.
    idle_since: AtomicU64,
    /// An answer is being made.
    is_answering: AtomicBool,
    /// When the newest one was made. Its client may know it before it is known to be written.
    answered: AtomicU64,
    /// What was answered so far is written.
    is_written: AtomicBool,
    /// All that the client has sent is read.
    is_read: AtomicBool,
    /// The place is wanted for another connection.
    wanted: Notify,
    places: Arc<Places>,
}

/// A place of a connection, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    seat: Arc<Seat>,
}

/// An answer that is being made, until it is dropped.
#[derive(Debug)]
pub(super) struct Answering(Arc<Seat>);

enum Try {
    Taken(Place),
    Wait,
    Refused,
}

impl Places {
    pub(super) fn new(limits: PlaceLimits, metrics: Connections) -> Arc<Self> {
        metrics.set_allowed(limits.max);
        Arc::new(Self {
            limits,
            taken: Mutex::default(),
            changed: Notify::new(),
            began: Instant::now(),
            metrics,
        })
    }

    /// A place for a client's connection, for which an idle one is closed where it has to be; none if this client has as
    /// many as it may and all are busy. One caller may wait at a time.
    pub(super) async fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        loop {
            match self.try_take(address) {
                Try::Taken(place) => return Some(place),
                Try::Refused => {
                    self.metrics.count_refused();
                    return None;
                }
                Try::Wait => self.changed.notified().await,
            }
        }
    }

    fn try_take(self: &Arc<Self>, address: IpAddr) -> Try {
        let client = client_network(address);
        let mut taken = self.lock();
        let own = taken.by_client.get(&client).copied().unwrap_or_default();
        if own >= self.limits.max_per_client && !self.limits.trusted_proxies.contains(address) {
            return if taken.want_longest_idle(|seat| seat.client == client) {
                Try::Wait
            } else {
                Try::Refused
            };
        }
        if taken.seats.len() >= self.limits.max {
            taken.want_longest_idle(|_| true);
            return Try::Wait;
        }
        let seat = Arc::new(Seat {
            client,
            idle_since: AtomicU64::new(self.now()),
            is_answering: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            is_written: AtomicBool::new(true),
            is_read: AtomicBool::new(false),
            wanted: Notify::new(),
            places: Arc::clone(self),
        });
        let id = taken.add(Arc::clone(&seat));
        self.metrics.add(ConnectionState::Idle);
        Try::Taken(Place { id, seat })
    }

    /// Closes the connection that has been idle the longest, where what it holds is needed.
    pub(super) fn make_room(&self) {
        self.lock().want_longest_idle(|_| true);
    }

    /// Waits until no place is taken.
    pub(super) async fn all_free(&self) {
        while !self.lock().seats.is_empty() {
            self.changed.notified().await;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn add(&mut self, seat: Arc<Seat>) -> u64 {
        *self.by_client.entry(seat.client).or_default() += 1;
        let id = self.next;
        self.next += 1;
        self.seats.insert(id, seat);
        id
    }

    fn remove(&mut self, id: u64) {
        let Some(seat) = self.seats.remove(&id) else { return };
        if let Some(own) = self.by_client.get_mut(&seat.client) {
            *own -= 1;
            if *own == 0 {
                self.by_client.remove(&seat.client);
            }
        }
    }

    /// Whether one of these connections is idle: the one that has been so the longest is asked for its place.
    fn want_longest_idle(&self, is_meant: impl Fn(&Seat) -> bool) -> bool {
        let idle = self.seats.values().filter(|seat| seat.is_idle() && is_meant(seat));
        let longest = idle.min_by_key(|seat| seat.idle_since.load(Ordering::Relaxed));
        longest.map(|seat| seat.wanted.notify_one()).is_some()
    }
}

impl Seat {
    /// A request's head was read.
    pub(super) fn answer(self: &Arc<Self>) -> Answering {
        self.is_answering.store(true, Ordering::Relaxed);
        self.is_written.store(false, Ordering::Relaxed);
        if self.idle_since.swap(BUSY, Ordering::Relaxed) != BUSY {
            self.places.metrics.change(ConnectionState::Idle, ConnectionState::InUse);
        }
        Answering(Arc::clone(self))
    }

    /// All that there was to write has been.
    pub(super) fn flushed(&self) {
        if !self.is_answering.load(Ordering::Relaxed) {
            self.is_written.store(true, Ordering::Relaxed);
            self.rest();
        }
    }

    /// Whether all that the client has sent is read.
    pub(super) fn read(&self, is_all: bool) {
        self.is_read.store(is_all, Ordering::Relaxed);
        if is_all {
            self.rest();
        }
    }

    /// From now on it is idle, if nothing is left to do.
    fn rest(&self) {
        let has = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        if has(&self.is_written) && has(&self.is_read) && !self.is_idle() {
            self.idle_since.store(self.answered.load(Ordering::Relaxed), Ordering::Relaxed);
            self.places.metrics.change(ConnectionState::InUse, ConnectionState::Idle);
            self.places.changed.notify_one();
        }
    }

    fn is_idle(&self) -> bool {
        self.idle_since.load(Ordering::Relaxed) != BUSY
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered.store(self.0.places.now(), Ordering::Relaxed);
        self.0.is_answering.store(false, Ordering::Relaxed);
    }
}

impl Place {
    pub(super) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }

    /// Waits until this connection, which is idle, has to make room.
    pub(super) async fn wanted(&self) {
        loop {
            self.seat.wanted.notified().await;
            if self.seat.is_idle() {
                self.seat.places.metrics.count_evicted();
                return;
            }
            // Its client has asked something meanwhile: another one makes room.
            self.seat.places.changed.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = &self.seat.places;
        places.lock().remove(self.id);
        let state = if self.seat.is_idle() { ConnectionState::Idle } else { ConnectionState::InUse };
        places.metrics.remove(state);
        places.changed.notify_one();
    }
}
