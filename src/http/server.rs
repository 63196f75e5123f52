//! Connections: accepted up to a limit, with every wait bounded, and drained at a stop.
//!
//! poem's own server bounds neither the time nor the size of a request's head nor the number of
//! connections, so its endpoints are served by hyper here.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, Response};
#[cfg(target_os = "linux")]
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::middleware::UnreadRequests;
use crate::telemetry::Metrics;

/// Bytes of a request's head, with its URL and headers.
const MAX_HEAD_BYTES: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;
/// For handshakes under way when the desk stops listening.
const HANDSHAKE_GRACE: Duration = Duration::from_millis(20);
/// A connection that has not asked anything yet when the desk stops may still do so for this long: its
/// request may be on its way.
const FIRST_REQUEST_GRACE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// For a request's head, and between requests.
    pub header_timeout: Duration,
    /// For a client to take what was sent.
    pub write_timeout: Duration,
    /// For open requests after the stop.
    pub shutdown: Duration,
}

/// A listening socket and what is served on it.
pub struct Server<E> {
    listener: Option<TcpListener>,
    endpoint: Arc<E>,
    limits: ConnectionLimits,
    unread: UnreadRequests,
}

impl<E: Endpoint<Output = Response> + 'static> Server<E> {
    /// A server on a socket that listens.
    pub fn new(listener: TcpListener, endpoint: E, limits: ConnectionLimits, metrics: &Metrics) -> Self {
        let unread = UnreadRequests::new(metrics);
        Self { listener: Some(listener), endpoint: Arc::new(endpoint), limits, unread }
    }

    /// Serves until `stop`, then accepts nothing more and gives open requests their time; whether all of
    /// them were answered.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> bool {
        let slots = Arc::new(Semaphore::new(self.limits.max_connections));
        let (stopping, stopped) = watch::channel(false);
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                accepted = self.accept(&slots) => match accepted {
                    Ok((socket, slot)) => self.serve(socket, slot, stopped.clone()),
                    Err(error) => self.pause(&error).await,
                },
            }
        }
        let waiting = self.close().await;
        // Without a receiver there is no connection to stop.
        let _ = stopping.send(true);
        let all = u32::try_from(self.limits.max_connections).unwrap_or(u32::MAX);
        let finish = async {
            for socket in waiting {
                if let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
                    self.serve(socket, slot, stopped.clone());
                }
            }
            slots.acquire_many(all).await.is_ok()
        };
        timeout(self.limits.shutdown, finish).await.unwrap_or(false)
    }

    /// Stops listening; returns the connections in the accept queue, whose clients expect an answer.
    async fn close(&mut self) -> Vec<TcpStream> {
        let Some(listener) = self.listener.take() else { return Vec::new() };
        refuse_connections(&listener);
        // For the handshakes that are under way.
        tokio::time::sleep(HANDSHAKE_GRACE).await;
        let Ok(listener) = listener.into_std() else { return Vec::new() };
        std::iter::from_fn(|| listener.accept().ok())
            .filter_map(|(socket, _)| {
                socket.set_nonblocking(true).ok()?;
                TcpStream::from_std(socket).ok()
            })
            .collect()
    }

    async fn accept(&self, slots: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let slot = Arc::clone(slots).acquire_owned().await.map_err(io::Error::other)?;
        match &self.listener {
            Some(listener) => listener.accept().await.map(|(socket, _)| (socket, slot)),
            None => std::future::pending().await,
        }
    }

    /// Out of file descriptors or memory, accepting again at once would only burn time.
    async fn pause(&self, error: &io::Error) {
        if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            tracing::error!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn serve(&self, socket: TcpStream, slot: OwnedSemaphorePermit, stopped: watch::Receiver<bool>) {
        let endpoint = Arc::clone(&self.endpoint);
        let unread = self.unread.clone();
        let ConnectionLimits { header_timeout, write_timeout, .. } = self.limits;
        tokio::spawn(async move {
            if let Err(error) = prepare(&socket, write_timeout) {
                tracing::debug!(%error, "a connection ended before it was served");
                return;
            }
            if let Err(error) = serve_connection(socket, endpoint, header_timeout, stopped).await {
                // Clients may disconnect at any moment: only a debug line.
                tracing::debug!(%error, "a connection ended early");
                // hyper has answered it by itself, with a 400, 414 or 431.
                if error.is_parse() {
                    unread.count();
                }
            }
            drop(slot);
        });
    }
}

/// Answers are written whole: waiting to fill packets would only delay them. A client that takes nothing of
/// an answer is given up by the kernel (RFC 5482).
fn prepare(socket: &TcpStream, write_timeout: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(socket).set_tcp_user_timeout(Some(write_timeout))?;
    Ok(())
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

async fn serve_connection<E: Endpoint<Output = Response> + 'static>(
    socket: TcpStream,
    endpoint: Arc<E>,
    header_timeout: Duration,
    mut stopped: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let (Ok(local), Ok(remote)) = (socket.local_addr(), socket.peer_addr()) else { return Ok(()) };
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let endpoint = Arc::clone(&endpoint);
            let request = (request, LocalAddr(local.into()), RemoteAddr(remote.into()), Scheme::HTTP).into();
            async move { Ok::<_, Infallible>(hyper::Response::from(endpoint.get_response(request).await)) }
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(header_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(socket), service)
    );
    tokio::select! {
        result = connection.as_mut() => return result,
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    if !asked.load(Ordering::Relaxed)
        && let Ok(result) = timeout(FIRST_REQUEST_GRACE, connection.as_mut()).await
    {
        return result;
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}
