//! Sign-in by OpenID Connect: the code flow with PKCE, and what an ID token must show before anybody is believed.

mod authentication;
mod calls;
#[cfg(test)]
#[allow(dead_code, reason = "a desk's tests ask more of it")]
#[path = "../../tests/desk/harness/provider/mod.rs"]
mod double;
mod id_token;
mod known;
mod metadata;
mod person;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use authentication::{Authentication, Proof};
use calls::{CallError, Calls};
use id_token::{Claims, Doubt, quoted};
use known::{Facts, Known};
use metadata::Metadata;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken};
use openidconnect::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, JsonWebKeySet, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, StandardErrorResponse,
    TokenUrl,
};
use person::person;
use reqwest::Url;

use super::Role;
use crate::clock;
use crate::config::{ClientAuthentication, OidcSettings, PublicUrl};

const OPENID: &str = "openid";
/// RFC 7523, section 2.2.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type ExchangeError = RequestTokenError<CallError, StandardErrorResponse<CoreErrorResponseType>>;

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
    redirect: Url,
    authentication: Authentication,
    calls: Calls,
    known: Known,
}

impl Provider {
    /// The path to which the provider sends people back.
    pub const CALLBACK: &str = "/sign-in/callback";

    /// Asks for nothing yet. `http` follows no redirects (`https::client`).
    pub fn new(settings: OidcSettings, public_url: &PublicUrl, http: reqwest::Client) -> Self {
        Self {
            redirect: public_url.at(Self::CALLBACK),
            authentication: Authentication::new(settings.authentication.clone()),
            calls: Calls::new(http),
            known: Known::new(),
            settings,
        }
    }

    /// The URL by which it calls itself.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// Its host, as people know it.
    pub fn host(&self) -> &str {
        self.settings.issuer.host()
    }

    /// Shows that people can sign in, as far as that can be known before somebody does: the provider is the one that
    /// the settings mean, it has keys, and there is a client assertion if one is to be shown.
    ///
    /// [`SignInError::ProviderAway`] says nothing against the settings, any other error does.
    pub async fn rehearse(&self) -> Result<(), SignInError> {
        self.authentication.proof(clock::utc().get().and_utc().into())?;
        self.facts().await.map(|_| ())
    }

    /// From now on the desk shows by this who it is. Whether that is new.
    pub fn use_authentication(&self, way: ClientAuthentication) -> bool {
        self.authentication.replace(way)
    }

    /// Where to send the browser, and what to keep until it comes back.
    pub async fn begin(&self) -> Result<(String, PendingSignIn), SignInError> {
        let facts = self.facts().await?;
        let client = self.client()?.set_auth_uri(AuthUrl::from_url(facts.metadata.authorization.clone()));
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes = self.settings.scopes.iter().filter(|scope| *scope != OPENID);
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .url();
        let pending = PendingSignIn {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        };
        Ok((url.into(), pending))
    }

    /// Shows that an answer that the browser brought back is this provider's (RFC 9207, section 2.4): it says so where the
    /// provider says that it does, and says nothing else anywhere.
    pub async fn check_sender(&self, issuer: Option<&str>) -> Result<(), SignInError> {
        let facts = self.facts().await?;
        let refused = |why: &str| Err(SignInError::Refused(why.to_owned()));
        match issuer {
            None if facts.metadata.names_itself => {
                refused("the answer does not name the provider (iss), as this provider's answers do")
            }
            Some(issuer) if issuer != self.issuer() => refused("the answer names another provider (iss)"),
            _ => Ok(()),
        }
    }

    /// Redeems the code that the browser brought back. The caller has compared `state`, in constant time.
    pub async fn finish(&self, code: &str, pending: PendingSignIn) -> Result<Identity, SignInError> {
        let facts = self.facts().await?;
        let token = Box::pin(self.redeem(code, &pending, &facts.metadata)).await?;
        let claims = Box::pin(self.claims(&token, &pending.nonce, facts)).await?;
        person(&claims, &self.settings)
    }

    /// The provider's own page for signing out, where it has one.
    pub fn sign_out_url(&self) -> Option<String> {
        let mut url = self.known.last()?.metadata.end_session.clone()?;
        url.query_pairs_mut().append_pair("client_id", &self.settings.client_id);
        Some(url.into())
    }

    async fn facts(&self) -> Result<Arc<Facts>, SignInError> {
        // On the heap: what is awaited here is large, and every request would have its room.
        Box::pin(self.known.facts(&self.calls, &self.settings.issuer)).await
    }

    fn client(&self) -> Result<CoreClient, SignInError> {
        let issuer = IssuerUrl::new(self.settings.issuer.as_str().to_owned())
            .map_err(|_| SignInError::Refused("auth.issuer is no URL".to_owned()))?;
        let client =
            CoreClient::new(ClientId::new(self.settings.client_id.clone()), issuer, JsonWebKeySet::default());
        Ok(client.set_redirect_uri(RedirectUrl::from_url(self.redirect.clone())))
    }

    /// The ID token for a code.
    async fn redeem(
        &self,
        code: &str,
        pending: &PendingSignIn,
        metadata: &Metadata,
    ) -> Result<CoreIdToken, SignInError> {
        let proof = self.authentication.proof(clock::utc().get().and_utc().into())?;
        let mut client = self.client()?.set_token_uri(TokenUrl::from_url(metadata.token.clone()));
        if let Proof::Secret(secret) = &proof {
            let by = if metadata.wants_secret_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
            client = client.set_client_secret(ClientSecret::new(secret.to_string())).set_auth_type(by);
        }
        let mut request = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()));
        if let Proof::Assertion(token) = &proof {
            request = request
                .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                .add_extra_param("client_assertion", token.as_str());
        }
        let secrets = [Some(code), Some(pending.verifier.as_str()), proof.secret()];
        let answer = request.request_async(&self.calls).await;
        let answer = answer.map_err(|error| of_exchange(&error, &secrets))?;
        let token = answer.extra_fields().id_token().cloned();
        token.ok_or_else(|| {
            SignInError::Refused(
                "the provider's answer has no ID token: is openid among the scopes that it grants?"
                    .to_owned(),
            )
        })
    }

    /// The claims of a token; where its key is missing, the provider may have new ones.
    async fn claims(
        &self,
        token: &CoreIdToken,
        nonce: &str,
        facts: Arc<Facts>,
    ) -> Result<Claims, SignInError> {
        let verify = |facts: &Facts| {
            id_token::verify(token, &facts.keys, &self.settings, nonce, clock::utc().get().and_utc())
        };
        let doubt = match verify(&facts) {
            Err(Doubt::UnknownKey) => match self.known.newer(&facts, &self.calls).await? {
                Some(newer) => verify(&newer),
                None => Err(Doubt::UnknownKey),
            },
            verified => verified,
        };
        doubt.map_err(|doubt| match doubt {
            Doubt::Refused(error) => error,
            Doubt::UnknownKey => SignInError::Refused(
                "the ID token is signed by a key that is not among the provider's".to_owned(),
            ),
        })
    }
}

impl SignInError {
    fn of_call(error: &CallError) -> Self {
        if error.is_passing() {
            Self::ProviderAway(error.to_string())
        } else {
            Self::Refused(error.to_string())
        }
    }
}

/// Why a code was not redeemed, without any of these secrets: a provider may repeat what it was sent.
fn of_exchange(error: &ExchangeError, secrets: &[Option<&str>]) -> SignInError {
    let why = match error {
        RequestTokenError::Request(error) => return SignInError::of_call(error),
        RequestTokenError::ServerResponse(said) => {
            let code = said.error().as_ref().to_owned();
            match said.error_description() {
                Some(words) => format!("refuses the code: {code} ({words})"),
                None => format!("refuses the code: {code}"),
            }
        }
        RequestTokenError::Parse(error, _) => {
            format!("answers with what is no token (at {}, line {})", error.path(), error.inner().line())
        }
        RequestTokenError::Other(_) => "answers with nothing".to_owned(),
    };
    let tells = secrets.iter().flatten().any(|secret| why.contains(secret));
    let why = if tells { "refuses the code, and repeats what it was sent".to_owned() } else { quoted(&why) };
    SignInError::Refused(format!("the provider {why}"))
}

impl PendingSignIn {
    /// Of a browser that is not on its way yet: random, and known to nobody, so that nothing answers it.
    pub fn unsent() -> Self {
        Self {
            state: CsrfToken::new_random().into_secret(),
            nonce: Nonce::new_random().secret().clone(),
            verifier: PkceCodeChallenge::new_random_sha256().1.into_secret(),
        }
    }
}

impl fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSignIn").finish_non_exhaustive()
    }
}
