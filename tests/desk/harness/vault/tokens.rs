//! Who gets tokens, and how Entra and an App Service hand them out.

use serde_json::{Value, json};
use ureq::http::{Request, Response};

use super::exchange::{json, value_of};
use super::fault::entra;
use super::told::Asked;

pub const TENANT: &str = "7a4f0000-1111-4222-8333-444455556666";
pub const CLIENT: &str = "c11e0000-1111-4222-8333-444455556666";
pub const CLIENT_SECRET: &str = "a~client~secret~that~nobody~may~be~told";
/// What Kubernetes puts into the file of a pod's identity.
pub const ASSERTION: &str = "eyJhbGciOiJSUzI1NiJ9.an-assertion-that-nobody-may-be-told.c2lnbmF0dXJl";
/// What an App Service's endpoint wants to hear.
pub const HEADER: &str = "a-header-that-nobody-may-be-told";

pub const VAULT_RESOURCE: &str = "https://vault.azure.net";
pub const SQL_RESOURCE: &str = "https://database.windows.net";

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The year 2100, in seconds.
const FAR: u64 = 4_102_444_800;

/// The tokens that were given out, and what for.
#[derive(Default)]
pub struct Tokens(Vec<(String, String)>);

impl Tokens {
    pub fn issue(&mut self, resource: &str) -> String {
        let token = format!("eyJ0eXAiOiJKV1QifQ.{}.c2lnbmF0dXJl", uuid::Uuid::new_v4().simple());
        self.0.push((token.clone(), resource.to_owned()));
        token
    }

    pub fn is_for_vault(&self, token: &str) -> bool {
        self.0.iter().any(|(given, resource)| given == token && resource == VAULT_RESOURCE)
    }

    /// All that nobody may be told.
    pub fn values(&self) -> Vec<String> {
        let tokens = self.0.iter().map(|(token, _)| token.as_str());
        tokens.chain([CLIENT_SECRET, ASSERTION, HEADER]).map(str::to_owned).collect()
    }

    /// Answers as `POST /TENANT/oauth2/v2.0/token` does.
    pub fn of_entra(&mut self, asked: &Asked) -> Response<Vec<u8>> {
        let field = |name| value_of(&asked.fields, name);
        if !asked.url.contains(TENANT) {
            return entra(90002, "Tenant not found. Check to make sure you have the correct tenant ID.");
        }
        if field("client_id") != CLIENT {
            return entra(700_016, "Application with that identifier was not found in the directory.");
        }
        let is_asserted =
            field("client_assertion") == ASSERTION && field("client_assertion_type") == JWT_BEARER;
        if !is_asserted && field("client_secret") != CLIENT_SECRET {
            return entra(7_000_215, "Invalid client secret provided.");
        }
        let Some(resource) = field("scope").strip_suffix("/.default") else {
            return entra(1_002_012, "The provided value for scope is not valid.");
        };
        let token = self.issue(resource);
        let body = json!({ "token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token });
        json(200, &body)
    }

    /// Answers as the endpoint at `IDENTITY_ENDPOINT` does.
    pub fn of_app_service(&mut self, asked: &Asked, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let field = |name| value_of(&asked.fields, name);
        let header = request.headers().get("x-identity-header").and_then(|header| header.to_str().ok());
        if header != Some(HEADER) || field("api-version") != "2019-08-01" {
            return json(403, &json!({ "statusCode": 403, "message": "Forbidden" }));
        }
        if !["", CLIENT].contains(&field("client_id")) {
            return json(400, &json!({ "statusCode": 400, "message": "No User Assigned Identity found." }));
        }
        let token = self.issue(field("resource"));
        let body = json!({
            "access_token": token,
            // A text, not a number.
            "expires_on": FAR.to_string(),
            "resource": field("resource"),
            "token_type": "Bearer",
            "client_id": CLIENT,
        });
        json(200, &body)
    }
}

/// What `az account get-access-token` prints.
pub fn of_azure_cli(token: &str) -> Value {
    json!({
        "accessToken": token,
        "expiresOn": "2100-01-01 00:00:00.000000",
        "expires_on": FAR,
        "tenant": TENANT,
        "tokenType": "Bearer",
    })
}
