//! The provider of identities: who it is, how the desk shows who it is there, and what its roles mean here.

use std::fmt;
use std::path::PathBuf;

use figment::providers::Env;
use reqwest::Url;
use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use super::error::refused;
use super::values::{is_this_machine, texts};

/// Where AKS puts a pod's token of its service account (workload identity).
const FEDERATED_TOKEN_FILE: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Entra's hosts, of Azure itself and of its separate clouds.
const ENTRA: [&str; 3] =
    ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
/// What stands in the place of a tenant where the accounts of many are meant.
const MANY_TENANTS: [&str; 3] = ["common", "organizations", "consumers"];
const MAX_ISSUER: usize = 255;
const MAX_SECRET: usize = 4096;
const MAX_VALUES: usize = 50;
const MAX_VALUE: usize = 255;

/// What is needed to sign people in by OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Who vouches for people.
    pub issuer: Issuer,
    /// By which the provider knows the desk.
    pub client_id: String,
    /// How the desk shows that it is the one with that id.
    pub authentication: ClientAuthentication,
    /// What is asked for, `openid` or not: it is asked for always.
    pub scopes: Vec<String>,
    /// The claim of the ID token with a person's roles; a dot leads into an object, as `realm_access.roles`.
    pub roles_claim: String,
    /// Which of its values mean which role.
    pub roles: RoleValues,
}

/// How the desk shows the provider who it is (OpenID Connect Core, section 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// By a secret that both know.
    Secret(ClientSecret),
    /// By a token in a file, which another program renews (RFC 7523).
    Assertion(PathBuf),
    /// Not at all: what it redeems is bound to it by PKCE alone.
    Public,
}

/// `[auth.roles]`: the values of the claim that mean a role. No value, nobody with that role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleValues {
    /// Of those who see orders.
    #[serde(deserialize_with = "texts")]
    pub viewer: Vec<String>,
    /// Of those who add and change orders, too.
    #[serde(deserialize_with = "texts")]
    pub clerk: Vec<String>,
    /// Of those who see everything.
    #[serde(deserialize_with = "texts")]
    pub auditor: Vec<String>,
    /// Of those who may do everything.
    #[serde(deserialize_with = "texts")]
    pub admin: Vec<String>,
}

/// The URL by which a provider calls itself: `https`, or `http` on this machine. Compared as a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

/// Why a text is no [`Issuer`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Not understood, or longer than 255 bytes.
    #[error("must be the URL by which the provider calls itself, like https://login.example.com/realms/shop")]
    Form,
    /// Neither https nor on this machine.
    #[error("must begin with https://, or with http:// where it names this machine")]
    Scheme,
    /// More than a host and a path.
    #[error("must not have a user, a password, a ? or a #")]
    Parts,
    /// Entra's names for the accounts of many tenants.
    #[error(
        "must name one tenant: write the tenant's id in the place of common, organizations or consumers, which let people of every company in"
    )]
    ManyTenants,
}

/// The secret of the desk at the provider.
///
/// Wiped from memory when dropped; neither `Debug` nor anything else shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(Zeroizing<String>);

impl RoleValues {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let all = [&self.viewer, &self.clerk, &self.auditor, &self.admin];
        if all.iter().all(|values| values.is_empty()) {
            return Err(
                "auth.mode is oidc, but auth.roles has no value for any role: nobody could come in. Say which values of the claim mean viewer, clerk, auditor and admin, as auth.roles.clerk = [\"clerk\"]",
            );
        }
        let is_good = |value: &String| (1..=MAX_VALUE).contains(&value.len());
        if all.iter().any(|values| values.len() > MAX_VALUES || !values.iter().all(is_good)) {
            return Err("auth.roles may have 50 values for a role at most, of 1 to 255 bytes each");
        }
        Ok(())
    }
}

impl Issuer {
    /// Its host, as people know it.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Reads a URL, which is kept as it is written: a slash at its end counts.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError::Form)?;
        if text.len() > MAX_ISSUER || text.contains(char::is_whitespace) || !url.has_host() {
            return Err(IssuerError::Form);
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
            return Err(IssuerError::Scheme);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerError::Parts);
        }
        let issuer = Self { text: text.to_owned(), url };
        let tenant = issuer.url.path_segments().and_then(|mut segments| segments.next());
        if issuer.is_entra() && tenant.is_some_and(|tenant| MANY_TENANTS.contains(&tenant)) {
            return Err(IssuerError::ManyTenants);
        }
        Ok(issuer)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is Microsoft Entra.
    pub fn is_entra(&self) -> bool {
        self.url.host_str().is_some_and(|host| ENTRA.contains(&host))
    }

    /// Whether it names this machine by an address or as localhost.
    pub fn is_on_this_machine(&self) -> bool {
        is_this_machine(&self.url)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that is no [`ClientSecret`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a text of 4096 bytes at most, on one line")]
pub struct ClientSecretError;

impl ClientSecret {
    /// Reads a secret, which is kept as it is.
    pub fn parse(text: &str) -> Result<Self, ClientSecretError> {
        let is_good = text.len() <= MAX_SECRET && !text.contains(char::is_control);
        is_good.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(ClientSecretError)
    }

    /// The secret itself: to show it to the provider, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// The file that AKS names to a pod with a workload identity.
pub(super) fn federated_token_file() -> Option<PathBuf> {
    Env::var(FEDERATED_TOKEN_FILE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

pub(super) fn issuer_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Issuer>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    // A password in it is not repeated.
    Issuer::parse(&text).map(Some).map_err(|error| match error {
        IssuerError::Parts => de::Error::custom(error),
        _ => refused(&error.to_string(), format_args!("{text:?}")),
    })
}

pub(super) fn secret_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ClientSecret>, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    // A file that a secret was made from often ends with a line break.
    if text.trim().is_empty() {
        return Ok(None);
    }
    ClientSecret::parse(text.trim()).map(Some).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_kept_as_it_is_written() {
        for text in [
            "https://login.example.com",
            "https://login.example.com/",
            "https://login.example.com/realms/shop",
            "https://login.microsoftonline.com/2b1ad2c0-6a4e-4f1c-9b61-1f4c3cf2a7de/v2.0",
            "http://127.0.0.1:4000/tenant",
            "http://localhost:4000",
            "http://[::1]:4000",
        ] {
            assert_eq!(Issuer::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_issuer_is_reached_by_https_and_is_one_tenant() {
        for (text, error) in [
            ("login.example.com", IssuerError::Form),
            ("", IssuerError::Form),
            ("https://", IssuerError::Form),
            (" https://login.example.com", IssuerError::Form),
            ("http://login.example.com", IssuerError::Scheme),
            ("http://127.0.0.1.example.com", IssuerError::Scheme),
            ("ftp://login.example.com", IssuerError::Scheme),
            ("https://anna:hunter2@login.example.com", IssuerError::Parts),
            ("https://login.example.com/?a=b", IssuerError::Parts),
            ("https://login.example.com/#a", IssuerError::Parts),
            ("https://login.microsoftonline.com/common/v2.0", IssuerError::ManyTenants),
            ("https://login.microsoftonline.com/organizations/v2.0", IssuerError::ManyTenants),
        ] {
            assert_eq!(Issuer::parse(text), Err(error), "{text}");
        }
        let long = format!("https://login.example.com/{}", "a".repeat(MAX_ISSUER));
        assert_eq!(Issuer::parse(&long), Err(IssuerError::Form));
    }

    #[test]
    fn a_secret_is_one_line_and_does_not_print() {
        let secret = ClientSecret::parse("hunter2").unwrap();
        assert_eq!((secret.expose(), format!("{secret:?}").as_str()), ("hunter2", "ClientSecret"));
        for text in ["hunter\n2", &"a".repeat(MAX_SECRET + 1)] {
            assert!(ClientSecret::parse(text).is_err());
        }
    }
}
