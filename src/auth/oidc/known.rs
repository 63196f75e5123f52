//! What is known of the provider: its endpoints and keys, asked for again when they are old or a key is missing.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use openidconnect::core::CoreJsonWebKeySet;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::SignInError;
use super::calls::Calls;
use super::metadata::{self, Metadata};
use crate::config::Issuer;

/// After this, the provider is asked again: keys that it has withdrawn count no longer.
const FRESH: Duration = Duration::from_hours(1);
/// For so long, what is known counts although the provider cannot be asked again.
const STALE: Duration = Duration::from_hours(24);
/// After a failure, everybody is told of it for so long before the provider is asked again.
const PAUSE: Duration = Duration::from_secs(3);
/// The least time between two looks for a key that is missing.
const LOOK_FOR_KEY: Duration = Duration::from_secs(30);

/// A provider's endpoints and keys at some moment.
pub(super) struct Facts {
    pub(super) metadata: Metadata,
    pub(super) keys: CoreJsonWebKeySet,
    fetched: Instant,
}

/// What is known of the provider now.
pub(super) struct Known {
    facts: RwLock<Option<Arc<Facts>>>,
    /// Held while the provider is asked: whoever comes meanwhile waits for the same answer.
    asking: Mutex<Asked>,
}

/// How asking went before.
#[derive(Default)]
struct Asked {
    failed: Option<(Instant, SignInError)>,
    looked_for_key: Option<Instant>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self { facts: RwLock::default(), asking: Mutex::default() }
    }

    /// What was fetched last, however old.
    pub(super) fn last(&self) -> Option<Arc<Facts>> {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fresh facts; or those that are not too old, where the provider cannot be asked.
    pub(super) async fn facts(&self, calls: &Calls, issuer: &Issuer) -> Result<Arc<Facts>, SignInError> {
        if let Some(facts) = self.last_within(FRESH) {
            return Ok(facts);
        }
        let mut asked = self.asking.lock().await;
        if let Some(facts) = self.last_within(FRESH) {
            return Ok(facts);
        }
        let stale = self.last_within(STALE);
        if let Some((_, error)) = asked.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return stale.ok_or_else(|| error.clone());
        }
        match fetch(calls, issuer).await {
            Ok(facts) => Ok(self.keep(facts)),
            Err(error) => {
                if stale.is_some() {
                    tracing::warn!(%error, "the provider's keys of before go on counting");
                }
                asked.failed = Some((Instant::now(), error.clone()));
                stale.ok_or(error)
            }
        }
    }

    /// Newer keys than `facts` has, where a key is missing in them; nothing where the provider was asked just now.
    pub(super) async fn newer(
        &self,
        facts: &Arc<Facts>,
        calls: &Calls,
    ) -> Result<Option<Arc<Facts>>, SignInError> {
        let mut asked = self.asking.lock().await;
        if let Some(last) = self.last().filter(|last| !Arc::ptr_eq(last, facts)) {
            return Ok(Some(last));
        }
        if asked.looked_for_key.is_some_and(|at| at.elapsed() < LOOK_FOR_KEY) {
            return Ok(None);
        }
        asked.looked_for_key = Some(Instant::now());
        let keys = metadata::keys(calls, &facts.metadata.keys).await?;
        let metadata = facts.metadata.clone();
        Ok(Some(self.keep(Facts { metadata, keys, fetched: facts.fetched })))
    }

    /// As if so much time had passed.
    #[cfg(test)]
    pub(super) fn grow_old(&self, by: Duration) {
        let last = self.last().unwrap();
        let fetched = last.fetched.checked_sub(by).unwrap();
        self.keep(Facts { metadata: last.metadata.clone(), keys: last.keys.clone(), fetched });
    }

    fn last_within(&self, age: Duration) -> Option<Arc<Facts>> {
        self.last().filter(|facts| facts.fetched.elapsed() < age)
    }

    fn keep(&self, facts: Facts) -> Arc<Facts> {
        let facts = Arc::new(facts);
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&facts));
        facts
    }
}

async fn fetch(calls: &Calls, issuer: &Issuer) -> Result<Facts, SignInError> {
    let metadata = Metadata::fetch(calls, issuer).await?;
    let keys = metadata::keys(calls, &metadata.keys).await?;
    Ok(Facts { metadata, keys, fetched: Instant::now() })
}
