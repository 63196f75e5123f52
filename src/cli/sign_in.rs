//! The provider at which people sign in, and its rehearsal while a desk starts.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::auth::{Provider, Sessions, SignIn, SignInError};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::Db;
use crate::http::{AppState, NotReady};
use crate::https;

/// Between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// The provider that the settings name; nothing is asked yet.
pub(super) fn provider(settings: &Settings) -> anyhow::Result<Option<Arc<Provider>>> {
    let Some(oidc) = settings.auth.oidc()? else { return Ok(None) };
    // Without the provider everybody could come in.
    let public_url = settings.server.public_url.as_ref().context("server.public_url is not set")?;
    let client =
        if oidc.issuer.is_on_this_machine() { https::client_on_this_machine() } else { https::client() }?;
    Ok(Some(Arc::new(Provider::new(oidc, public_url, client))))
}

/// How people sign in there, and the sessions that come of it.
pub(super) fn sign_in(provider: &Arc<Provider>, settings: &Settings, db: &Arc<Db>, clock: Clock) -> SignIn {
    let auth = &settings.auth;
    let sessions = Sessions::new(Arc::clone(db), clock, auth.session_idle, auth.session_life);
    SignIn::new(Arc::clone(provider), sessions, Arc::clone(db), clock)
}

/// Tries whether people could sign in, until that has worked once.
///
/// The desk is ready as soon as the first attempt has not shown settings to be wrong: a rollout stops at wrong settings,
/// and goes on where the provider is merely away. A desk that was ready stays so, whatever comes to light later.
pub(super) fn rehearse(provider: Arc<Provider>, state: Arc<AppState>) -> JoinHandle<()> {
    state.readiness.hold(NotReady::SignInUntried);
    tokio::spawn(async move {
        let mut said = None;
        while let Err(error) = provider.rehearse().await {
            if said.as_ref() != Some(&error) {
                report(&error);
            }
            match error {
                SignInError::ProviderAway(_) if said.is_none() => state.readiness.release(),
                SignInError::ProviderAway(_) => {}
                _ => state.readiness.hold_on(NotReady::SignInWrong),
            }
            said = Some(error);
            // Jitter: replicas that started together do not ask together.
            sleep(RETRY_INTERVAL.mul_f64(0.9 + 0.2 * fastrand::f64())).await;
        }
        tracing::info!(issuer = provider.issuer(), "people can sign in");
        state.readiness.release();
    })
}

fn report(error: &SignInError) {
    if let SignInError::ProviderAway(_) = error {
        tracing::warn!(%error, "nobody can sign in for now; whoever has signed in is not concerned");
    } else {
        tracing::error!(%error, "nobody can sign in: settings and provider do not fit together");
    }
}
