//! A faulty network: between the client and a server, it cuts, stalls and turns away, and heals.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is wrong with the network; the bytes are those towards the client, from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// Closes the connection in the place of the byte after so many.
    Cut(usize),
    /// The same, by a reset.
    Reset(usize),
    /// Passes nothing on after so many bytes, and keeps the connection open.
    Stall(usize),
    /// Takes nothing from the client either.
    Deaf,
    /// Closes what is open, and every new connection at once.
    TurnAway,
}

#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    fault: Arc<tokio::sync::watch::Sender<Fault>>,
    passed: Arc<Mutex<usize>>,
}

impl Proxy {
    pub async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy =
            Self { address: listener.local_addr().unwrap(), fault: Arc::default(), passed: Arc::default() };
        let copy = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(copy.clone().connect(client, server));
            }
        });
        proxy
    }

    /// From now on, this is wrong.
    pub fn fail(&self, fault: Fault) {
        *self.passed.lock().unwrap() = 0;
        self.fault.send_replace(fault);
    }

    pub fn heal(&self) {
        self.fail(Fault::None);
    }

    /// Bytes that the client has received since the last fault or healing.
    pub fn passed(&self) -> usize {
        *self.passed.lock().unwrap()
    }

    async fn connect(self, client: TcpStream, server: SocketAddr) {
        if *self.fault.borrow() == Fault::TurnAway {
            return;
        }
        let Ok(server) = TcpStream::connect(server).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, mut to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = self.upwards(from_client, to_server) => {}
            () = self.downwards(from_server, &mut to_client) => {}
            () = self.until(Fault::TurnAway) => {}
        }
        if matches!(*self.fault.borrow(), Fault::Reset(_)) {
            let _ = to_client.as_ref().set_zero_linger();
        }
        to_client.forget();
    }

    async fn until(&self, fault: Fault) {
        let _ = self.fault.subscribe().wait_for(|now| *now == fault).await;
    }

    async fn unless_deaf(&self) {
        let _ = self.fault.subscribe().wait_for(|now| *now != Fault::Deaf).await;
    }

    async fn upwards(&self, mut client: OwnedReadHalf, mut server: OwnedWriteHalf) {
        let mut bytes = [0; 4096];
        loop {
            self.unless_deaf().await;
            match client.read(&mut bytes).await {
                Ok(read @ 1..) if server.write_all(&bytes[..read]).await.is_ok() => {}
                _ => return,
            }
        }
    }

    async fn downwards(&self, mut server: OwnedReadHalf, client: &mut OwnedWriteHalf) {
        let mut bytes = [0; 4096];
        loop {
            let Ok(read @ 1..) = server.read(&mut bytes).await else { return };
            let allowed = self.allow(read);
            if client.write_all(&bytes[..allowed]).await.is_err() {
                return;
            }
            if allowed < read {
                if matches!(*self.fault.borrow(), Fault::Stall(_) | Fault::Deaf) {
                    std::future::pending::<()>().await;
                }
                return;
            }
        }
    }

    /// How many of so many bytes may pass.
    fn allow(&self, bytes: usize) -> usize {
        let mut passed = self.passed.lock().unwrap();
        let left = match *self.fault.borrow() {
            Fault::None => bytes,
            Fault::Cut(limit) | Fault::Reset(limit) | Fault::Stall(limit) => limit.saturating_sub(*passed),
            Fault::Deaf | Fault::TurnAway => 0,
        };
        let allowed = left.min(bytes);
        *passed += allowed;
        allowed
    }
}
