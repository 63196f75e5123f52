//! The sockets that a desk listens on.

use std::io;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use super::resources::{MORE_FILES, is_out_of_files};
use crate::config::ServerSettings;

/// One for people, and one for machines, if that is set.
pub(super) struct Sockets {
    pub(super) desk: TcpListener,
    pub(super) ops: Option<TcpListener>,
}

impl Sockets {
    pub(super) async fn listen(server: &ServerSettings) -> anyhow::Result<Self> {
        let desk = listen(server.listen, ("server.listen", "ORDERS_SERVER__LISTEN")).await?;
        let ops = match server.ops_listen {
            Some(address) => Some(listen(address, ("server.ops_listen", "ORDERS_SERVER__OPS_LISTEN")).await?),
            None => None,
        };
        Ok(Self { desk, ops })
    }

    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.desk.local_addr().context("the socket has no address")
    }

    pub(super) fn ops_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        self.ops.as_ref().map(TcpListener::local_addr).transpose().context("the socket has no address")
    }
}

async fn listen(address: SocketAddr, (setting, variable): (&str, &str)) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let free = SocketAddr::new(address.ip(), address.port().saturating_add(1));
        let remedy = format!("set {setting} to another address, for example {variable}={free}");
        match error.kind() {
            io::ErrorKind::AddrInUse => {
                anyhow::anyhow!(
                    "port {} is in use by another program. Stop that program, or {remedy}",
                    address.port()
                )
            }
            io::ErrorKind::PermissionDenied => {
                anyhow::anyhow!(
                    "this user may not listen on port {}. Run with more rights, or {remedy}",
                    address.port()
                )
            }
            _ if is_out_of_files(&error) => {
                anyhow::anyhow!("cannot listen on {address} ({error}). {MORE_FILES}")
            }
            _ => anyhow::anyhow!("cannot listen on {address} ({error}). Check {setting}"),
        }
    })
}
