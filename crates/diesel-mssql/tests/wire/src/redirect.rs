//! Gateways that send a client on.

use std::net::{Ipv4Addr, SocketAddr};

use diesel_mssql::{ConnectError, RetryClass};
use tokio::net::TcpListener;

use crate::queries::echo;
use crate::server::Server;

/// An address where nobody listens.
async fn nobody() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_redirect_is_followed_and_the_gateway_left() {
    let (gateway, server) = (Server::start().await, Server::start().await);
    gateway.redirect(server.address);
    let mut conn = gateway.options().connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
    assert_eq!(server.sessions()[0].login, gateway.sessions()[0].login);
    gateway.until_served(0).await;
    assert_eq!(server.served(), 1);
}

#[tokio::test]
async fn redirects_are_followed_from_gateway_to_gateway() {
    let (first, second, server) = (Server::start().await, Server::start().await, Server::start().await);
    first.redirect(second.address);
    second.redirect(server.address);
    let mut conn = first.options().connect().await.unwrap();
    assert_eq!(echo(&mut conn, 42).await, Ok(42));
}

#[tokio::test]
async fn a_gateway_that_sends_us_in_circles_is_left_alone_after_a_while() {
    let gateway = Server::start().await;
    gateway.redirect(gateway.address);
    let error = gateway.options().connect().await.unwrap_err();
    let ConnectError::Redirects { limit, .. } = error else { panic!("{error:?}") };
    assert_eq!(gateway.sessions().len(), limit + 1);
    assert_eq!(error.retry_class(), RetryClass::Permanent);
    gateway.until_served(0).await;
}

#[tokio::test]
async fn a_redirect_to_where_nobody_listens_names_the_place() {
    let (gateway, nobody) = (Server::start().await, nobody().await);
    gateway.redirect(nobody);
    let error = gateway.options().connect().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Unreachable { port, .. } if *port == nobody.port()), "{error:?}");
    assert_eq!(error.retry_class(), RetryClass::Unavailable);
}

#[tokio::test]
async fn a_redirect_leads_to_nobody_whose_certificate_is_not_trusted() {
    let (gateway, stranger) = (Server::start().await, Server::named("stranger.example").await);
    gateway.redirect(stranger.address);
    let error = gateway.options().connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Certificate { .. }), "{error:?}");
    assert!(stranger.sessions()[0].login.is_none());
}
