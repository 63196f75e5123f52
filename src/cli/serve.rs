//! `orders serve`

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

use super::background::Background;
use super::bootstrap::Bootstrap;
use super::certificate_watch;
use super::database_options;
use super::ops_server::OpsServer;
use super::output;
use super::refresh::{Refresh, SecretConsumers};
use super::resources;
use super::sign_in;
use super::sockets::Sockets;
use crate::clock::Clock;
use crate::config::{self, Config, DatabaseUrl, Settings};
use crate::db::Db;
use crate::http::{
    self, AppState, ClientTimeouts, ConnectionLimits, Exports, KeysInFlight, OwnViews, PlaceLimits, Policy,
    Readiness, Refusals, Server, Share, ViewCounts, WriteRate,
};
use crate::https;
use crate::jobs::{ImportWorker, JobWorker, Retention, RetentionWorker};
use crate::telemetry::{self, Export, Metrics, Traces};
use crate::view::View;
use crate::webhooks::{Endpoint, Webhooks};

/// For whoever reads standard output.
const ANNOUNCEMENT: Duration = Duration::from_secs(1);

pub(super) fn run(bootstrap: Bootstrap) -> anyhow::Result<()> {
    bootstrap.config.check_exposure()?;
    // SQLite's readers block these threads: one that waits for the disk must not hold up the others.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = cores.max(bootstrap.settings().database.readers);
    let connections = resources::connections(bootstrap.settings())?;
    resources::runtime(workers)?.block_on(serve(bootstrap, connections))
}

async fn serve(bootstrap: Bootstrap, connections: usize) -> anyhow::Result<()> {
    let settings = &bootstrap.settings().clone();
    // The port first: a second desk, started by mistake, fails before it touches the database.
    let sockets = Sockets::listen(&settings.server).await?;
    let clock = Clock::new(settings.desk.time_zone);
    let metrics = Arc::new(Metrics::new());
    let (traces, export) = traces(&bootstrap.config, &metrics)?.unzip();
    let traces = traces.unwrap_or_default();
    let db = database_options::for_serving(&bootstrap)
        .open()
        .await?
        .with_outbox(database_options::outbox(settings, clock));
    let db = Arc::new(db.timed(metrics.database_times()));
    let webhooks = webhooks(settings, (&db, clock, &metrics, &traces))?;
    let provider = sign_in::provider(settings)?;
    let state = Arc::new(AppState {
        db: Arc::clone(&db),
        view: View::new()?.with_webhooks(!settings.webhooks.urls.is_empty()),
        clock,
        metrics: Arc::clone(&metrics),
        traces: traces.clone(),
        readiness: Readiness::default(),
        keys_in_flight: KeysInFlight::default(),
        write_rate: WriteRate::per_minute(settings.server.writes_per_minute),
        refusals: Refusals::default(),
        view_counts: ViewCounts::default(),
        own_views: OwnViews::default(),
        sign_in: provider.as_ref().map(|provider| sign_in::sign_in(provider, settings, &db, clock)),
        exports: Exports::default(),
        policy: policy(settings),
    });
    // Before the line that says that the desk is open: from then on a signal must close it cleanly.
    let signals = Signals::listen().context("cannot receive signals")?;
    let hangup = signal(SignalKind::hangup()).context("cannot receive signals")?;
    announce(&sockets, &bootstrap.config).await?;
    // It answered while it was being opened.
    state.metrics.set_database_up(true);
    let rehearsal =
        provider.as_ref().map(|provider| sign_in::rehearse(Arc::clone(provider), Arc::clone(&state)));
    let consumers = SecretConsumers { db, webhooks: webhooks.clone(), provider, metrics, traces, clock };
    let certificate = certificate_watch::watch(settings.server.public_url.as_ref(), &state.metrics)?;
    let refresh = tokio::spawn(Refresh::new(bootstrap, hangup, consumers).run());
    let database = tokio::spawn(http::watch_database(Arc::clone(&state)));
    let (stopping, stopped) = watch::channel(false);
    let jobs = tokio::spawn(JobWorker::new(Arc::clone(&state.db), clock).run(stopped.clone()));
    let imports = ImportWorker::new(Arc::clone(&state.db), clock, settings.imports.keep());
    let imports = tokio::spawn(imports.run(stopped.clone()));
    let retention = RetentionWorker::new(Arc::clone(&state.db), clock, retention(settings));
    let retention = tokio::spawn(retention.run(stopped.clone()));
    let delivery = webhooks.map(|webhooks| tokio::spawn(webhooks.run(stopped)));
    let watching = [certificate, refresh, database].into_iter().chain(rehearsal).collect();
    let background = Background { watching, jobs, imports, retention, delivery, export };

    let share = if sockets.ops.is_some() { Share::WithoutMetrics } else { Share::All };
    let ops = sockets.ops.map(|socket| OpsServer::start(socket, &state));
    let limits = limits(&settings.server, connections);
    let metrics = (&*state.metrics, state.metrics.connections().clone());
    let server = Server::new(sockets.desk, http::routes(&state, share), limits, metrics);
    let drained = OnceLock::new();
    let stop = async {
        stop(signals, Arc::clone(&state), stopping, settings.server.drain).await;
        drained.get_or_init(Instant::now);
    };
    if !server.run(stop).await {
        tracing::warn!("requests were still open when server.shutdown_seconds had passed");
    }
    // Machines are answered until then.
    let background = background.finish(settings.server.shutdown, drained.get());
    tokio::join!(background, OpsServer::finish(ops));
    state.db.close();
    tracing::info!("closed");
    Ok(())
}

/// What is traced, and who sends it, where a collector is configured.
fn traces(config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Option<(Traces, Export)>> {
    let settings = &config.settings.traces;
    let Some(collector) = settings.endpoint.clone() else { return Ok(None) };
    let client =
        if collector.is_on_this_machine() { https::client_on_this_machine() } else { https::client() }?;
    let means = (client, Arc::clone(metrics));
    Ok(Some(Export::start(settings, collector, &config.profile, means)))
}

/// What sends webhook messages, where endpoints are configured.
fn webhooks(
    settings: &Settings,
    (db, clock, metrics, traces): (&Arc<Db>, Clock, &Arc<Metrics>, &Traces),
) -> anyhow::Result<Option<Arc<Webhooks>>> {
    let config::WebhookSettings { urls, signing_key } = &settings.webhooks;
    let (false, Some(keys)) = (urls.is_empty(), signing_key) else { return Ok(None) };
    let (away, here) = (https::client()?, https::client_on_this_machine()?);
    let endpoints = urls.iter().map(|url| {
        let client = if url.is_on_this_machine() { &here } else { &away };
        Endpoint { url: url.clone(), client: client.clone() }
    });
    let means = (Arc::clone(db), clock, Arc::clone(metrics), traces.clone());
    Ok(Some(Arc::new(Webhooks::new(endpoints.collect(), keys.clone(), means))))
}

fn limits(server: &config::ServerSettings, connections: usize) -> ConnectionLimits {
    ConnectionLimits {
        places: PlaceLimits {
            max: connections,
            max_per_client: server.max_connections_per_client,
            trusted_proxies: server.trusted_proxies.clone(),
        },
        timeouts: ClientTimeouts { header: server.header_timeout, write: server.request_timeout },
        shutdown: server.shutdown,
    }
}

fn policy(settings: &Settings) -> Policy {
    let server = &settings.server;
    let is_named = !server.hosts.is_empty() || server.public_url.is_some();
    let any_host = !is_named && !config::is_on_this_machine(server.listen.ip());
    // The host of `server.public_url` is allowed without being listed.
    let public = server.public_url.iter().map(|url| url.host().to_owned());
    Policy {
        hosts: (!any_host).then(|| server.hosts.iter().cloned().chain(public).collect()),
        public_url: server.public_url.clone(),
        trusted_proxies: server.trusted_proxies.clone(),
        hsts_include_subdomains: server.hsts_include_subdomains,
        request_timeout: server.request_timeout,
        max_body_bytes: server.max_body_bytes,
        log_requests: settings.log.requests,
        late_days: settings.desk.late_days,
        import_keep_days: settings.imports.keep_days,
        temporary_folder: server.temporary_folder.clone(),
    }
}

/// The one line on standard output: for people to click on, and for scripts to read the port from.
async fn announce(sockets: &Sockets, config: &Config) -> anyhow::Result<()> {
    let url = &config.settings.database.url;
    let database = match url {
        DatabaseUrl::Sqlite(path) => format!("SQLite {}", path.display()),
        DatabaseUrl::SqlServer(_) => url.to_string(),
    };
    let (address, ops) = (sockets.address()?, sockets.ops_address()?);
    let metrics = ops.map(|ops| format!(", metrics at http://{ops}/metrics")).unwrap_or_default();
    let line = format!(
        "The order desk is open at http://{address} (profile {}, {database}{metrics}). Ctrl-C closes it.",
        config.profile
    );
    let (said, hears) = oneshot::channel();
    // Not one of the runtime's threads, whose end the program would wait for.
    let with_outbox = std::thread::Builder::new().spawn(move || said.send(output::say(line)));
    with_outbox.context("cannot start threads")?;
    if let Ok(Ok(said)) = timeout(ANNOUNCEMENT, hears).await {
        return Ok(said?);
    }
    tracing::warn!("nobody reads standard output, where the desk says its address");
    Ok(())
}

/// Waits for a signal, then as long as a load balancer needs to send requests elsewhere. A second signal ends
/// the process at once.
async fn stop(mut signals: Signals, state: Arc<AppState>, stopping: watch::Sender<bool>, drain: Duration) {
    signals.next().await;
    state.readiness.turn_off();
    stopping.send_replace(true);
    tracing::info!(drain_seconds = drain.as_secs_f64(), "closing");
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("stopped by a second signal");
        telemetry::finish();
        std::process::exit(1);
    });
    tokio::time::sleep(drain).await;
}

/// SIGTERM and Ctrl-C.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn retention(settings: &Settings) -> Retention {
    Retention { audit_days: settings.audit.retention_days, card_days: settings.cards.retention_days() }
}
