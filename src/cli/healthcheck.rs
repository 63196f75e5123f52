//! `orders healthcheck`: for containers that have no shell and no curl.
//!
//! It is run every few seconds, so it does not ask the key vault: `server.listen` and `server.ops_listen` must not
//! come from there for it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

use super::output;
use crate::config::ServerSettings;

const SOCKET_TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn run(server: &ServerSettings) -> anyhow::Result<()> {
    let address = reachable(server.ops_listen.unwrap_or(server.listen));
    let answer = ask(address).with_context(|| format!("nobody answers at {address}"))?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status != "200" {
        bail!("the desk at {address} is not ready (status {status})");
    }
    Ok(output::say("ready")?)
}

/// A desk that listens on every address is asked on this machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, SOCKET_TIMEOUT)?;
    stream.set_read_timeout(Some(SOCKET_TIMEOUT))?;
    stream.set_write_timeout(Some(SOCKET_TIMEOUT))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer)
}
