//! Calls to the provider, over the desk's own client: bounded in size and time, and never led elsewhere.

use std::error::Error;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// For a call, from its connection to the last byte of its answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Of an answer. Entra's keys are the largest, at about 30 KB.
const MAX_BODY: usize = 256 * 1024;

/// The provider as a host that answers.
pub(super) struct Calls {
    client: reqwest::Client,
    timeout: Duration,
}

/// Why a call has no answer. Holds nothing of what was sent or received.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum CallError {
    #[error("{host} cannot be reached ({cause})")]
    Unreachable { host: String, cause: String },
    #[error("{host} does not answer within {seconds} s")]
    Late { host: String, seconds: f64 },
    #[error("{host} answers with more than 256 KiB")]
    Large { host: String },
    /// It says itself that it cannot, for now.
    #[error("{host} answers with status {status}")]
    Unavailable { host: String, status: u16 },
    /// What should be called is no address.
    #[error("it has an address that cannot be called")]
    NoAddress,
}

impl CallError {
    /// Whether the provider may answer soon.
    pub(super) fn is_passing(&self) -> bool {
        !matches!(self, Self::Large { .. } | Self::NoAddress)
    }
}

impl Calls {
    /// `client` follows no redirects.
    pub(super) fn new(client: reqwest::Client) -> Self {
        Self { client, timeout: TIMEOUT }
    }

    #[cfg(test)]
    pub(super) fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, CallError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let request = reqwest::Request::try_from(request).map_err(|_| CallError::NoAddress)?;
        match tokio::time::timeout(self.timeout, self.answer(request, &host)).await {
            Ok(answer) => answer,
            Err(_) => Err(CallError::Late { host, seconds: self.timeout.as_secs_f64() }),
        }
    }

    async fn answer(&self, request: reqwest::Request, host: &str) -> Result<HttpResponse, CallError> {
        let unreachable =
            |error: reqwest::Error| CallError::Unreachable { host: host.to_owned(), cause: root(&error) };
        let mut answer = self.client.execute(request).await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
            return Err(CallError::Unavailable { host: host.to_owned(), status: status.as_u16() });
        }
        let headers = answer.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(CallError::Large { host: host.to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Calls {
    type Error = CallError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CallError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}

/// The cause of all causes: those above it say only that a request failed.
fn root(error: &reqwest::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
