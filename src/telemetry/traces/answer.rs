//! Posting a batch, and the collector's response (OTLP specification, "OTLP/HTTP Response").

use std::error::Error;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};

use crate::config::CollectorUrl;

/// For a batch and its answer.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
const MAX_ERROR_CHARS: usize = 200;

/// Why a batch was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExportFailure {
    /// No answer, or not in time.
    #[error("{0}")]
    None(String),
    /// An answer that says no.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// An answer that no collector gives.
    #[error("it does not answer as a collector does")]
    Strange,
}

impl ExportFailure {
    /// Whether the same batch may be taken later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::None(_) => true,
            Self::Status(status) => matches!(status.as_u16(), 429 | 502 | 503 | 504),
            Self::Strange => false,
        }
    }
}

/// Sends a batch; how many of its spans the collector did not want.
pub(super) async fn post(
    client: &reqwest::Client,
    collector: &CollectorUrl,
    body: Vec<u8>,
) -> Result<u64, ExportFailure> {
    let request = client
        .post(collector.of_traces())
        .timeout(EXPORT_TIMEOUT)
        .header(CONTENT_TYPE, "application/x-protobuf")
        .body(body);
    let response = request.send().await.map_err(|error| in_words(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(ExportFailure::Status(status));
    }
    understand(&read(response).await?)
}

fn understand(answer: &[u8]) -> Result<u64, ExportFailure> {
    let answer = ExportTraceServiceResponse::decode(answer).map_err(|_| ExportFailure::Strange)?;
    let rejected = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
    Ok(u64::try_from(rejected).unwrap_or(0))
}

async fn read(mut response: Response) -> Result<Vec<u8>, ExportFailure> {
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| in_words(&error))? {
        answer.extend_from_slice(&chunk);
        if answer.len() > MAX_RESPONSE_BYTES {
            return Err(ExportFailure::Strange);
        }
    }
    Ok(answer)
}

fn in_words(error: &reqwest::Error) -> ExportFailure {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let words = if error.is_timeout() {
        format!("it does not answer within {} seconds", EXPORT_TIMEOUT.as_secs())
    } else if error.is_connect() {
        format!("it cannot be reached: {root}")
    } else {
        format!("the connection broke off: {root}")
    };
    ExportFailure::None(words.chars().filter(|c| !c.is_control()).take(MAX_ERROR_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn what_is_worth_another_try_is_what_otlp_says() {
        for (status, passing) in
            [(429, true), (502, true), (503, true), (504, true), (400, false), (404, false), (500, false)]
        {
            assert_eq!(
                ExportFailure::Status(StatusCode::from_u16(status).unwrap()).is_transient(),
                passing,
                "{status}"
            );
        }
        assert!(ExportFailure::None("away".to_owned()).is_transient());
        assert!(!ExportFailure::Strange.is_transient());
    }

    #[test]
    fn a_collector_may_take_a_part() {
        let answer = |rejected_spans| ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess { rejected_spans, error_message: String::new() }),
        };
        assert_eq!(understand(b""), Ok(0));
        assert_eq!(understand(&answer(3).encode_to_vec()), Ok(3));
        assert_eq!(understand(&answer(-3).encode_to_vec()), Ok(0));
        for strange in [&b"<!DOCTYPE html>"[..], b"{}", b"ok", &[0xff; 20]] {
            assert_eq!(understand(strange), Err(ExportFailure::Strange), "{strange:?}");
        }
    }
}
