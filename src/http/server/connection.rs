//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
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
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{timeout, timeout_at};

use super::super::limits::DownloadDeadline;
use super::places::Place;
use super::watched::{WatchedBody, WatchedStream};

/// Bytes of a request's head, with its URL and headers.
const MAX_HEAD_BYTES: usize = 32 * 1024;
const MAX_HEADERS: usize = 64;
/// A connection that has not asked anything yet when the desk stops may still do so for this long: its
/// request may be on its way.
const FIRST_REQUEST_GRACE: Duration = Duration::from_millis(500);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct ClientTimeouts {
    /// For a request's head, and between requests.
    pub header: Duration,
    /// For taking what was sent.
    pub write: Duration,
}

/// Answers what is asked on a connection until one of both ends it, the desk stops or the place is wanted.
pub(super) async fn serve<E: Endpoint<Output = Response> + 'static>(
    socket: TcpStream,
    place: Place,
    endpoint: Arc<E>,
    timeouts: ClientTimeouts,
    mut stopped: watch::Receiver<bool>,
) -> hyper::Result<()> {
    let (local, remote) = match prepare(&socket, timeouts.write) {
        Ok(addresses) => addresses,
        Err(error) => {
            tracing::debug!(%error, "a connection ended before it was served");
            return Ok(());
        }
    };
    let asked = AtomicBool::new(false);
    let (deadline, until) = watch::channel(None);
    let service = service_fn(|request: hyper::Request<Incoming>| {
        asked.store(true, Ordering::Relaxed);
        // The answer before this one was taken.
        deadline.send_replace(None);
        let answering = place.seat().answer();
        let (endpoint, deadline) = (Arc::clone(&endpoint), &deadline);
        let request = (request, LocalAddr(local.into()), RemoteAddr(remote.into()), Scheme::HTTP).into();
        async move {
            let response = endpoint.get_response(request).await;
            deadline.send_replace(response.data::<DownloadDeadline>().copied());
            let response = hyper::Response::from(response);
            Ok::<_, Infallible>(response.map(|body| WatchedBody::new(body, answering)))
        }
    });
    let stream = WatchedStream::new(TokioIo::new(socket), Arc::clone(place.seat()));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.header)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(stream, service)
    );
    let mut overdue = pin!(overdue(until));
    tokio::select! {
        // Whatever has come is read first: a connection with a request is not idle.
        biased;
        result = connection.as_mut() => return result,
        () = place.wanted() => return Ok(()),
        () = overdue.as_mut() => return Ok(()),
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    if !asked.load(Ordering::Relaxed)
        && let Ok(result) = timeout(FIRST_REQUEST_GRACE, connection.as_mut()).await
    {
        return result;
    }
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        result = connection.as_mut() => result,
        () = overdue => Ok(()),
    }
}

/// Ends when the newest answer should have been taken. Its body cannot tell: nobody asks it for more while its client
/// takes nothing.
async fn overdue(mut until: watch::Receiver<Option<DownloadDeadline>>) {
    loop {
        let deadline = *until.borrow_and_update();
        let changed = match deadline {
            Some(DownloadDeadline(deadline)) => timeout_at(deadline, until.changed()).await,
            None => Ok(until.changed().await),
        };
        match changed {
            Ok(Ok(())) => {}
            // No answer will come any more.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}

/// Answers are written whole: waiting to fill packets would only delay them. A client that takes nothing of
/// an answer is given up by the kernel (RFC 5482).
fn prepare(socket: &TcpStream, write_timeout: Duration) -> io::Result<(SocketAddr, SocketAddr)> {
    socket.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    SockRef::from(socket).set_tcp_user_timeout(Some(write_timeout))?;
    Ok((socket.local_addr()?, socket.peer_addr()?))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_overdue_when_its_newest_download_is() {
        let (deadline, until) = watch::channel(None);
        let in_time = |time| Some(DownloadDeadline(Instant::now() + time));
        let mut overdue = pin!(overdue(until));
        for other in [None, in_time(Duration::from_hours(1)), None, in_time(Duration::from_hours(2))] {
            deadline.send_replace(other);
            assert!(timeout(Duration::from_millis(5), overdue.as_mut()).await.is_err());
        }
        deadline.send_replace(in_time(Duration::from_millis(5)));
        overdue.as_mut().await;
    }
}
