//! `[auth]`: who may use the desk, and how they show who they are.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::error::{ConfigError, refused};
use super::nearest::nearest;
use super::oidc::{
    ClientAuthentication, ClientSecret, Issuer, OidcSettings, RoleValues, federated_token_file,
    issuer_if_any, secret_if_any,
};
use super::public_url::PublicUrl;
use super::values::{file_if_any, hours, minutes, texts};

const NONE: &str = "none";
const OIDC: &str = "oidc";
const MINUTE: Duration = Duration::from_mins(1);
const WEEK: Duration = Duration::from_hours(7 * 24);
/// Of what goes into each request to the provider.
const MAX_TEXT: usize = 255;
const MAX_SCOPES: usize = 20;

/// `[auth]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// How people show who they are.
    #[serde(deserialize_with = "mode")]
    pub mode: AuthMode,
    /// A session that nobody uses ends after this.
    #[serde(rename = "session_idle_minutes", deserialize_with = "minutes")]
    pub session_idle: Duration,
    /// Every session ends this long after its sign-in.
    #[serde(rename = "session_hours", deserialize_with = "hours")]
    pub session_life: Duration,
    #[serde(deserialize_with = "issuer_if_any")]
    issuer: Option<Issuer>,
    client_id: String,
    #[serde(deserialize_with = "secret_if_any")]
    client_secret: Option<ClientSecret>,
    #[serde(deserialize_with = "file_if_any")]
    client_assertion_file: Option<PathBuf>,
    #[serde(deserialize_with = "texts")]
    scopes: Vec<String>,
    roles_claim: String,
    roles: RoleValues,
}

/// `auth.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    /// Nobody signs in, and nobody decided so: in production, for this machine alone.
    Open,
    /// No authentication: anybody who reaches the desk may use it.
    None,
    /// People sign in at a provider of identities, by OpenID Connect.
    Oidc,
}

impl AuthSettings {
    /// The provider at which people sign in, if they do.
    pub fn oidc(&self) -> Result<Option<OidcSettings>, ConfigError> {
        self.oidc_by(federated_token_file).map_err(|sentence| ConfigError::Value(sentence.to_owned()))
    }

    /// Whether there is a secret of the client, in force or not.
    pub(super) fn has_secret(&self) -> bool {
        self.client_secret.is_some()
    }

    pub(super) fn check(&self, public_url: Option<&PublicUrl>) -> Result<(), &'static str> {
        if !(MINUTE..=WEEK).contains(&self.session_idle) {
            return Err("auth.session_idle_minutes must be from 1 to 10080");
        }
        if !(6 * MINUTE..=WEEK).contains(&self.session_life) {
            return Err("auth.session_hours must be from 0.1 to 168");
        }
        if self.oidc_by(federated_token_file)?.is_none() {
            return Ok(());
        }
        match public_url {
            None => Err(
                "auth.mode is oidc, but server.public_url is not set: the provider sends people back there. Set it to where they reach the desk, like https://orders.example.com",
            ),
            Some(url) if !url.is_https() && !url.is_on_this_machine() => Err(
                "auth.mode is oidc, and server.public_url begins with http://, over which others could read who is signed in. Set it to https://, or to this machine itself",
            ),
            Some(_) => Ok(()),
        }
    }

    fn oidc_by(&self, federated: impl Fn() -> Option<PathBuf>) -> Result<Option<OidcSettings>, &'static str> {
        if self.mode != AuthMode::Oidc {
            return Ok(None);
        }
        let Some(issuer) = self.issuer.clone() else {
            return Err(
                "auth.mode is oidc, but auth.issuer is not set: it is the URL by which the provider calls itself, like https://login.microsoftonline.com/TENANT/v2.0",
            );
        };
        let is_client = |c: char| c.is_ascii_graphic() || c == ' ';
        if self.client_id.is_empty()
            || self.client_id.len() > MAX_TEXT
            || !self.client_id.chars().all(is_client)
        {
            return Err(
                "auth.mode is oidc, and auth.client_id must be the id by which the provider knows the desk: 1 to 255 ASCII characters",
            );
        }
        // RFC 6749, section 3.3.
        let is_scope =
            |scope: &String| scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        let is_short = self.scopes.iter().all(|scope| scope.len() <= MAX_TEXT);
        if self.scopes.len() > MAX_SCOPES || !is_short || !self.scopes.iter().all(is_scope) {
            return Err(
                "auth.scopes may have 20 names of 255 ASCII characters at most, without spaces and quotes",
            );
        }
        if self.roles_claim.is_empty() || self.roles_claim.len() > MAX_TEXT {
            return Err(
                "auth.roles_claim must name the claim that says a person's roles, in 1 to 255 characters",
            );
        }
        self.roles.check()?;
        Ok(Some(OidcSettings {
            authentication: self.authentication(&issuer, federated)?,
            issuer,
            client_id: self.client_id.clone(),
            scopes: self.scopes.clone(),
            roles_claim: self.roles_claim.clone(),
            roles: self.roles.clone(),
        }))
    }

    fn authentication(
        &self,
        issuer: &Issuer,
        federated: impl Fn() -> Option<PathBuf>,
    ) -> Result<ClientAuthentication, &'static str> {
        match (&self.client_secret, &self.client_assertion_file) {
            (Some(_), Some(_)) => Err(
                "auth.client_secret and auth.client_assertion_file are both set: the desk shows the provider one of them. Leave the other out",
            ),
            (Some(secret), None) => Ok(ClientAuthentication::Secret(secret.clone())),
            (None, Some(file)) => Ok(ClientAuthentication::Assertion(file.clone())),
            (None, None) => {
                let file = if issuer.is_entra() { federated() } else { None };
                Ok(file.map_or(ClientAuthentication::Public, ClientAuthentication::Assertion))
            }
        }
    }
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AuthMode, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "" => Ok(AuthMode::Open),
        NONE => Ok(AuthMode::None),
        OIDC => Ok(AuthMode::Oidc),
        _ => {
            let meant = nearest(&text, [NONE, OIDC].into_iter());
            let hint = meant.map(|mode| format!("; did you mean {mode}?")).unwrap_or_default();
            Err(refused("must be none, oidc, or empty", format_args!("{text:?}{hint}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::super::sources::tests::with;
    use super::*;

    const SIGN_IN: [(&str, &str); 5] = [
        ("auth.mode", "oidc"),
        ("auth.issuer", "https://login.example.com/realms/shop"),
        ("auth.client_id", "orders"),
        ("auth.roles.clerk", "clerk"),
        ("server.public_url", "https://orders.example.com"),
    ];
    const ENTRA: (&str, &str) =
        ("auth.issuer", "https://login.microsoftonline.com/2b1ad2c0-6a4e-4f1c-9b61-1f4c3cf2a7de/v2.0");

    fn settings(changes: &[(&str, &str)]) -> Settings {
        with(&[&SIGN_IN, changes].concat()).extract().unwrap()
    }

    fn check(changes: &[(&str, &str)]) -> Result<(), &'static str> {
        let settings = settings(changes);
        settings.auth.check(settings.server.public_url.as_ref())
    }

    fn authentication(
        changes: &[(&str, &str)],
        federated: Option<&str>,
    ) -> Result<ClientAuthentication, &'static str> {
        let oidc = settings(changes).auth.oidc_by(|| federated.map(PathBuf::from))?;
        Ok(oidc.unwrap().authentication)
    }

    #[test]
    fn what_signing_in_needs_is_named_where_it_is_missing() {
        check(&[]).unwrap();
        for (change, words) in [
            (("auth.issuer", ""), "auth.issuer is not set"),
            (("auth.client_id", ""), "auth.client_id must be"),
            (("auth.client_id", "ä"), "auth.client_id must be"),
            (("auth.roles.clerk", ""), "auth.roles has no value for any role"),
            (("auth.roles_claim", ""), "auth.roles_claim must name"),
            (("auth.scopes", "[\"a b\"]"), "auth.scopes may have"),
            (("server.public_url", ""), "server.public_url is not set"),
            (("server.public_url", "http://orders.example.com"), "begins with http://"),
            (("auth.session_idle_minutes", "0"), "auth.session_idle_minutes must be from 1 to 10080"),
            (("auth.session_idle_minutes", "10081"), "auth.session_idle_minutes must be from 1 to 10080"),
            (("auth.session_hours", "0"), "auth.session_hours must be from 0.1 to 168"),
            (("auth.session_hours", "169"), "auth.session_hours must be from 0.1 to 168"),
        ] {
            let said = check(&[change]).unwrap_err();
            assert!(said.contains(words), "{change:?}: {said}");
            // Whoever does not sign in needs none of it.
            let is_of_session = change.0.starts_with("auth.session");
            assert_eq!(check(&[change, ("auth.mode", "none")]).is_ok(), !is_of_session, "{change:?}");
        }
        for url in ["http://localhost:5000", "http://127.0.0.1:5000"] {
            check(&[("server.public_url", url)]).unwrap();
        }
    }

    #[test]
    fn nobody_signs_in_unless_that_is_said() {
        for mode in ["", "none"] {
            assert!(settings(&[("auth.mode", mode)]).auth.oidc().unwrap().is_none());
        }
        let oidc =
            settings(&[("auth.roles.admin", "[\"Order Admins\", \"root\"]")]).auth.oidc().unwrap().unwrap();
        assert_eq!(oidc.issuer.as_str(), SIGN_IN[1].1);
        assert_eq!(oidc.roles.clerk, ["clerk"]);
        assert_eq!(oidc.roles.admin, ["Order Admins", "root"]);
        assert_eq!(
            (oidc.roles_claim.as_str(), oidc.scopes),
            ("roles", vec!["openid".into(), "profile".into()])
        );
    }

    #[test]
    fn the_desk_shows_who_it_is_in_one_way() {
        let secret = ("auth.client_secret", "hunter2");
        let file = ("auth.client_assertion_file", "/var/run/token");
        let pod = Some("/var/run/azure/token");
        let path = |path: &str| Ok(ClientAuthentication::Assertion(path.into()));
        assert!(matches!(authentication(&[secret, ENTRA], pod), Ok(ClientAuthentication::Secret(_))));
        assert_eq!(authentication(&[file, ENTRA], pod), path("/var/run/token"));
        assert_eq!(authentication(&[ENTRA], pod), path("/var/run/azure/token"));
        assert_eq!(authentication(&[ENTRA], None), Ok(ClientAuthentication::Public));
        assert_eq!(authentication(&[], pod), Ok(ClientAuthentication::Public), "it is for Entra alone");
        let said = authentication(&[secret, file], None).unwrap_err();
        assert!(said.contains("both set"), "{said}");
        let shown = format!("{:?}", settings(&[secret]));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
