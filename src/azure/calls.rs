//! How requests of Azure's SDK travel: over the desk's own client, tried again within bounds, under one deadline.
//!
//! The SDK's own retries are off: they go on for more than a minute where a certificate is bad, and know no deadline.

mod failure;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{Headers, RETRY_AFTER};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{
    AsyncRawResponse, ClientOptions, Context, HttpClient, Request, RetryOptions, StatusCode, Transport,
};
use azure_core::time::{OffsetDateTime, parse_rfc7231};
pub use failure::CallFailure;
pub(super) use failure::causes;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 4;
/// Before the second attempt; each further one waits twice as long.
const RETRY_DELAY: Duration = Duration::from_millis(400);
/// For saying why a deadline was missed.
const DEADLINE_GRACE: Duration = Duration::from_millis(500);
/// Where nobody said by when an answer is wanted.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// By when an answer is wanted; it goes with a request in the SDK's `Context`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn after(patience: Duration) -> Self {
        Self(Instant::now() + patience)
    }

    /// The deadline of a request, or one of its own.
    pub(super) fn of(context: &Context<'_>) -> Self {
        context.value().copied().unwrap_or_else(|| Self::after(CALL_TIMEOUT))
    }

    pub(super) fn context(self) -> Context<'static> {
        Context::new().with_value(self)
    }

    pub(super) fn is_over(self) -> bool {
        self.left().is_zero()
    }

    /// A moment later: for a caller that expects the calls inside to end by themselves.
    pub(super) fn with_grace(self) -> Self {
        Self(self.0 + DEADLINE_GRACE)
    }

    fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Waits for some work, but not longer than this.
    pub(super) async fn bound<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(self.left(), work).await.ok()
    }
}

/// The last of the SDK's policies.
#[derive(Debug)]
struct Calls {
    client: reqwest::Client,
    /// Whether this machine itself is called: where it does not answer at once, it never will. And the SDK tries its
    /// answers again, whatever the options say, unless they become errors.
    is_here: bool,
}

/// Options for a client of the SDK that calls through a client of the desk.
pub(super) fn options(client: &reqwest::Client) -> ClientOptions {
    with(Calls { client: client.clone(), is_here: false })
}

/// The same for an endpoint of this machine.
pub(super) fn options_here(client: &reqwest::Client) -> ClientOptions {
    with(Calls { client: client.clone(), is_here: true })
}

fn with(calls: Calls) -> ClientOptions {
    ClientOptions {
        retry: RetryOptions::none(),
        transport: Some(Transport::with_policy(Arc::new(calls))),
        ..ClientOptions::default()
    }
}

#[async_trait]
impl Policy for Calls {
    async fn send(&self, context: &Context, request: &mut Request, _: &[Arc<dyn Policy>]) -> PolicyResult {
        let deadline = Deadline::of(context);
        let mut attempt = 1;
        loop {
            let result = self.try_once(request, deadline).await;
            let pause = if self.is_here && result.is_err() { None } else { pause_after(&result, attempt) };
            let Some(pause) = pause.filter(|pause| *pause < deadline.left()) else {
                return self.settled(result);
            };
            say(request, &result, pause);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }
}

impl Calls {
    async fn try_once(&self, request: &Request, deadline: Deadline) -> Result<AsyncRawResponse, CallFailure> {
        let host = || request.url().host_str().unwrap_or_default().to_owned();
        let Some(result) = deadline.bound(self.exchange(request)).await else {
            return Err(CallFailure::Silent { host: host() });
        };
        result.map_err(|error| CallFailure::of(&error, host()))
    }

    /// Sends a request and reads the whole answer.
    async fn exchange(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = self.client.execute_request(request).await?.try_into_raw_response().await?;
        let (status, headers, body) = answer.deconstruct();
        Ok(AsyncRawResponse::from_bytes(status, headers, body))
    }

    fn settled(&self, result: Result<AsyncRawResponse, CallFailure>) -> PolicyResult {
        match result {
            Ok(answer) if self.is_here && is_transient_status(answer.status()) => {
                let status = answer.status().into();
                Err(azure_core::Error::new(ErrorKind::Other, CallFailure::Status { status }))
            }
            Ok(answer) => Ok(answer),
            Err(failure) => Err(azure_core::Error::new(ErrorKind::Other, failure)),
        }
    }
}

/// How long to wait before the next attempt; nothing where another one is of no use.
fn pause_after(result: &Result<AsyncRawResponse, CallFailure>, attempt: u32) -> Option<Duration> {
    if attempt >= ATTEMPTS {
        return None;
    }
    let own = RETRY_DELAY * 2_u32.pow(attempt - 1) + Duration::from_millis(fastrand::u64(..100));
    match result {
        Ok(answer) if is_transient_status(answer.status()) => {
            Some(retry_after(answer.headers()).unwrap_or(own).max(RETRY_DELAY))
        }
        Ok(_) => None,
        Err(failure) => failure.is_transient().then_some(own),
    }
}

/// Whether an answer may be another one soon.
fn is_transient_status(status: StatusCode) -> bool {
    matches!(u16::from(status), 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long the service asks to wait (RFC 9110, section 10.2.3): in seconds, or until a date.
pub(super) fn retry_after(headers: &Headers) -> Option<Duration> {
    let text = headers.get_optional_str(&RETRY_AFTER)?.trim();
    let until = |date: OffsetDateTime| (date - OffsetDateTime::now_utc()).try_into().unwrap_or_default();
    text.parse().map(Duration::from_secs).or_else(|_| parse_rfc7231(text).map(until)).ok()
}

fn say(request: &Request, result: &Result<AsyncRawResponse, CallFailure>, pause: Duration) {
    let host = request.url().host_str().unwrap_or_default();
    let cause = match result {
        Ok(answer) => format!("status {}", u16::from(answer.status())),
        Err(failure) => failure.to_string(),
    };
    tracing::warn!(host, cause, wait_ms = pause.as_millis(), "asking again");
}
