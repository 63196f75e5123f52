//! What travels between a client and SQL Server, without SQL Server: the crate's connections and pool against
//! doubles that misbehave as networks and servers do.
//!
//! Every test has servers and ports of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod certificate;
mod cut;
mod dropped;
mod login;
mod message;
mod new_login;
mod pool;
mod proxy;
mod queries;
mod redirect;
mod refusal;
mod server;
mod silence;
mod token;
