//! The desk as people and programs meet it: the built program, over HTTP, by signals and on the command line.
//!
//! Every test has a folder, a database and a port of its own. The database is SQLite's file, or one on the server that
//! `ORDERS_TEST_MSSQL_URL` names. What tests stand on is in `harness`: the program and its database, and doubles of what is
//! around it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod access_log;
mod add;
mod adopt;
mod adopt_server;
mod answers;
mod azure_sql;
mod bulk;
mod cancel;
mod cards;
mod causes;
mod changes;
mod cli;
mod conflict;
#[cfg(target_os = "linux")]
mod connections;
mod counts;
mod database_url;
mod displaced;
mod documents;
mod durability;
mod edit;
mod edit_server;
mod expiry;
mod export;
mod export_command;
mod faults;
mod files;
mod find;
mod harness;
mod history;
mod idempotency;
mod import_command;
mod imports;
mod imports_faults;
mod jobs;
mod kept;
mod keys;
#[cfg(target_os = "linux")]
mod limits;
mod links;
mod list;
#[cfg(target_os = "linux")]
mod logs;
mod metrics;
mod metrics_admission;
mod metrics_names;
mod metrics_requests;
mod newer;
mod notes;
mod ops;
mod order;
#[cfg(target_os = "linux")]
mod output;
mod pages;
mod people;
mod proxied;
mod questions;
mod relocation;
mod relocation_server;
mod restore;
mod roles;
mod rolling;
mod searched_cards;
mod seed;
mod selected;
mod server;
mod sessions;
mod sign_in;
mod sign_in_start;
mod smoke;
mod smoke_certificate;
mod smoke_sign_in;
mod smoke_strangers;
mod smoke_wrongs;
mod start;
mod stray_cards;
mod traces;
mod traces_away;
mod uncertain;
mod undo;
mod vault_failures;
mod vault_identity;
mod vault_keys;
mod vault_live;
mod vault_release;
mod vault_settings;
mod views;
mod waiting;
mod warnings;
mod webhooks;
mod webhooks_page;
