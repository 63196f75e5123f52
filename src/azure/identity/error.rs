//! Why there is no access token, identity by identity. Says what to do, and nothing that a service sent.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use azure_core::error::ErrorKind;

use crate::azure::calls::{CallFailure, causes};
use crate::config::IdentityKind;

/// Where machines in Azure learn about themselves.
const METADATA: &str = "169.254.169.254";

/// Why no identity gives an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityError {
    is_named: bool,
    tried: Vec<(IdentityKind, TokenFailure)>,
}

/// Why one identity gives no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFailure {
    /// A variable that it needs is not there.
    #[error("{0} is not set")]
    NotSet(&'static str),
    /// A variable or setting holds what cannot be used.
    #[error("{0}")]
    Unusable(&'static str),
    /// The file with the token of the pod's account cannot be read.
    #[error("cannot read the file {0} that AZURE_FEDERATED_TOKEN_FILE names: {1}")]
    TokenFile(PathBuf, String),
    /// The token endpoint gives no answer.
    #[error("{0}")]
    Call(CallFailure),
    #[error("Entra refuses it with AADSTS{code}, {meaning}")]
    Refused { code: u32, meaning: &'static str },
    /// The token endpoint refuses without saying why.
    #[error("its endpoint answers with status {0}")]
    Status(u16),
    /// The machine is none of Azure's.
    #[error("nobody answers at {METADATA}, where machines in Azure ask for theirs")]
    NoMachine,
    /// The machine has another identity, or none.
    #[error("this machine has no such identity, assign it one or check azure.client_id")]
    NotAssigned,
    #[error("its endpoint answers with what is no token")]
    NoToken,
    /// The Azure CLI is not installed.
    #[error("the Azure CLI (az) is not installed")]
    NoCli,
    /// Nobody is logged in to it.
    #[error("nobody is logged in to the Azure CLI, run `az login`")]
    NotLoggedIn,
    #[error("`az account get-access-token` fails, run it to see why")]
    Cli,
    #[error("it did not answer in time")]
    Late,
    /// The others took all the time.
    #[error("not asked, for lack of time")]
    NotAsked,
}

impl IdentityError {
    pub(super) fn new(is_named: bool, tried: Vec<(IdentityKind, TokenFailure)>) -> Self {
        Self { is_named, tried }
    }

    /// Whether it may go better soon, without anybody changing something.
    pub fn is_transient(&self) -> bool {
        let is_transient = |failure: &TokenFailure| match failure {
            TokenFailure::Call(failure) => failure.is_transient(),
            TokenFailure::Status(status) => *status == 429 || *status >= 500,
            TokenFailure::Late | TokenFailure::NotAsked => true,
            _ => false,
        };
        self.tried.iter().any(|(_, failure)| is_transient(failure))
    }

    /// What to do about it.
    pub(in crate::azure) fn remedy(&self) -> &'static str {
        let calls = self.tried.iter().find_map(|(_, failure)| match failure {
            TokenFailure::Call(failure) => Some(failure),
            _ => None,
        });
        if let Some(failure) = calls {
            remedy(failure)
        } else if self.is_named {
            "docs/azure.md says what each identity needs"
        } else {
            "Set azure.identity to the one that is meant; docs/azure.md says what each needs"
        }
    }

    /// The failure of the one that has worked before, or was named.
    pub(in crate::azure) fn of_one(kind: IdentityKind, failure: TokenFailure) -> Self {
        Self { is_named: true, tried: vec![(kind, failure)] }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (true, [(kind, failure)]) = (self.is_named, &self.tried[..]) {
            return write!(f, "the {kind} identity gives no access token: {failure}");
        }
        let tried: Vec<String> =
            self.tried.iter().map(|(kind, failure)| format!("{kind}: {failure}")).collect();
        write!(f, "no identity gives an access token ({})", tried.join("; "))
    }
}

impl Error for IdentityError {}

impl TokenFailure {
    /// What the SDK's error is about; its own words may quote what a service sent.
    pub(super) fn of(error: &azure_core::Error) -> Self {
        let causes = causes(error);
        let own =
            causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref());
        let call = || causes.iter().find_map(|cause| cause.downcast_ref().cloned()).map(Self::of_call);
        let answer = || {
            causes.iter().find_map(|cause| match cause.downcast_ref::<azure_core::Error>()?.kind() {
                ErrorKind::HttpResponse { status, error_code, .. } => {
                    Some(Self::of_answer((*status).into(), error_code.as_deref()))
                }
                _ => None,
            })
        };
        own.cloned().or_else(call).or_else(answer).unwrap_or(Self::NoToken)
    }

    fn of_call(failure: CallFailure) -> Self {
        match failure {
            CallFailure::Silent { host } | CallFailure::Unreachable { host, .. } if host == METADATA => {
                Self::NoMachine
            }
            failure => Self::Call(failure),
        }
    }

    fn of_answer(status: u16, codes: Option<&str>) -> Self {
        let code = codes.and_then(|codes| codes.split(',').next()).and_then(|code| code.parse().ok());
        match (code, status) {
            (Some(code), _) => Self::Refused { code, meaning: meaning(code) },
            // The managed identity's endpoint, which has no such numbers.
            (None, 400) => Self::NotAssigned,
            (None, status) => Self::Status(status),
        }
    }
}

fn remedy(failure: &CallFailure) -> &'static str {
    match failure {
        CallFailure::UnknownHost { .. } => {
            "Check this machine's DNS, and AZURE_AUTHORITY_HOST if that is set"
        }
        CallFailure::Certificate { .. } => {
            "Name the file of the authority that signed it in SSL_CERT_FILE, if it is one of your own"
        }
        CallFailure::Proxy { .. } => {
            "Check HTTPS_PROXY and what the proxy lets through, or name the host in NO_PROXY"
        }
        _ => "Check the network from here to it",
    }
}

/// What Entra's most usual refusals mean (Microsoft, "Microsoft Entra authentication and authorization error codes").
fn meaning(code: u32) -> &'static str {
    match code {
        90_002 | 900_023 | 900_021 => "there is no such tenant, check AZURE_TENANT_ID",
        700_016 => "the tenant has no such application, check the client id and AZURE_TENANT_ID",
        7_000_215 => "the client secret is wrong, check AZURE_CLIENT_SECRET",
        7_000_222 => "the client secret has expired, make a new one",
        70_021 | 700_211 | 700_212 | 700_213 => {
            "no federated credential of the identity has this issuer, subject and audience"
        }
        700_024 => "the federated token is not valid at this time, check its age and the clock",
        500_011 => "the tenant does not know the service, check AZURE_TENANT_ID",
        53_003 | 530_003 => "a conditional access policy forbids it",
        _ => "look the number up at https://login.microsoftonline.com/error",
    }
}
