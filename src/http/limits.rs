//! What a route takes at most: bytes of a body, and time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use poem::endpoint::DynEndpoint;
use poem::error::ReadBodyError;
use poem::http::header;
use poem::{Body, Request, Response, Result};
use tokio::time::Instant;

use super::{Error, Policy};
use crate::transfer::import::MOST_FILE_BYTES;

/// The bounds of a route. None of them but those of downloads and uploads is above what is configured for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a request's body; none: as configured in `server.max_body_bytes`.
    pub body_bytes: Option<usize>,
    /// For the handler to answer; none: as configured in `server.request_timeout_seconds`.
    pub time: Option<Duration>,
    /// For a file that is made while it is taken: until its client has all of it, in place of `time`, and whatever is
    /// configured.
    pub download: Option<Duration>,
    /// Whether its bounds hold whatever is configured: a file comes in, and is stored while it does.
    pub is_upload: bool,
}

impl Limits {
    /// A page that is only read: nothing is sent to it.
    pub const READ: Self = Self { body_bytes: Some(0), time: None, download: None, is_upload: false };
    /// What forms are sent to.
    pub const FORM: Self = Self { body_bytes: None, time: None, download: None, is_upload: false };
    /// A file, which is in memory.
    pub const FILE: Self =
        Self { body_bytes: Some(0), time: Some(Duration::from_secs(5)), download: None, is_upload: false };
    /// A probe. Who asks waits 5 seconds at most (`kustomize/base/deployment.yaml`, `orders healthcheck`), and an answer
    /// that comes later is for nobody.
    pub const PROBE: Self =
        Self { body_bytes: Some(0), time: Some(Duration::from_secs(5)), download: None, is_upload: false };
    /// Metrics: Prometheus waits 10 seconds (its `scrape_timeout`).
    pub const SCRAPE: Self =
        Self { body_bytes: Some(0), time: Some(Duration::from_secs(10)), download: None, is_upload: false };

    /// All orders as a file: a million of them take seconds, and a slow line minutes. The gateway waits a little longer
    /// (`kustomize/gateway/routes.yaml`).
    pub const DOWNLOAD: Self =
        Self { body_bytes: Some(0), time: None, download: Some(Duration::from_mins(10)), is_upload: false };

    /// A file of orders: 500 MB, and some more for what a form has around it. The gateway waits a little longer
    /// (`kustomize/gateway/routes.yaml`).
    #[allow(clippy::cast_possible_truncation, reason = "a file is far smaller")]
    pub const UPLOAD: Self = Self {
        body_bytes: Some(MOST_FILE_BYTES as usize + 1024 * 1024),
        time: Some(Duration::from_mins(30)),
        download: None,
        is_upload: true,
    };

    /// Has a handler answer a request within the bounds.
    pub async fn run(
        self,
        mut request: Request,
        handler: &dyn DynEndpoint<Output = Response>,
        policy: &Policy,
    ) -> Result<Response> {
        let is_upload = self.is_upload && !request.method().is_safe();
        let (most_bytes, most_time) = if is_upload {
            (usize::MAX, Duration::MAX)
        } else {
            (policy.max_body_bytes, policy.request_timeout)
        };
        let body_bytes = self.body_bytes.map_or(policy.max_body_bytes, |own| own.min(most_bytes));
        let time = self.time.map_or(policy.request_timeout, |own| own.min(most_time));
        let deadline = self.download.map(|download| DownloadDeadline(Instant::now() + download));
        let time = self.download.unwrap_or(time);
        // Said ahead, it need not even be sent (RFC 9110, section 10.1.1).
        let length = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        if length.is_some_and(|length: usize| length > body_bytes) {
            return Err(if is_upload { Error::FileTooLarge } else { Error::TooLarge }.into());
        }
        let body = BodyLimit::new(body_bytes);
        request.set_data(body.clone());
        let is_safe = request.method().is_safe();
        match tokio::time::timeout(time, handler.call(request)).await {
            Ok(Ok(mut answer)) => {
                if let Some(deadline) = deadline {
                    answer.set_data(deadline);
                }
                Ok(answer)
            }
            Ok(refusal) => refusal,
            Err(_elapsed) if body.is_awaited() => Err(Error::SlowBody.into()),
            Err(_elapsed) if is_safe => Err(Error::Timeout.into()),
            // A write that was given to the database is done even when nobody waits for it any more.
            Err(_elapsed) => Err(Error::UncertainTimeout.into()),
        }
    }
}

/// Until when a client may take an answer: its data. Then the connection is cut, so that nobody takes what came for all.
#[derive(Debug, Clone, Copy)]
pub struct DownloadDeadline(pub Instant);

/// How much of a request's body may be read; its data while it is answered.
#[derive(Clone)]
pub struct BodyLimit {
    bytes: usize,
    is_awaited: Arc<AtomicBool>,
}

impl BodyLimit {
    pub fn new(bytes: usize) -> Self {
        Self { bytes, is_awaited: Arc::default() }
    }

    /// How many bytes may be read.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reads a body whole. For as long as that takes, it is the client who is waited for.
    pub async fn read(&self, body: Body) -> Result<Bytes, Error> {
        self.is_awaited.store(true, Ordering::Relaxed);
        let read = body.into_bytes_limit(self.bytes).await;
        self.is_awaited.store(false, Ordering::Relaxed);
        read.map_err(|error| match error {
            ReadBodyError::PayloadTooLarge => Error::TooLarge,
            _ => Error::BadRequest("its body broke off"),
        })
    }

    fn is_awaited(&self) -> bool {
        self.is_awaited.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use poem::endpoint::{ToDynEndpoint, make, make_sync};

    use super::*;
    use crate::config::TrustedProxies;

    fn policy() -> Policy {
        Policy {
            hosts: None,
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            hsts_include_subdomains: false,
            request_timeout: Duration::from_hours(1),
            max_body_bytes: 100,
            log_requests: false,
            late_days: 3,
            import_keep_days: 7,
            temporary_folder: None,
        }
    }

    fn within(body_bytes: usize, time: Duration) -> Limits {
        Limits { body_bytes: Some(body_bytes), time: Some(time), download: None, is_upload: false }
    }

    /// The status of a request of so many bytes, which is never answered where it gets to the handler.
    async fn status(limits: Limits, policy: &Policy, bytes: &str) -> u16 {
        let request = Request::builder().header(header::CONTENT_LENGTH, bytes).finish();
        let handler = ToDynEndpoint(make(|_| std::future::pending::<Result<Response>>()));
        limits.run(request, &handler, policy).await.unwrap_err().status().as_u16()
    }

    #[tokio::test]
    async fn the_lesser_of_two_bounds_counts() {
        let (short, long) = (Duration::from_millis(1), Duration::from_hours(1));
        let (hurried, own) =
            (Policy { request_timeout: short, ..policy() }, Limits { time: None, ..Limits::READ });
        assert_eq!(status(within(10, short), &policy(), "10").await, 503);
        assert_eq!(status(within(1000, long), &hurried, "100").await, 503);
        assert_eq!(status(own, &hurried, "0").await, 503);
        assert_eq!(status(within(10, long), &policy(), "11").await, 413);
        assert_eq!(status(within(1000, long), &policy(), "101").await, 413);
        assert_eq!(status(own, &policy(), "1").await, 413);
    }

    #[tokio::test]
    async fn a_download_has_its_own_time_which_its_answer_is_told() {
        let download = |time| Limits { download: Some(time), ..Limits::READ };
        let hurried = Policy { request_timeout: Duration::from_millis(1), ..policy() };
        let slow = ToDynEndpoint(make(|_| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok::<_, poem::Error>(Response::default())
        }));
        let began = Instant::now();
        let answer =
            download(Duration::from_hours(1)).run(Request::default(), &slow, &hurried).await.unwrap();
        let DownloadDeadline(until) = answer.data().copied().unwrap();
        assert!(until >= began + Duration::from_hours(1));
        assert_eq!(status(download(Duration::from_millis(1)), &policy(), "0").await, 503);
    }

    #[tokio::test]
    async fn a_handler_is_told_how_much_it_may_read() {
        let told = ToDynEndpoint(make_sync(|request: Request| {
            let limit = request.data::<BodyLimit>().unwrap().bytes;
            Response::builder().body(limit.to_string())
        }));
        for (own, expected) in [(Some(10), "10"), (Some(1000), "100"), (None, "100")] {
            let limits = Limits { body_bytes: own, time: None, download: None, is_upload: false };
            let answer = limits.run(Request::default(), &told, &policy()).await.unwrap();
            assert_eq!(answer.into_body().into_string().await.unwrap(), expected);
        }
    }
}
