//! The client of the smoke test: one request at a time, bounded in time and size, without following redirects.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, ORIGIN};
use reqwest::{Client, RequestBuilder, Response};

use super::answer::SmokeResponse;
use super::report::CheckFailure;
use crate::config::PublicUrl;
use crate::https;

const NAME: &str = concat!("orders-smoke/", env!("CARGO_PKG_VERSION"));
/// As browsers ask for a page.
const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
/// Longer than any page of a desk.
const MAX_BODY: usize = 4 * 1024 * 1024;

pub(super) struct Visitor {
    pub(super) url: PublicUrl,
    pub(super) patience: Duration,
    client: Client,
}

impl Visitor {
    pub(super) fn new(url: PublicUrl, patience: Duration) -> anyhow::Result<Self> {
        Ok(Self { url, patience, client: https::visitor(NAME, patience)? })
    }

    /// Asks for a page as a browser does.
    pub(super) async fn get(&self, path: &str) -> Result<SmokeResponse, CheckFailure> {
        self.send(path, self.client.get(self.at(path)).header(ACCEPT, PAGE)).await
    }

    /// Asks as a program does that reads another type.
    pub(super) async fn get_as(&self, path: &str, kind: &str) -> Result<SmokeResponse, CheckFailure> {
        self.send(path, self.client.get(self.at(path)).header(ACCEPT, kind)).await
    }

    /// Asks the same host at another address.
    pub(super) async fn get_at(&self, url: &str) -> Result<SmokeResponse, CheckFailure> {
        self.send(url, self.client.get(url).header(ACCEPT, PAGE)).await
    }

    /// Sends a form of the desk's own, as a program does that reads JSON.
    pub(super) async fn post_for_json(
        &self,
        path: &str,
        form: String,
    ) -> Result<SmokeResponse, CheckFailure> {
        let request = self.client.post(self.at(path)).body(form);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(ORIGIN, self.url.to_string());
        self.send(path, request.header(ACCEPT, "application/problem+json")).await
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn send(&self, path: &str, request: RequestBuilder) -> Result<SmokeResponse, CheckFailure> {
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.read(response).await?;
        Ok(SmokeResponse { path: path.to_owned(), status, headers, body })
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, CheckFailure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_BODY {
                return Err(CheckFailure::new("the answer is longer than any of a desk's"));
            }
        }
        Ok(body)
    }

    /// A request that came to nothing, in words.
    fn failure(&self, error: &reqwest::Error) -> CheckFailure {
        if error.is_timeout() {
            return CheckFailure::transient(format!("no whole answer within {} s", self.patience.as_secs()));
        }
        let reason = reason(error);
        if !error.is_connect() {
            return CheckFailure::transient(format!("what came is no whole answer ({reason})"));
        }
        let has = |words| chain(error).any(|cause| cause.to_string().contains(words));
        let (host, port) = (self.url.host(), self.url.port());
        if has("dns error") {
            CheckFailure::new(format!("there is no host {host} ({reason})"))
        } else if chain(error).any(is_of_tls) {
            CheckFailure::new(format!("no connection by TLS ({reason})"))
        } else {
            CheckFailure::transient(format!("nobody answers at {host}, port {port} ({reason})"))
        }
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Whether it is an error of TLS; those come wrapped in errors of input and output that are no sources.
fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_of_tls(inner))
}

/// The cause behind all others.
fn reason(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(|cause| super::answer::printable(&cause.to_string())).unwrap_or_default()
}
