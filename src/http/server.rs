//! Connections: accepted up to a limit, with every wait bounded, and drained at a stop.
//!
//! poem's own server bounds neither the time nor the size of a request's head nor the number of
//! connections, so its endpoints are served by hyper here.

mod connection;
mod places;
mod watched;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, Response};
use rustix::io::Errno;
#[cfg(target_os = "linux")]
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

pub use connection::ClientTimeouts;
pub use places::PlaceLimits;
use places::{Place, Places};

use super::middleware::UnreadRequests;
use crate::telemetry::{Connections, Metrics};

/// For handshakes under way when the desk stops listening.
const HANDSHAKE_GRACE: Duration = Duration::from_millis(20);

#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    pub places: PlaceLimits,
    pub timeouts: ClientTimeouts,
    /// For open requests after the stop.
    pub shutdown: Duration,
}

/// A listening socket and what is served on it.
pub struct Server<E> {
    listener: Option<TcpListener>,
    endpoint: Arc<E>,
    places: Arc<Places>,
    timeouts: ClientTimeouts,
    shutdown: Duration,
    unread: UnreadRequests,
}

/// A connection that was accepted.
type Accepted = (TcpStream, SocketAddr);

impl<E: Endpoint<Output = Response> + 'static> Server<E> {
    /// A server on a socket that listens.
    pub fn new(
        listener: TcpListener,
        endpoint: E,
        limits: ConnectionLimits,
        (metrics, connections): (&Metrics, Connections),
    ) -> Self {
        let ConnectionLimits { places, timeouts, shutdown } = limits;
        let (places, unread) = (Places::new(places, connections), UnreadRequests::new(metrics));
        Self { listener: Some(listener), endpoint: Arc::new(endpoint), places, timeouts, shutdown, unread }
    }

    /// Serves until `stop`, then accepts nothing more and gives open requests their time; whether all of
    /// them were answered.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> bool {
        let (stopping, stopped) = watch::channel(false);
        let mut stop = pin!(stop);
        let mut waiting = None;
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                admitted = self.admit(&mut waiting) => match admitted {
                    Ok(Some((socket, place))) => self.serve(socket, place, stopped.clone()),
                    Ok(None) => {}
                    Err(error) => self.pause(&error).await,
                },
            }
        }
        let waiting = waiting.into_iter().chain(self.close().await);
        // Without a receiver there is no connection to stop.
        let _ = stopping.send(true);
        let finish = async {
            for (socket, address) in waiting {
                if let Some(place) = self.places.take(address.ip()).await {
                    self.serve(socket, place, stopped.clone());
                }
            }
            self.places.all_free().await;
        };
        timeout(self.shutdown, finish).await.is_ok()
    }

    /// Stops listening; returns the connections in the accept queue, whose clients expect an answer.
    async fn close(&mut self) -> Vec<Accepted> {
        let Some(listener) = self.listener.take() else { return Vec::new() };
        refuse_connections(&listener);
        // For the handshakes that are under way.
        tokio::time::sleep(HANDSHAKE_GRACE).await;
        let Ok(listener) = listener.into_std() else { return Vec::new() };
        std::iter::from_fn(|| listener.accept().ok())
            .filter_map(|(socket, address)| {
                socket.set_nonblocking(true).ok()?;
                Some((TcpStream::from_std(socket).ok()?, address))
            })
            .collect()
    }

    /// Accepts a connection and finds it a place; none if its client may have no more. What was accepted stays in
    /// `waiting` until it has one.
    async fn admit(&self, waiting: &mut Option<Accepted>) -> io::Result<Option<(TcpStream, Place)>> {
        let address = match waiting {
            Some((_, address)) => *address,
            None => waiting.insert(self.accept().await?).1,
        };
        let place = self.places.take(address.ip()).await;
        Ok(waiting.take().zip(place).map(|((socket, _), place)| (socket, place)))
    }

    async fn accept(&self) -> io::Result<Accepted> {
        match &self.listener {
            Some(listener) => listener.accept().await,
            None => std::future::pending().await,
        }
    }

    /// Out of file descriptors or memory, accepting again at once would only burn time.
    async fn pause(&self, error: &io::Error) {
        if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            tracing::error!(%error, "a connection could not be accepted");
            if matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE)) {
                self.places.make_room();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn serve(&self, socket: TcpStream, place: Place, stopped: watch::Receiver<bool>) {
        let endpoint = Arc::clone(&self.endpoint);
        let (timeouts, unread) = (self.timeouts, self.unread.clone());
        tokio::spawn(async move {
            if let Err(error) = connection::serve(socket, place, endpoint, timeouts, stopped).await {
                // Clients may disconnect at any moment: only a debug line.
                tracing::debug!(%error, "a connection ended early");
                // hyper has answered it by itself, with a 400, 414 or 431.
                if error.is_parse() {
                    unread.count();
                }
            }
        });
    }
}

/// Lets no further client connect, but those finish that have begun to; elsewhere than on Linux, those that
/// come in the instant before the socket closes are reset.
fn refuse_connections(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    {
        // A classic BPF program: drop segments with SYN and without ACK, whose clients will try again and
        // then find that nobody listens. The 13th byte of a segment has the flags (RFC 9293, section 3.1).
        let drop_syn = [
            SockFilter::new(0x30, 0, 0, 13),
            SockFilter::new(0x54, 0, 0, 0x12),
            SockFilter::new(0x15, 0, 1, 0x02),
            SockFilter::new(0x06, 0, 0, 0),
            SockFilter::new(0x06, 0, 0, u32::MAX),
        ];
        if let Err(error) = SockRef::from(listener).attach_filter(&drop_syn) {
            tracing::debug!(%error, "new connections cannot be refused before the close");
        }
    }
}
