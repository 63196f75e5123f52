//! The SDK's credentials, from Azure's own variables, all with the desk's client.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::Url;
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};

use super::TokenFailure;
use super::az::Az;
use crate::azure::calls;
use crate::config::IdentityKind;
use crate::https::{self, HttpsError};

/// A variable that a service connection in Azure Pipelines needs.
const SERVICE_CONNECTION: &str = "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID";

type Credential = Arc<dyn TokenCredential>;

/// What credentials are made of.
pub(super) struct Credentials {
    client_id: Option<String>,
    /// For the token endpoints in the world.
    client: reqwest::Client,
    /// For the endpoint of the machine itself, which no proxy knows.
    here: reqwest::Client,
    variable: fn(&str) -> Option<String>,
}

impl Credentials {
    pub(super) fn new(client_id: Option<String>) -> Result<Self, HttpsError> {
        Self::with(client_id, variable)
    }

    pub(super) fn with(
        client_id: Option<String>,
        variable: fn(&str) -> Option<String>,
    ) -> Result<Self, HttpsError> {
        Ok(Self { client_id, client: https::client()?, here: https::client_on_this_machine()?, variable })
    }

    /// The credential of a kind, if its variables are there.
    pub(super) fn get(&self, kind: IdentityKind) -> Result<Credential, TokenFailure> {
        match kind {
            IdentityKind::Environment => self.environment(),
            IdentityKind::Workload => self.workload(),
            IdentityKind::Managed => self.managed(),
            IdentityKind::Cli => cli(),
        }
    }

    /// A client secret; or, in a pipeline, its service connection.
    fn environment(&self) -> Result<Credential, TokenFailure> {
        if (self.variable)(SERVICE_CONNECTION).is_some() {
            return self.pipeline();
        }
        let tenant = self.needed("AZURE_TENANT_ID")?;
        let client_id = self.needed("AZURE_CLIENT_ID")?;
        let secret = self.needed("AZURE_CLIENT_SECRET")?;
        self.check_authority()?;
        let options = ClientSecretCredentialOptions { client_options: calls::options(&self.client) };
        let made = ClientSecretCredential::new(&tenant, client_id, Secret::new(secret), Some(options));
        made.map(|credential| credential as Credential).map_err(|_| WRONG_TENANT)
    }

    fn pipeline(&self) -> Result<Credential, TokenFailure> {
        let connection = self.needed(SERVICE_CONNECTION)?;
        let tenant = self.needed("AZURESUBSCRIPTION_TENANT_ID")?;
        let client_id = self.needed("AZURESUBSCRIPTION_CLIENT_ID")?;
        let token = self.needed("SYSTEM_ACCESSTOKEN")?;
        let endpoint = self.needed("SYSTEM_OIDCREQUESTURI")?;
        if Url::parse(&endpoint).is_err() {
            return Err(TokenFailure::Unusable("SYSTEM_OIDCREQUESTURI must be a URL"));
        }
        self.check_authority()?;
        let options = AzurePipelinesCredentialOptions { credential_options: self.assertion_options() };
        let made = AzurePipelinesCredential::new(tenant, client_id, &connection, token, Some(options));
        made.map(|credential| credential as Credential).map_err(|_| WRONG_TENANT)
    }

    fn workload(&self) -> Result<Credential, TokenFailure> {
        let file = PathBuf::from(self.needed("AZURE_FEDERATED_TOKEN_FILE")?);
        let tenant = self.needed("AZURE_TENANT_ID")?;
        let client_id = match &self.client_id {
            Some(id) => id.clone(),
            None => self.needed("AZURE_CLIENT_ID")?,
        };
        self.check_authority()?;
        if let Err(error) = std::fs::read_to_string(&file) {
            return Err(TokenFailure::TokenFile(file, error.to_string()));
        }
        let options = WorkloadIdentityCredentialOptions {
            credential_options: self.assertion_options(),
            client_id: Some(client_id),
            tenant_id: Some(tenant),
            token_file_path: Some(file),
        };
        let made = WorkloadIdentityCredential::new(Some(options));
        made.map(|credential| credential as Credential).map_err(|_| WRONG_TENANT)
    }

    fn managed(&self) -> Result<Credential, TokenFailure> {
        let id = self.client_id.clone().or_else(|| (self.variable)("AZURE_CLIENT_ID"));
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: id.map(UserAssignedId::ClientId),
            client_options: calls::options_here(&self.here),
        };
        let made = ManagedIdentityCredential::new(Some(options));
        made.map(|credential| credential as Credential).map_err(|_| {
            TokenFailure::Unusable("this kind of machine is none whose managed identity the desk can use")
        })
    }

    fn assertion_options(&self) -> ClientAssertionCredentialOptions {
        ClientAssertionCredentialOptions { client_options: calls::options(&self.client) }
    }

    fn needed(&self, name: &'static str) -> Result<String, TokenFailure> {
        (self.variable)(name).ok_or(TokenFailure::NotSet(name))
    }

    /// The SDK reads this variable by itself.
    fn check_authority(&self) -> Result<(), TokenFailure> {
        let Some(authority) = (self.variable)("AZURE_AUTHORITY_HOST") else { return Ok(()) };
        match Url::parse(&authority) {
            Ok(url) if url.scheme() == "https" => Ok(()),
            _ => Err(TokenFailure::Unusable("AZURE_AUTHORITY_HOST must be a URL that begins with https://")),
        }
    }
}

const WRONG_TENANT: TokenFailure =
    TokenFailure::Unusable("its tenant must be an id or a domain name of letters, digits, dots and hyphens");

fn cli() -> Result<Credential, TokenFailure> {
    let options = AzureCliCredentialOptions { executor: Some(Arc::new(Az)), ..Default::default() };
    let made = AzureCliCredential::new(Some(options));
    made.map(|credential| credential as Credential).map_err(|_| TokenFailure::Cli)
}

#[allow(
    clippy::disallowed_methods,
    reason = "variables that Azure sets for every program, not settings of the desk"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
