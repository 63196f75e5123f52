//! What a provider says of itself: its endpoints and its keys (OpenID Connect Discovery 1.0).

use openidconnect::core::CoreJsonWebKeySet;
use openidconnect::http::{Method, Request, StatusCode, header};
use openidconnect::{AsyncHttpClient, HttpResponse};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::SignInError;
use super::calls::{CallError, Calls};
use crate::config::Issuer;

/// Added to the issuer, whose slash at the end is left out.
const DISCOVERY: &str = "/.well-known/openid-configuration";
const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";

/// The endpoints of a provider, each of them https unless the provider is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) keys: Url,
    /// Where people end their session with the provider itself.
    pub(super) end_session: Option<Url>,
    /// Whether it takes a client's secret in the body of a request only.
    pub(super) wants_secret_in_body: bool,
    /// Whether it says in each answer that the answer is its own (RFC 9207).
    pub(super) names_itself: bool,
}

/// The document, as far as it is used.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Asks the provider; its own name for itself has to be the issuer's, to the letter.
    pub(super) async fn fetch(calls: &Calls, issuer: &Issuer) -> Result<Self, SignInError> {
        let url = format!("{}{DISCOVERY}", issuer.as_str().trim_end_matches('/'));
        let document: Document = get(calls, &url).await?;
        if document.issuer != issuer.as_str() {
            let said: String = document.issuer.chars().filter(|c| !c.is_control()).take(255).collect();
            return Err(SignInError::Refused(format!(
                "the provider at {url} calls itself {said}, and auth.issuer is {issuer}: they have to be the same, to the letter"
            )));
        }
        let end_session = document.end_session_endpoint.as_deref();
        Ok(Self {
            authorization: endpoint(&document.authorization_endpoint, "authorization_endpoint", issuer)?,
            token: endpoint(&document.token_endpoint, "token_endpoint", issuer)?,
            keys: endpoint(&document.jwks_uri, "jwks_uri", issuer)?,
            end_session: end_session.map(|url| endpoint(url, "end_session_endpoint", issuer)).transpose()?,
            wants_secret_in_body: document.wants_secret_in_body(),
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

impl Document {
    /// Where nothing is said, the secret goes into a header.
    fn wants_secret_in_body(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        let has = |name: &str| methods.is_some_and(|methods| methods.iter().any(|method| method == name));
        has(POST) && !has(BASIC)
    }
}

/// The provider's keys; at least one.
pub(super) async fn keys(calls: &Calls, url: &Url) -> Result<CoreJsonWebKeySet, SignInError> {
    let keys: CoreJsonWebKeySet = get(calls, url.as_str()).await?;
    if keys.keys().is_empty() {
        return Err(SignInError::Refused(format!("{url} has no key that the desk understands")));
    }
    Ok(keys)
}

fn endpoint(text: &str, name: &str, issuer: &Issuer) -> Result<Url, SignInError> {
    let is_good = |url: &Url| {
        let is_plain_here = url.scheme() == "http" && issuer.is_on_this_machine();
        url.has_host() && (url.scheme() == "https" || is_plain_here)
    };
    Url::parse(text).ok().filter(is_good).ok_or_else(|| {
        SignInError::Refused(format!("the provider's {name} is no URL that begins with https://"))
    })
}

async fn get<T: DeserializeOwned>(calls: &Calls, url: &str) -> Result<T, SignInError> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(url)
        .header(header::ACCEPT, "application/json")
        .body(Vec::new())
        .map_err(|_| SignInError::of_call(&CallError::NoAddress))?;
    let answer = calls.call(request).await.map_err(|error| SignInError::of_call(&error))?;
    read(&answer).map_err(|cause| SignInError::Refused(format!("{url} {cause}")))
}

fn read<T: DeserializeOwned>(answer: &HttpResponse) -> Result<T, String> {
    match answer.status() {
        StatusCode::OK => {}
        status if status.is_redirection() => {
            return Err(format!(
                "leads elsewhere (status {}), where the desk does not follow",
                status.as_u16()
            ));
        }
        status => return Err(format!("answers with status {}", status.as_u16())),
    }
    // What the document holds is not repeated.
    serde_json::from_slice(answer.body()).map_err(|error| {
        let what = if error.is_data() { "lacks what a provider says of itself" } else { "is no JSON" };
        format!("{what} (line {}, column {})", error.line(), error.column())
    })
}
