//! Signatures of messages (Standard Webhooks, "Signature scheme", symmetric).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::SigningKeys;

/// The `webhook-signature` of a message: a signature by each key, with spaces between them.
pub(super) fn signature(keys: &SigningKeys, id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures: Vec<String> = keys.expose().filter_map(|key| by_key(key, signed.as_bytes())).collect();
    signatures.join(" ")
}

/// A signature by one key; HMAC takes keys of any length, so there always is one.
fn by_key(key: &[u8], signed: &[u8]) -> Option<String> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).ok()?;
    mac.update(signed);
    Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn sign(keys: &str) -> String {
        let keys = SigningKeys::parse(keys).unwrap();
        signature(&keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}")
    }

    /// The example that all of Standard Webhooks' libraries are tested with.
    #[test]
    fn a_signature_is_the_one_that_receivers_expect() {
        assert_eq!(sign(KEY), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_key_signs_while_one_replaces_another() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(sign(&format!("{other} {KEY}")), format!("{} {}", sign(other), sign(KEY)));
        assert_ne!(sign(other), sign(KEY));
    }
}
