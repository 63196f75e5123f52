//! The second socket, on which machines ask for health and metrics.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::TrustedProxies;
use crate::http::{self, AppState, ClientTimeouts, ConnectionLimits, PlaceLimits, Server, Share};
use crate::telemetry::Connections;

/// A few machines that ask every few seconds.
pub(super) const MAX_CONNECTIONS: usize = 32;
/// For a request's head, and for taking an answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For open requests when the desk has stopped.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// A server of its own: however many connections clients have, there are places on it.
pub(super) struct OpsServer {
    end: oneshot::Sender<()>,
    task: JoinHandle<bool>,
}

impl OpsServer {
    pub(super) fn start(socket: TcpListener, state: &Arc<AppState>) -> Self {
        let limits = ConnectionLimits {
            places: PlaceLimits {
                max: MAX_CONNECTIONS,
                // Its node asks for all that a pod is asked.
                max_per_client: usize::MAX,
                trusted_proxies: TrustedProxies::default(),
            },
            timeouts: ClientTimeouts { header: TIMEOUT, write: TIMEOUT },
            shutdown: SHUTDOWN,
        };
        let metrics = (&*state.metrics, Connections::default());
        let server = Server::new(socket, http::routes(state, Share::Ops), limits, metrics);
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            // Whether it is told to end or dropped.
            let _ = ended.await;
        }));
        Self { end, task }
    }

    /// Ends a server, if there is one, once what it was asked is answered.
    pub(super) async fn finish(server: Option<Self>) {
        let Some(Self { end, task }) = server else { return };
        drop(end);
        if task.await.is_err() {
            tracing::error!("what answers machines broke off");
        }
    }
}
