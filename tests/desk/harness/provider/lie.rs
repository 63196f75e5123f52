//! What a token may say that is not so.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::keys::{SigningKey, unsigned};

/// A token that is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    OtherIssuer,
    OtherTenant,
    OtherAudience,
    /// For several, and issued to another one of them.
    OtherParty,
    /// For several, and does not say to whom it was issued.
    NoParty,
    /// For the desk alone, but issued to another client.
    ForeignParty,
    Expired,
    NeverExpires,
    IssuedInFuture,
    NotYetValid,
    IssuedAtNoTime,
    OtherNonce,
    NoNonce,
    NoSubject,
    LongSubject,
    /// `alg` is `none`, and there is no signature.
    Unsigned,
    /// HS256, with the public key as the secret that both would know.
    SignedByPublicKey,
    /// HS256, with the client's secret.
    SignedByClientSecret,
    /// By a key that nobody knows, under an id that nobody knows.
    UnknownKey,
    /// By another key, under the id of a known one.
    OtherKey,
    /// By another key, which stands in the token itself.
    BringsKey,
    /// An access token.
    OtherType,
    /// Its claims were changed after it was signed.
    Changed,
    /// A header field that has to be understood.
    Critical,
    Nested,
    NoToken,
    /// Something else than a token.
    Garbage,
}

impl Lie {
    pub const ALL: [Self; 27] = [
        Self::OtherIssuer,
        Self::OtherTenant,
        Self::OtherAudience,
        Self::OtherParty,
        Self::NoParty,
        Self::ForeignParty,
        Self::Expired,
        Self::NeverExpires,
        Self::IssuedInFuture,
        Self::NotYetValid,
        Self::IssuedAtNoTime,
        Self::OtherNonce,
        Self::NoNonce,
        Self::NoSubject,
        Self::LongSubject,
        Self::Unsigned,
        Self::SignedByPublicKey,
        Self::SignedByClientSecret,
        Self::UnknownKey,
        Self::OtherKey,
        Self::BringsKey,
        Self::OtherType,
        Self::Changed,
        Self::Critical,
        Self::Nested,
        Self::NoToken,
        Self::Garbage,
    ];

    /// A token with the lie in it.
    pub(super) fn sign(self, header: &mut Value, claims: &mut Value, key: SigningKey) -> String {
        self.change(header, claims);
        match self {
            Self::NoToken => String::new(),
            Self::Garbage => "hunter2".to_owned(),
            Self::Unsigned => format!("{}.", unsigned(header, claims)),
            Self::SignedByPublicKey => by_secret(&key.modulus(), header, claims),
            Self::SignedByClientSecret => by_secret(b"hunter2", header, claims),
            Self::UnknownKey | Self::OtherKey | Self::BringsKey => SigningKey::second().token(header, claims),
            Self::Changed => {
                let token = key.token(header, claims);
                claims["roles"] = json!(["admin"]);
                let signature = token.rsplit('.').next().unwrap();
                format!("{}.{signature}", unsigned(header, claims))
            }
            _ => key.token(header, claims),
        }
    }

    fn change(self, header: &mut Value, claims: &mut Value) {
        let now = claims["iat"].as_u64().unwrap();
        let without = |claims: &mut Value, name: &str| {
            claims.as_object_mut().unwrap().remove(name);
        };
        match self {
            Self::OtherIssuer => claims["iss"] = json!("https://login.example.com/tenant"),
            Self::OtherTenant => claims["iss"] = json!(format!("{}-2", claims["iss"].as_str().unwrap())),
            Self::OtherAudience => claims["aud"] = json!("another-desk"),
            Self::OtherParty => {
                claims["aud"] = json!([super::CLIENT, "another-desk"]);
                claims["azp"] = json!("another-desk");
            }
            Self::NoParty => claims["aud"] = json!([super::CLIENT, "another-desk"]),
            Self::ForeignParty => claims["azp"] = json!("another-desk"),
            Self::Expired => claims["exp"] = json!(now - 61),
            Self::NeverExpires => without(claims, "exp"),
            Self::IssuedInFuture => claims["iat"] = json!(now + 90),
            Self::NotYetValid => claims["nbf"] = json!(now + 90),
            Self::IssuedAtNoTime => claims["nbf"] = json!("soon"),
            Self::OtherNonce => claims["nonce"] = json!("bm90IHRoZSBub25jZSBvZiB0aGlzIHNpZ24taW4"),
            Self::NoNonce => without(claims, "nonce"),
            Self::NoSubject => without(claims, "sub"),
            Self::LongSubject => claims["sub"] = json!("a".repeat(256)),
            Self::Unsigned => header["alg"] = json!("none"),
            Self::SignedByPublicKey | Self::SignedByClientSecret => header["alg"] = json!("HS256"),
            Self::UnknownKey => header["kid"] = json!("nobody-knows"),
            Self::BringsKey => {
                header["kid"] = json!(SigningKey::second().id());
                header["jwk"] = SigningKey::second().published();
            }
            Self::OtherType => header["typ"] = json!("at+jwt"),
            Self::Critical => header["crit"] = json!(["exp"]),
            Self::Nested => header["cty"] = json!("JWT"),
            Self::OtherKey | Self::Changed | Self::NoToken | Self::Garbage => {}
        }
    }
}

fn by_secret(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}
