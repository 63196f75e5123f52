//! `[server]`: the HTTP server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::hosts;
use super::proxies::{self, TrustedProxies};
use super::public_url::{self, PublicUrl};
use super::values::{address, address_if_any, file_if_any, seconds};

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Address and port; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Where machines ask for health and metrics, if apart from people; the metrics are there alone then.
    #[serde(deserialize_with = "address_if_any")]
    pub ops_listen: Option<SocketAddr>,
    /// Names to answer to besides localhost, as browsers ask for them.
    #[serde(deserialize_with = "hosts::hosts")]
    pub hosts: Vec<String>,
    /// Where people reach the desk, if that is known; its host is answered to, too.
    #[serde(deserialize_with = "public_url::if_any")]
    pub public_url: Option<PublicUrl>,
    /// The proxies in front of the desk, whose word counts on where a request comes from.
    #[serde(deserialize_with = "proxies::proxies")]
    pub trusted_proxies: TrustedProxies,
    /// Whether names below the desk's, too, are for https alone.
    pub hsts_include_subdomains: bool,
    /// Connections at once.
    pub max_connections: usize,
    /// Those of one client, unless it is a trusted proxy.
    pub max_connections_per_client: usize,
    /// For the head of a request.
    #[serde(rename = "header_timeout_seconds", deserialize_with = "seconds")]
    pub header_timeout: Duration,
    /// For the rest of a request, with its answer.
    #[serde(rename = "request_timeout_seconds", deserialize_with = "seconds")]
    pub request_timeout: Duration,
    /// Of a form.
    pub max_body_bytes: usize,
    /// Forms and other changes from one client; 0: no bound.
    pub writes_per_minute: u32,
    /// Where workbooks are put together; none: where the system has temporary files.
    #[serde(deserialize_with = "file_if_any")]
    pub temporary_folder: Option<PathBuf>,
    /// Serving on while `/readyz` says no.
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
    /// For open requests, after that.
    #[serde(rename = "shutdown_seconds", deserialize_with = "seconds")]
    pub shutdown: Duration,
}

impl ServerSettings {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.max_connections == 0 {
            return Err("server.max_connections must be 1 or more");
        }
        if self.max_connections_per_client == 0 {
            return Err("server.max_connections_per_client must be 1 or more");
        }
        if self.ops_listen.is_some_and(|ops| is_taken_by(ops, self.listen)) {
            return Err(
                "server.ops_listen must have another port than server.listen: both would be one socket. To have metrics and health on server.listen alone, leave server.ops_listen out",
            );
        }
        if self.header_timeout.is_zero() {
            return Err("server.header_timeout_seconds must be more than 0: no request could be read");
        }
        if self.request_timeout.is_zero() {
            return Err("server.request_timeout_seconds must be more than 0: no request could be answered");
        }
        if !(1024..=16 * 1024 * 1024).contains(&self.max_body_bytes) {
            return Err("server.max_body_bytes must be from 1024 to 16777216");
        }
        Ok(())
    }
}

/// Whether two sockets cannot both listen.
fn is_taken_by(one: SocketAddr, other: SocketAddr) -> bool {
    let (ip, other_ip) = (one.ip().to_canonical(), other.ip().to_canonical());
    let overlaps = ip == other_ip || ip.is_unspecified() || other_ip.is_unspecified();
    // Port 0 takes a free one.
    one.port() == other.port() && one.port() != 0 && overlaps
}
