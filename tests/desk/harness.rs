//! What tests stand on: the program, its database, and doubles of what is around it.

pub mod balancer;
pub mod collector;
pub mod crooked;
pub mod database;
pub mod office;
pub mod page;
pub mod people;
pub mod program;
#[allow(dead_code, reason = "the tests of the protocol itself ask more of it")]
pub mod provider;
pub mod proxy;
pub mod receiver;
pub mod server_database;
pub mod stored;
pub mod strace;
pub mod tls;
pub mod user;
pub mod vault;
pub mod vault_program;
pub mod wire;
