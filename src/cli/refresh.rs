//! Reloads secrets while the desk serves, without interrupting requests.
//!
//! On an interval, at SIGHUP, and when the database refuses the secrets in use.

use std::sync::Arc;
use std::time::Duration;

use diesel_mssql::ConnectionString;
use tokio::signal::unix::Signal;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::bootstrap::Bootstrap;
use super::database_options;
use crate::auth::Provider;
use crate::clock::Clock;
use crate::config::DatabaseUrl;
use crate::db::{Changed, Db};
use crate::telemetry::{Kind, Metrics, Parent, Traces};
use crate::webhooks::Webhooks;

/// The least time between two reloads that the database's refusals cause.
const MIN_RELOAD_INTERVAL: Duration = Duration::from_secs(10);

/// The task that reloads secrets.
pub(super) struct Refresh {
    bootstrap: Bootstrap,
    /// The login in use; the settings may name a newer one that was refused.
    login: Option<ConnectionString>,
    hangup: Signal,
    outdated: Arc<Notify>,
    consumers: SecretConsumers,
    last: Instant,
}

/// The parts of the desk that use secrets.
pub(super) struct SecretConsumers {
    pub(super) db: Arc<Db>,
    pub(super) webhooks: Option<Arc<Webhooks>>,
    pub(super) provider: Option<Arc<Provider>>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) traces: Traces,
    pub(super) clock: Clock,
}

impl Refresh {
    /// Starts from the secrets in use, which were just read.
    pub(super) fn new(bootstrap: Bootstrap, hangup: Signal, consumers: SecretConsumers) -> Self {
        if bootstrap.vault.is_some() {
            consumers.metrics.set_vault_read(unix(consumers.clock));
        }
        let (login, outdated) = (server(&bootstrap).cloned(), consumers.db.outdated());
        Self { bootstrap, login, hangup, outdated, consumers, last: Instant::now() }
    }

    /// Goes on until it is dropped.
    pub(super) async fn run(mut self) {
        loop {
            self.wait().await;
            self.look().await;
            self.last = Instant::now();
        }
    }

    async fn wait(&mut self) {
        let (next, soonest) = (self.next(), self.last + MIN_RELOAD_INTERVAL);
        tokio::select! {
            () = at(next) => {}
            _ = self.hangup.recv() => tracing::info!("reloading secrets after SIGHUP"),
            () = refused(&self.outdated, soonest) => {
                tracing::info!("reloading secrets: the database refuses those in use");
            }
        }
    }

    /// The next reload on the interval, with jitter, so that replicas do not reload together.
    fn next(&self) -> Option<Instant> {
        let every = self.bootstrap.settings().key_vault.refresh;
        let jitter = 0.9 + 0.2 * fastrand::f64();
        (self.bootstrap.vault.is_some() && !every.is_zero()).then(|| self.last + every.mul_f64(jitter))
    }

    /// Reads the secrets and applies each by itself; one that fails stays as it was.
    async fn look(&mut self) {
        let is_done = match self.fetch().await {
            Ok(found) => self.reload(found).await,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the secrets stay as they are");
                false
            }
        };
        if self.bootstrap.vault.is_some() {
            let at = is_done.then(|| unix(self.consumers.clock));
            self.consumers.metrics.count_vault_refresh(at);
        }
    }

    /// Fetches the current settings; a call to the vault is traced.
    async fn fetch(&self) -> anyhow::Result<Bootstrap> {
        let Some(vault) = &self.bootstrap.vault else { return self.bootstrap.reload().await };
        let mut span = self.consumers.traces.begin(Kind::Client, "fetch secrets", Parent::default());
        span.record(|| [("server.address", vault.key_vault.host().to_owned().into())]);
        self.bootstrap.reload().await.inspect_err(|_| span.fail("no_secrets"))
    }

    /// Whether all of it is in use, or was already.
    async fn reload(&mut self, found: Bootstrap) -> bool {
        // Each by itself: a login that is refused must not keep new card keys from use.
        self.reload_signing_keys(&found);
        self.reload_client_secret(&found);
        let has_keys = self.reload_keys(&found).await;
        let has_login = self.reload_login(&found).await;
        self.bootstrap = found;
        has_keys && has_login
    }

    async fn reload_keys(&self, found: &Bootstrap) -> bool {
        let taken = self.consumers.db.reload_keys(&found.keys()).await;
        match &taken {
            Ok(Changed::Yes) => tracing::info!("new card keys are in use"),
            Ok(Changed::No) => {}
            Err(error) => tracing::warn!(%error, "the card keys stay as they are"),
        }
        taken.is_ok()
    }

    /// Says once that another database takes effect at the next start.
    fn note_other_database(&self, found: &Bootstrap) {
        let [new, last] = [found, &self.bootstrap].map(|one| &one.settings().database.url);
        let is_other = match (new, last) {
            (DatabaseUrl::Sqlite(new), DatabaseUrl::Sqlite(last)) => new != last,
            // Of two on servers, the login decides.
            (DatabaseUrl::SqlServer(_), DatabaseUrl::SqlServer(_)) => false,
            _ => true,
        };
        if is_other {
            tracing::warn!("database.url names another database, which takes effect at the next start");
        }
    }

    async fn reload_login(&mut self, found: &Bootstrap) -> bool {
        self.note_other_database(found);
        let (Some(server), Some(current)) = (server(found), &self.login) else { return true };
        if server == current {
            return true;
        }
        if *server != (ConnectionString { credentials: server.credentials.clone(), ..current.clone() }) {
            tracing::warn!("database.url names another database, which takes effect at the next start");
            return true;
        }
        let taken = self.consumers.db.reload_login(database_options::login(found, server)).await;
        match &taken {
            Ok(_) => {
                tracing::info!("a new login to the database is in use");
                self.login = Some(server.clone());
            }
            Err(error) => tracing::warn!(%error, "the login to the database stays as it is"),
        }
        taken.is_ok()
    }

    fn reload_signing_keys(&self, found: &Bootstrap) {
        if let (Some(webhooks), Some(keys)) =
            (&self.consumers.webhooks, &found.settings().webhooks.signing_key)
            && webhooks.replace_keys(keys.clone())
        {
            tracing::info!("new signing keys of webhooks are in use");
        }
    }

    fn reload_client_secret(&self, found: &Bootstrap) {
        if let (Some(provider), Ok(Some(settings))) = (&self.consumers.provider, found.settings().auth.oidc())
            && provider.use_authentication(settings.authentication)
        {
            tracing::info!("the provider of identities is shown another client secret from now on");
        }
    }
}

fn server(bootstrap: &Bootstrap) -> Option<&ConnectionString> {
    match &bootstrap.settings().database.url {
        DatabaseUrl::SqlServer(server) => Some(server),
        DatabaseUrl::Sqlite(_) => None,
    }
}

fn unix(clock: Clock) -> i64 {
    clock.utc().get().and_utc().timestamp()
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Waits until the database refuses the secrets in use, but at least until `soonest`.
async fn refused(outdated: &Notify, soonest: Instant) {
    outdated.notified().await;
    sleep_until(soonest).await;
}
