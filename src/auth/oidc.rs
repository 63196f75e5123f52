//! Sign-in by OpenID Connect: the code flow with PKCE, and what an ID token must show before anybody is believed.

use std::fmt;

use super::Role;
use crate::config::{OidcSettings, PublicUrl};

/// A person as the provider vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider, by the URL with which it calls itself.
    pub issuer: String,
    /// Who it is, for good, among that provider's people; with Entra the ids of tenant and object. At most 255 bytes.
    pub subject: String,
    /// The name to show: not empty, bounded, without control characters.
    pub name: String,
    /// By the map of the settings; may be empty.
    pub roles: Vec<Role>,
}

/// What is kept from the start of a sign-in to its end, for one use within ten minutes. `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    pub state: String,
    pub nonce: String,
    /// PKCE's (RFC 7636).
    pub verifier: String,
}

/// Why nobody was signed in. Has the reason for the log, and never a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider does not answer, for now.
    #[error("the provider of identities is away: {0}")]
    ProviderAway(String),
    /// What came back is not believed, or the provider refused.
    #[error("{0}")]
    Refused(String),
    /// The ID token has no roles because they are too many for it, and says where they could be asked for instead.
    #[error(
        "the ID token leaves out the person's groups because they are too many (Entra: more than 200). Give the desk app roles instead of groups, or only the groups that are assigned to it"
    )]
    TooManyGroups,
}

/// The provider of identities that the settings name.
pub struct Provider {
    settings: OidcSettings,
    redirect: reqwest::Url,
    http: reqwest::Client,
}

impl Provider {
    /// The path to which the provider sends people back.
    pub const CALLBACK: &str = "/sign-in/callback";

    /// Asks for nothing yet. `http` follows no redirects (`https::client`).
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, http: reqwest::Client) -> Self {
        Self { settings, redirect: public_url.at(Self::CALLBACK), http }
    }

    /// Where to send the browser, and what to keep until it comes back.
    pub async fn begin(&self) -> Result<(String, PendingSignIn), SignInError> {
        Err(SignInError::ProviderAway(format!("{} {} {:?}", self.settings.issuer, self.redirect, self.http)))
    }

    /// Redeems the code that the browser brought back. The caller has compared `state`, in constant time.
    pub async fn finish(&self, code: &str, pending: PendingSignIn) -> Result<Identity, SignInError> {
        Err(SignInError::Refused(format!("{code} {pending:?}")))
    }

    /// The provider's own page for signing out, where it has one.
    pub fn sign_out_url(&self) -> Option<String> {
        None
    }
}

impl fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignIn").finish_non_exhaustive()
    }
}
