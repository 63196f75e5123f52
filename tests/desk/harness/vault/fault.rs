//! What can go wrong, and what a service says then.

use std::time::Duration;

use serde_json::json;
use ureq::http::Response;

use super::certificates::Paper;
use super::exchange::{json, text, with};
use super::secrets::{challenge, refusal};
use super::told::Asked;
use super::{CLIENT, VAULT};

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    List,
    Versions,
    Value,
    /// The value of one secret.
    ValueOf(&'static str),
    Store,
    /// A new version of one secret.
    StoreOf(&'static str),
    Entra,
    Managed,
    /// What no service of Azure offers.
    Nowhere,
}

impl Place {
    pub fn is_of(self, asked: &Asked) -> bool {
        match self {
            Self::ValueOf(name) => asked.place == Self::Value && asked.secret == name,
            Self::StoreOf(name) => asked.place == Self::Store && asked.secret == name,
            place => asked.place == place,
        }
    }
}

/// How a host meets whoever comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// The way to it is blocked.
    Refused,
    /// It is there and says nothing, not even who it is.
    Silent,
    Shows(Paper),
}

/// How an answer goes wrong. The vault's faults come once it knows who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 401, whatever the token.
    Unauthorized,
    ForbiddenByRbac,
    ForbiddenByPolicy,
    ForbiddenByFirewall,
    NotFound,
    /// Of a secret that is switched off.
    Disabled,
    /// 429, with the seconds to wait.
    Throttled(u32),
    Broken(u16),
    /// It comes later.
    Slow(Duration),
    /// It comes when this many values are asked for at the same time.
    Together(usize),
    /// It never comes.
    Silent,
    /// Half of it comes.
    HangsUp,
    /// A page for people.
    Garbage,
    /// Right JSON, with what is secret where something else belongs.
    Misplaced,
    Redirect,
    /// Entra's: an error by its number.
    Aadsts(u32, &'static str),
}

impl Fault {
    /// What is said instead; none if this is not about words.
    pub fn answer(self, asked: &Asked) -> Option<Response<Vec<u8>>> {
        Some(match self {
            Self::Unauthorized => challenge("AKV10032: Invalid issuer."),
            Self::ForbiddenByRbac => refusal(403, "Forbidden", "ForbiddenByRbac", &by_rbac(asked)),
            Self::ForbiddenByPolicy => refusal(403, "Forbidden", "AccessDenied", &by_policy()),
            Self::ForbiddenByFirewall => refusal(403, "Forbidden", "ForbiddenByFirewall", &by_firewall()),
            Self::NotFound => refusal(404, "SecretNotFound", "", &not_found(&asked.secret)),
            Self::Disabled => disabled(),
            Self::Throttled(seconds) => with(throttled(), "retry-after", &seconds.to_string()),
            Self::Broken(status) => {
                refusal(status, "InternalServerError", "", "An unexpected error occurred.")
            }
            Self::Garbage => text(200, "text/html", "<html><body>It works!</body></html>"),
            Self::Redirect => with(text(302, "text/plain", ""), "location", "https://elsewhere.example/"),
            Self::Aadsts(number, words) => entra(number, words),
            Self::Slow(_) | Self::Together(_) | Self::Silent | Self::HangsUp | Self::Misplaced => {
                return None;
            }
        })
    }
}

fn throttled() -> Response<Vec<u8>> {
    let words = "Request was not processed because too many requests were received. \
                 Reason: VaultRequestTypeLimitReached";
    refusal(429, "Throttled", "", words)
}

pub fn disabled() -> Response<Vec<u8>> {
    refusal(403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.")
}

pub fn not_found(name: &str) -> String {
    format!(
        "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you \
         may be able to recover it using the correct recovery command."
    )
}

fn by_rbac(asked: &Asked) -> String {
    let action = match asked.place {
        Place::List | Place::Versions => "readMetadata",
        Place::Store => "setSecret",
        _ => "getSecret",
    };
    format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
         definitions were changed recently, please observe propagation time.\r\nCaller: appid={CLIENT};oid={CLIENT}\
         \r\nAction: 'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nResource: '/subscriptions/s/\
         resourcegroups/g/providers/microsoft.keyvault/vaults/orders/secrets/{}'\r\nAssignment: (not found)\r\n\
         DenyAssignmentId: null\r\nDecisionReason: null \r\nVault: orders;location=westeurope\r\n",
        asked.secret
    )
}

fn by_policy() -> String {
    format!(
        "The user, group or application 'appid={CLIENT};oid={CLIENT}' does not have secrets get permission on key \
         vault 'orders;location=westeurope'. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125287"
    )
}

fn by_firewall() -> String {
    format!(
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 192.0.2.7\r\n\
         Caller: appid={CLIENT};oid={CLIENT}\r\nVault: {VAULT};location=westeurope"
    )
}

/// An error as Entra words it.
pub fn entra(number: u32, words: &str) -> Response<Vec<u8>> {
    let trace = "00000000-0000-0000-0000-000000000000";
    json(
        401,
        &json!({
            "error": "invalid_client",
            "error_description":
                format!("AADSTS{number}: {words} Trace ID: {trace} Correlation ID: {trace} Timestamp: 2026-01-01 00:00:00Z"),
            "error_codes": [number],
            "timestamp": "2026-01-01 00:00:00Z",
            "trace_id": trace,
            "correlation_id": trace,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}"),
        }),
    )
}
