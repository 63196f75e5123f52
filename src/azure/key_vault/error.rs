//! What can go wrong with a key vault: one sentence each, with what to do about it.

use std::time::Duration;

use azure_core::error::ErrorKind;
use azure_core::http::RawResponse;
use serde::Deserialize;

use crate::azure::calls::{CallFailure, causes, retry_after};
use crate::azure::identity::IdentityError;
use crate::config::{IdentityKind, VaultUrl};

/// Why the key vault is of no use just now. Quotes no value of a secret, and nothing that a service sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key vault {vault}: {}", said(.failure, *.identity))]
pub struct VaultError {
    vault: String,
    identity: Option<IdentityKind>,
    pub failure: VaultFailure,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultFailure {
    /// No identity gives a token for it.
    #[error("{0}. {remedy}", remedy = .0.remedy())]
    Identity(IdentityError),
    #[error("{0}. {remedy}", remedy = remedy(.0))]
    Call(CallFailure),
    /// The token is of no use there (401).
    #[error(
        "it does not accept the token of the identity (status 401). Check that AZURE_TENANT_ID names the tenant that the vault is in"
    )]
    Unauthorized,
    /// The identity has no role there (403).
    #[error(
        "the identity may not {act} (status 403). Give it the role {role} on the vault; a new role takes some minutes"
    )]
    Forbidden {
        /// What it may not do.
        act: String,
        role: &'static str,
    },
    /// The vault goes by access policies, and has none for the identity (403).
    #[error(
        "no access policy of the vault lets the identity {act} (status 403). Add one with the permissions {permissions} for secrets"
    )]
    NoPolicy {
        /// What it may not do.
        act: String,
        /// What the policy must allow.
        permissions: &'static str,
    },
    /// The vault's own firewall (403).
    #[error(
        "its firewall does not let this machine in (ForbiddenByFirewall). Allow this machine's address or network in the vault's networking settings, or reach it by a private endpoint"
    )]
    Firewall,
    /// The secret was there a moment ago (404).
    #[error("it has no secret {0} (status 404). Make it again, or recover it if it was deleted")]
    NoSecret(String),
    /// The secret, or its newest version, is switched off.
    #[error("its secret {0} is disabled. Enable it, or delete it")]
    Disabled(String),
    /// Too many ask (429).
    #[error("it has too much to do (status 429){}. Start again later, or raise key_vault.deadline_seconds", asks(*.0))]
    Throttled(Option<Duration>),
    /// Another answer than is expected.
    #[error("it answers with status {status}{}. Try again later", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Status {
        status: u16,
        /// The service's own code.
        code: Option<String>,
    },
    /// What answers is no key vault.
    #[error("what answers there is no key vault. Check key_vault.url")]
    NoVault,
    /// A card key that is none.
    #[error(
        "its secret {0} must be 32 bytes in Base64 in every enabled version. Disable the versions that are not; `orders key rotate` makes ones that are"
    )]
    NoKey(String),
    /// It took longer than `key_vault.deadline_seconds` allows.
    #[error(
        "not all secrets came in time. Raise key_vault.deadline_seconds, or look what keeps the vault busy"
    )]
    Late,
    /// There is no TLS to ask it with.
    #[error("{0}")]
    Tls(String),
}

impl VaultError {
    pub(super) fn new(vault: &VaultUrl, identity: Option<IdentityKind>, failure: VaultFailure) -> Self {
        Self { vault: vault.to_string(), identity, failure }
    }
}

/// The failure in words, naming the identity where it is about one that is known.
fn said(failure: &VaultFailure, identity: Option<IdentityKind>) -> String {
    let words = failure.to_string();
    match identity {
        Some(kind) => words.replace("the identity", &format!("the {kind} identity")),
        None => words,
    }
}

/// What was attempted when the vault said no.
#[derive(Clone, Copy)]
enum Attempt<'a> {
    List,
    Read(&'a str),
    Write(&'a str),
}

impl VaultFailure {
    /// What became of reading a secret, or of listing them all.
    pub(super) fn of(error: &azure_core::Error, secret: Option<&str>) -> Self {
        Self::after(error, secret.map_or(Attempt::List, Attempt::Read))
    }

    /// What became of writing a secret.
    pub(super) fn of_writing(error: &azure_core::Error, secret: &str) -> Self {
        Self::after(error, Attempt::Write(secret))
    }

    fn after(error: &azure_core::Error, attempt: Attempt<'_>) -> Self {
        let causes = causes(error);
        let identity = causes.iter().find_map(|cause| cause.downcast_ref::<IdentityError>().cloned());
        if let Some(error) = identity {
            return Self::Identity(error);
        }
        if let Some(failure) = causes.iter().find_map(|cause| cause.downcast_ref::<CallFailure>().cloned()) {
            return Self::Call(failure);
        }
        let answer =
            causes.iter().find_map(|cause| match cause.downcast_ref::<azure_core::Error>()?.kind() {
                ErrorKind::HttpResponse { status, raw_response, .. } => {
                    Some((u16::from(*status), raw_response.as_deref()))
                }
                _ => None,
            });
        answer.map_or(Self::NoVault, |(status, response)| Self::of_answer(status, response, attempt))
    }

    fn of_answer(status: u16, response: Option<&RawResponse>, attempt: Attempt<'_>) -> Self {
        let Codes { code, inner } = response.map(Codes::of).unwrap_or_default();
        match (status, inner.as_deref(), attempt) {
            (401, ..) => Self::Unauthorized,
            (403, Some("ForbiddenByFirewall" | "ForbiddenByConnection"), _) => Self::Firewall,
            (_, Some("SecretDisabled"), Attempt::Read(secret) | Attempt::Write(secret)) => {
                Self::Disabled(secret.to_owned())
            }
            (403, Some("ForbiddenByPolicy" | "AccessDenied"), _) => {
                Self::NoPolicy { act: attempt.act(), permissions: attempt.permissions() }
            }
            (403, ..) => Self::Forbidden { act: attempt.act(), role: attempt.role() },
            (404, _, Attempt::Read(secret) | Attempt::Write(secret)) => Self::NoSecret(secret.to_owned()),
            (404 | 200..=399, ..) => Self::NoVault,
            (429, ..) => Self::Throttled(response.and_then(|response| retry_after(response.headers()))),
            _ => Self::Status { status, code: inner.or(code) },
        }
    }
}

impl Attempt<'_> {
    fn act(self) -> String {
        match self {
            Self::List => "list secrets".to_owned(),
            Self::Read(secret) => format!("read the secret {secret}"),
            Self::Write(secret) => format!("write the secret {secret}"),
        }
    }

    fn role(self) -> &'static str {
        match self {
            Self::List | Self::Read(_) => "\"Key Vault Secrets User\"",
            Self::Write(_) => "\"Key Vault Secrets Officer\"",
        }
    }

    fn permissions(self) -> &'static str {
        match self {
            Self::List | Self::Read(_) => "Get and List",
            Self::Write(_) => "Get, List and Set",
        }
    }
}

/// The service's words for what is wrong: names of errors, and nothing else of its answer.
#[derive(Default)]
struct Codes {
    code: Option<String>,
    inner: Option<String>,
}

impl Codes {
    fn of(response: &RawResponse) -> Self {
        #[derive(Deserialize)]
        struct Body {
            error: Problem,
        }
        #[derive(Deserialize)]
        struct Problem {
            code: Option<String>,
            innererror: Option<Box<Problem>>,
        }
        let Ok(Body { error }) = serde_json::from_slice(response.body().as_ref()) else {
            return Self::default();
        };
        let inner = error.innererror.and_then(|inner| inner.code);
        let is_name = |code: &String| is_name(code);
        Self { code: error.code.filter(is_name), inner: inner.filter(is_name) }
    }
}

fn is_name(code: &str) -> bool {
    code.len() <= 64 && code.chars().all(|c| c.is_ascii_alphabetic())
}

fn remedy(failure: &CallFailure) -> &'static str {
    match failure {
        CallFailure::UnknownHost { .. } => "Check the vault's name in key_vault.url, and this machine's DNS",
        CallFailure::Unreachable { .. } | CallFailure::Cut { .. } | CallFailure::Status { .. } => {
            "Check the network from here to the vault, and key_vault.url"
        }
        CallFailure::Silent { .. } => {
            "Check the network from here to the vault, or raise key_vault.deadline_seconds"
        }
        CallFailure::Certificate { .. } => {
            "Name the file of the authority that signed it in SSL_CERT_FILE, if it is one of your own"
        }
        CallFailure::Proxy { .. } => {
            "Check HTTPS_PROXY and what the proxy lets through, or name the host in NO_PROXY"
        }
    }
}

fn asks(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" and asks to wait {} seconds", wait.as_secs())).unwrap_or_default()
}
