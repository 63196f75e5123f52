//! The id of a request: on its answer, in the log, and in what its sender reads of an error.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use poem::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::order::id_holds_card_number;

/// The header, in requests and answers.
pub const REQUEST_ID: &str = "x-request-id";

/// Of one request; its data while it is answered.
#[derive(Clone)]
pub struct RequestId(pub HeaderValue);

impl RequestId {
    /// The id that a proxy gave the request, if it is a harmless one, or a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get(REQUEST_ID).filter(|id| is_harmless(id)).cloned().unwrap_or_else(new_id))
    }

    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

fn is_harmless(id: &HeaderValue) -> bool {
    (8..=64).contains(&id.len())
        && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        && id.to_str().is_ok_and(|id| !id_holds_card_number(id))
}

/// Eight hexadecimal digits of this process, and eight counted up. Ids have to differ, not to be secret; with a letter
/// before each half none looks like a card number.
fn new_id() -> HeaderValue {
    static PROCESS: OnceLock<u32> = OnceLock::new();
    static COUNTED: AtomicU32 = AtomicU32::new(0);
    let process = PROCESS.get_or_init(|| Uuid::new_v4().as_fields().0);
    let id = format!("r{process:08x}n{:08x}", COUNTED.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_the_id_of_its_proxy_if_that_is_harmless() {
        let id = |value: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID.parse().unwrap(), value.parse().unwrap())]);
            RequestId::of(&headers).0
        };
        assert_eq!(id("4f1e6a0c-proxy"), "4f1e6a0c-proxy");
        for bad in ["short", "has space in it", "a4111111111111111", "4111111111111112", &"a".repeat(65)] {
            assert_eq!(id(bad).len(), 18, "{bad}");
        }
    }
}
