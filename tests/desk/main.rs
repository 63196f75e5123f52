//! The desk as people and programs meet it: the built program, over HTTP, by signals and on the command line.
//!
//! Every test has a folder, a database and a port of its own. The database is SQLite's file, or one on the server that
//! `ORDERS_TEST_MSSQL_URL` names.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod add;
mod adopt;
mod adopt_server;
mod answers;
mod azure_sql;
mod balancer;
mod cancel;
mod cards;
mod cli;
mod collector;
mod conflict;
mod crooked;
mod database;
mod database_url;
mod documents;
mod durability;
mod edit;
mod edit_server;
mod expiry;
mod faults;
mod keys;
mod links;
mod list;
#[cfg(target_os = "linux")]
mod logs;
mod metrics;
mod metrics_names;
mod metrics_requests;
mod newer;
mod order;
#[cfg(target_os = "linux")]
mod output;
mod page;
mod pages;
mod program;
mod proxy;
mod receiver;
mod rolling;
mod server;
mod server_database;
mod smoke;
mod smoke_certificate;
mod smoke_strangers;
mod smoke_wrongs;
mod start;
mod stored;
mod stray_cards;
mod tls;
mod traces;
mod traces_away;
mod vault;
mod vault_failures;
mod vault_identity;
mod vault_keys;
mod vault_live;
mod vault_program;
mod vault_release;
mod vault_settings;
mod webhooks;
mod webhooks_page;
mod wire;
