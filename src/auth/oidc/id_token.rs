//! What an ID token must show before it is believed (OpenID Connect Core 1.0, section 3.1.3.7).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError as SignatureError,
};
use serde_json::{Map, Value};

use super::SignInError;
use crate::config::OidcSettings;

/// How far the provider's clock may be from the desk's.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// By a provider's private key, each: nothing that a client's secret could sign.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
];
/// Characters of what a provider says that go into the log.
const MAX_QUOTE: usize = 300;

/// The claims of a token that has shown everything.
pub(super) type Claims = Map<String, Value>;

/// Why a token is not believed.
#[derive(Debug)]
pub(super) enum Doubt {
    /// It is signed by a key that is not among these.
    UnknownKey,
    Refused(SignInError),
}

/// The claims of a token, if it is the provider's, for this desk, of now, and the answer to this sign-in.
pub(super) fn verify(
    token: &CoreIdToken,
    keys: &CoreJsonWebKeySet,
    settings: &OidcSettings,
    nonce: &str,
    now: DateTime<Utc>,
) -> Result<Claims, Doubt> {
    let issuer =
        IssuerUrl::new(settings.issuer.as_str().to_owned()).map_err(|_| refused("has another issuer"))?;
    let client = ClientId::new(settings.client_id.clone());
    // A client with a secret, too: the secret signs nothing.
    let verifier = CoreIdTokenVerifier::new_public_client(client, issuer, keys.clone())
        .set_allowed_algs(ALGORITHMS)
        // Whoever they are, `azp` has to name the desk then.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(move || now - SKEW);
    token.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|error| doubt(&error))?;
    let claims = payload(&token.to_string()).ok_or_else(|| refused("has claims that cannot be read"))?;
    check(&claims, settings, now).map_err(refused)?;
    Ok(claims)
}

/// What the crate leaves to its caller.
fn check(claims: &Claims, settings: &OidcSettings, now: DateTime<Utc>) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(settings.issuer.as_str()) {
        return Err("has another issuer");
    }
    let has_others = matches!(claims.get("aud"), Some(Value::Array(all)) if all.len() > 1);
    match claims.get("azp") {
        None | Some(Value::Null) if has_others => {
            return Err("is for several audiences and does not say that it was issued to the desk (azp)");
        }
        None | Some(Value::Null) => {}
        Some(azp) if azp.as_str() == Some(&settings.client_id) => {}
        Some(_) => return Err("was issued to another client (azp)"),
    }
    let latest = (now + SKEW).timestamp();
    let is_past = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => Some(true),
        Some(time) => seconds(time).map(|seconds| seconds <= latest),
    };
    match (is_past("iat"), is_past("nbf")) {
        (Some(true), Some(true)) => Ok(()),
        (None, _) | (_, None) => Err("has a time that is no number"),
        (Some(false), _) => Err("is from the future (iat): the provider's clock or the desk's is wrong"),
        (_, Some(false)) => Err("is not valid yet (nbf): the provider's clock or the desk's is wrong"),
    }
}

/// Whole seconds since 1970, rounded up.
#[allow(clippy::cast_possible_truncation, reason = "a time beyond all times becomes the last one")]
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds.ceil() as i64))
}

/// The claims of a token as they were signed (RFC 7519).
fn payload(token: &str) -> Option<Claims> {
    let encoded = token.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn doubt(error: &ClaimsVerificationError) -> Doubt {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureError::NoMatchingKey) => Doubt::UnknownKey,
        ClaimsVerificationError::SignatureVerification(error) => {
            refused(&format!("has no signature that counts ({error})"))
        }
        ClaimsVerificationError::Expired(_) => refused("has expired"),
        ClaimsVerificationError::InvalidNonce(_) => refused("is not the answer to this sign-in (nonce)"),
        other => refused(&format!("is not for the desk ({other})")),
    }
}

fn refused(why: &str) -> Doubt {
    Doubt::Refused(SignInError::Refused(format!("the ID token {}", quoted(why))))
}

/// What a provider says, fit for a line of the log.
pub(super) fn quoted(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_QUOTE).collect()
}
