//! Who the desk is, in Azure: the credential that the settings name, or the first that works.

mod az;
mod credential;
mod error;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use credential::Credentials;
pub use error::{IdentityError, TokenFailure};
use tokio::sync::Mutex;

use super::Token;
use super::calls::Deadline;
use crate::config::{AzureSettings, IdentityKind};
use crate::https;

/// The order in which identities are tried where none is named.
const AUTOMATIC: [IdentityKind; 4] =
    [IdentityKind::Environment, IdentityKind::Workload, IdentityKind::Managed, IdentityKind::Cli];

/// The identity of this process, for Key Vault and Azure SQL.
///
/// Where the settings name none, the first that gives a token is kept. Nothing is asked before a token is wanted.
pub struct Identity {
    named: Option<IdentityKind>,
    credentials: Credentials,
    kept: Mutex<Option<(IdentityKind, Arc<dyn TokenCredential>)>>,
    /// Its kind, for readers that cannot wait.
    kind: OnceLock<IdentityKind>,
}

impl Identity {
    /// The identity that the settings name.
    pub fn new(settings: &AzureSettings) -> Result<Self, https::HttpsError> {
        let credentials = Credentials::new(settings.client_id.clone())?;
        Ok(Self { named: settings.identity, credentials, kept: Mutex::new(None), kind: OnceLock::new() })
    }

    /// An access token for a scope, such as `https://vault.azure.net/.default`.
    pub async fn token(&self, scope: &str, patience: Duration) -> Result<Token, IdentityError> {
        let token = self.token_by(scope, Deadline::after(patience)).await?;
        Ok(Token { text: token.token.secret().to_owned(), expires: SystemTime::from(token.expires_on) })
    }

    /// Which one it is, as soon as that is known.
    pub(super) fn kind(&self) -> Option<IdentityKind> {
        self.kind.get().copied()
    }

    async fn token_by(&self, scope: &str, deadline: Deadline) -> Result<AccessToken, IdentityError> {
        // Concurrent callers wait for the first one's choice.
        let mut kept = self.kept.lock().await;
        if let Some((kind, credential)) = kept.clone() {
            drop(kept);
            return ask(credential.as_ref(), scope, deadline)
                .await
                .map_err(|failure| IdentityError::of_one(kind, failure));
        }
        let candidates = self.named.as_ref().map_or(&AUTOMATIC[..], std::slice::from_ref);
        let mut tried = Vec::new();
        for &kind in candidates {
            match self.try_one(kind, scope, deadline).await {
                Ok((credential, token)) => {
                    tracing::debug!("Azure knows this desk by its {kind} identity");
                    self.kind.get_or_init(|| kind);
                    *kept = Some((kind, credential));
                    return Ok(token);
                }
                Err(failure) => tried.push((kind, failure)),
            }
        }
        Err(IdentityError::new(self.named.is_some(), tried))
    }

    async fn try_one(
        &self,
        kind: IdentityKind,
        scope: &str,
        deadline: Deadline,
    ) -> Result<(Arc<dyn TokenCredential>, AccessToken), TokenFailure> {
        if deadline.is_over() {
            return Err(TokenFailure::NotAsked);
        }
        let credential = self.credentials.get(kind)?;
        let token = ask(credential.as_ref(), scope, deadline).await?;
        Ok((credential, token))
    }
}

async fn ask(
    credential: &dyn TokenCredential,
    scope: &str,
    deadline: Deadline,
) -> Result<AccessToken, TokenFailure> {
    let mut options = TokenRequestOptions::default();
    options.method_options.context = deadline.context();
    let answer = deadline.bound(credential.get_token(&[scope], Some(options))).await;
    answer.ok_or(TokenFailure::Late)?.map_err(|error| TokenFailure::of(&error))
}

/// What the SDK's clients ask for tokens.
#[async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let deadline = Deadline::of(&options.unwrap_or_default().method_options.context);
        let scope = scopes.first().copied().unwrap_or_default();
        self.token_by(scope, deadline)
            .await
            .map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("named", &self.named).finish_non_exhaustive()
    }
}
