//! Keys that sign, made once for all tests of a run.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    Pss,
    Elliptic,
}

/// A key and the way in which it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningKey {
    kind: Kind,
    id: &'static str,
}

impl SigningKey {
    pub fn first() -> Self {
        Self { kind: Kind::Rsa, id: "first" }
    }

    pub fn first_with_pss() -> Self {
        Self { kind: Kind::Pss, id: "first" }
    }

    pub fn second() -> Self {
        Self { kind: Kind::Rsa, id: "second" }
    }

    pub fn elliptic() -> Self {
        Self { kind: Kind::Elliptic, id: "elliptic" }
    }

    pub fn id(self) -> &'static str {
        self.id
    }

    pub fn algorithm(self) -> &'static str {
        match self.kind {
            Kind::Rsa => "RS256",
            Kind::Pss => "PS256",
            Kind::Elliptic => "ES256",
        }
    }

    /// The public key, as a provider publishes it.
    pub fn published(self) -> Value {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        if self.kind == Kind::Elliptic {
            let public = elliptic().public_key().as_ref();
            let (x, y) = public[1..].split_at(32);
            json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.id, "x": text(x), "y": text(y)})
        } else {
            // Without `alg`, as Entra publishes it.
            json!({"kty": "RSA", "use": "sig", "kid": self.id, "n": text(&self.modulus()), "e": "AQAB"})
        }
    }

    pub fn modulus(self) -> Vec<u8> {
        let modulus = self.rsa().public_key().modulus();
        modulus.big_endian_without_leading_zero().to_vec()
    }

    /// A signed token.
    pub fn token(self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign(self, bytes: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        if self.kind == Kind::Elliptic {
            return elliptic().sign(&random, bytes).unwrap().as_ref().to_vec();
        }
        let mut signature = vec![0; self.rsa().public_modulus_len()];
        let padding = if self.kind == Kind::Pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
        self.rsa().sign(padding, &random, bytes, &mut signature).unwrap();
        signature
    }

    fn rsa(self) -> &'static RsaKeyPair {
        static KEYS: [OnceLock<RsaKeyPair>; 2] = [OnceLock::new(), OnceLock::new()];
        let key = if self.id == "second" { &KEYS[1] } else { &KEYS[0] };
        key.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }
}

fn elliptic() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

/// A token without its signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    format!("{header}.{claims}")
}
