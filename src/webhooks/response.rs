//! Sending one message once, and the receiver's response.

use std::error::Error;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::sign::signature;
use crate::config::{SigningKeys, WebhookUrl};
use crate::db::LeasedMessage;
use crate::order::Timestamp;

/// For the whole of a request, from the first look for the host to the answer's head.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(15);
/// For the rest of a response, drained so that the connection can be reused.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_DRAINED_BYTES: usize = 64 * 1024;
/// The longest delay that a receiver may ask for: no longer than the longest between attempts.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
const MAX_ERROR_CHARS: usize = 300;

/// How the receiver responded to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WebhookResponse {
    Accepted(u16),
    /// The receiver wants no more messages (410).
    Gone,
    /// The receiver did not take it.
    Rejected {
        status: u16,
        words: String,
        /// The delay that it asks for.
        wait: Option<Duration>,
    },
    /// There was no response; the reason.
    Missing(String),
}

/// Sends a message, signed as of now; `traceparent` tells the receiver of the desk's own trace, where there is one.
pub(super) async fn send(
    client: &reqwest::Client,
    url: &WebhookUrl,
    keys: &SigningKeys,
    message: &LeasedMessage,
    now: Timestamp,
    traceparent: Option<String>,
) -> WebhookResponse {
    let timestamp = now.get().and_utc().timestamp();
    let mut request = client
        .post(url.expose().clone())
        .timeout(SEND_TIMEOUT)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &message.webhook_id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature(keys, &message.webhook_id, timestamp, &message.body))
        .body(message.body.clone());
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    match request.send().await {
        Ok(response) => {
            let answer = understand(response.status(), response.headers(), now);
            drain(response).await;
            answer
        }
        Err(error) => WebhookResponse::Missing(in_words(&error)),
    }
}

fn understand(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> WebhookResponse {
    let code = status.as_u16();
    match status {
        status if status.is_success() => WebhookResponse::Accepted(code),
        StatusCode::GONE => WebhookResponse::Gone,
        _ => {
            let name = status.canonical_reason().map(|name| format!(" {name}")).unwrap_or_default();
            let note = if status.is_redirection() { ": redirects are not followed" } else { "" };
            let may_wait = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            let wait = may_wait.then(|| retry_after(headers, now)).flatten();
            WebhookResponse::Rejected { status: code, words: format!("it answered {code}{name}{note}"), wait }
        }
    }
}

/// The delay that the receiver asks for, within bounds (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().ok().or_else(|| {
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        u64::try_from((at.naive_utc() - now.get()).num_seconds()).ok()
    })?;
    Some(Duration::from_secs(seconds).clamp(Duration::from_secs(1), MAX_RETRY_AFTER))
}

/// Reads and drops the rest of a response, if it is short and comes soon.
async fn drain(mut response: Response) {
    let taking = async {
        let mut taken = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            taken += chunk.len();
            if taken > MAX_DRAINED_BYTES {
                break;
            }
        }
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, taking).await.is_err() {
        tracing::debug!("a webhook's response has not ended in time");
    }
}

/// Why there is no answer. The URL is left out: its query may hold a token.
fn in_words(error: &reqwest::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let words = if error.is_timeout() && error.is_connect() {
        "it cannot be reached in time".to_owned()
    } else if error.is_timeout() {
        format!("it did not answer within {} seconds", SEND_TIMEOUT.as_secs())
    } else if error.is_connect() {
        format!("it cannot be reached: {root}")
    } else if root.is::<reqwest::Error>() {
        "it cannot be asked".to_owned()
    } else {
        format!("the connection broke off: {root}")
    };
    words.chars().filter(|c| !c.is_control()).take(MAX_ERROR_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: &str) -> WebhookResponse {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, retry_after.parse().unwrap())]);
        let now = Timestamp::parse("2026-03-03 12:00:00").unwrap();
        understand(StatusCode::from_u16(status).unwrap(), &headers, now)
    }

    fn wait(status: u16, retry_after: &str) -> Option<u64> {
        match answer(status, retry_after) {
            WebhookResponse::Rejected { wait, .. } => wait.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_receiver_may_ask_for_seconds_or_for_a_date() {
        assert_eq!(wait(503, "120"), Some(120));
        assert_eq!(wait(429, "Tue, 03 Mar 2026 12:10:00 GMT"), Some(600));
        assert_eq!(wait(429, "0"), Some(1));
        assert_eq!(wait(503, "99999999"), Some(24 * 3600));
        for useless in ["", "soon", "-5", "1.5", "Tue, 03 Mar 2026 11:00:00 GMT"] {
            assert_eq!(wait(503, useless), None, "{useless}");
        }
        assert_eq!(wait(500, "120"), None, "only those two mean it");
    }

    #[test]
    fn only_2xx_is_success_and_410_is_the_end() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answer(status, ""), WebhookResponse::Accepted(status));
        }
        assert_eq!(answer(410, ""), WebhookResponse::Gone);
        for (status, expected) in [
            (301, "it answered 301 Moved Permanently: redirects are not followed"),
            (404, "it answered 404 Not Found"),
            (500, "it answered 500 Internal Server Error"),
            (599, "it answered 599"),
        ] {
            assert!(
                matches!(answer(status, ""), WebhookResponse::Rejected { words, .. } if words == expected)
            );
        }
    }
}
