//! The provider's endpoints, over HTTP.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CLIENT, Provider, Redeemed};

pub(super) const AUTHORIZE: &str = "/authorize";
const SIGN_OUT: &str = "/sign-out";

/// What an endpoint does instead of what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Hangs up.
    HangUp,
    /// Says nothing for as long as the other waits.
    Silence,
    /// Answers after a while, as it should.
    After(Duration),
    Status(u16),
    /// Leads to the same endpoint by another name.
    Redirect,
    /// JSON, but a megabyte of it.
    Huge,
    /// What is no JSON.
    Garbage,
    /// JSON, with this in it.
    Json(Value),
    /// Status 400, and this in words.
    Refusal(&'static str),
}

/// A request, and an answer to it.
struct Request {
    path: String,
    query: String,
    authorization: Option<String>,
    body: String,
}

type Answer = (u16, String, String);

impl Provider {
    pub(super) fn serve(&self, caller: TcpStream) {
        let mut reader = BufReader::new(caller);
        let Some(request) = read(&mut reader) else { return };
        let fault = {
            let mut state = self.state.lock().unwrap();
            state.asked.push(request.path.clone());
            state.faults.get(request.path.as_str()).cloned()
        };
        let json = |status, value: &Value| (status, String::new(), value.to_string());
        let (status, headers, body) = match fault {
            None => self.answer(&request),
            Some(Fault::HangUp) => return,
            Some(Fault::Silence) => {
                // Until the other hangs up.
                let _ = reader.read(&mut [0]);
                return;
            }
            Some(Fault::After(time)) => {
                std::thread::sleep(time);
                self.answer(&request)
            }
            Some(Fault::Status(status)) => json(status, &json!({"error": "server_error"})),
            Some(Fault::Redirect) => (
                302,
                format!("Location: http://localhost:{}{}\r\n", self.address.port(), request.path),
                String::new(),
            ),
            Some(Fault::Huge) => json(200, &json!({"keys": [], "padding": " ".repeat(1 << 20)})),
            Some(Fault::Garbage) => (200, String::new(), "<!DOCTYPE html><title>hunter2</title>".to_owned()),
            Some(Fault::Json(value)) => json(200, &value),
            Some(Fault::Refusal(words)) => {
                json(400, &json!({"error": "invalid_client", "error_description": words}))
            }
        };
        let _ = write!(
            reader.get_mut(),
            "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
    }

    fn answer(&self, request: &Request) -> Answer {
        let json = |status, value: Value| (status, String::new(), value.to_string());
        match request.path.as_str() {
            Self::DISCOVERY => json(200, self.discovery()),
            Self::KEYS => {
                let state = self.state.lock().unwrap();
                let keys: Vec<Value> = state.published.iter().map(|key| key.published()).collect();
                json(200, json!({ "keys": keys }))
            }
            AUTHORIZE => {
                let back = self.authorize(&fields(&request.query));
                (302, format!("Location: {back}\r\n"), String::new())
            }
            Self::TOKEN => {
                let (status, value) = self.redeem(request);
                json(status, value)
            }
            _ => json(404, json!({"error": "not_found"})),
        }
    }

    /// What it says of itself.
    pub fn discovery(&self) -> Value {
        let url = |path: &str| format!("{}{path}", self.url());
        let mut said = json!({
            "issuer": self.issuer(),
            "authorization_endpoint": url(AUTHORIZE),
            "token_endpoint": url(Self::TOKEN),
            "jwks_uri": url(Self::KEYS),
            "end_session_endpoint": url(SIGN_OUT),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256"],
        });
        if self.state.lock().unwrap().names_itself {
            said["authorization_response_iss_parameter_supported"] = true.into();
        }
        said
    }

    fn redeem(&self, request: &Request) -> (u16, Value) {
        let no = |error: &str| (400, json!({"error": error, "error_description": "it is not so"}));
        let fields = fields(&request.body);
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state
            .redeemed
            .push(Redeemed { authorization: request.authorization.clone(), fields: fields.clone() });
        if state.authorization.is_some() && state.authorization != request.authorization {
            return (401, json!({"error": "invalid_client"}));
        }
        if request.authorization.is_none() && field("client_id") != CLIENT {
            return (401, json!({"error": "invalid_client"}));
        }
        // Whatever comes of it, the code is used up.
        let Some(grant) = state.grants.remove(field("code")) else { return no("invalid_grant") };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier")));
        if challenge != grant.challenge || field("redirect_uri") != grant.redirect {
            return no("invalid_grant");
        }
        let mut answer = json!({"access_token": "hunter2", "token_type": "Bearer", "expires_in": 300});
        let token = self.id_token(&state, &grant);
        if !token.is_empty() {
            answer["id_token"] = token.into();
        }
        (200, answer)
    }
}

/// What stands in a query or a form.
pub(super) fn fields(text: &str) -> BTreeMap<String, String> {
    serde_urlencoded::from_str(text).unwrap()
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).ok().filter(|length| *length > 0)?;
    }
    let header = |name: &str| {
        let of_name = |line: &str| {
            let (one, value) = line.split_once(": ")?;
            one.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        head.lines().find_map(of_name)
    };
    let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    let target = head.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Request {
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: header("authorization"),
        body: String::from_utf8(body).ok()?,
    })
}
