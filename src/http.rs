//! The desk over HTTP: its routes, and what every request passes on its way to one.
//!
//! A request: connection (`server`) → route (`router`) → metrics, log, headers, compression, error pages, host and
//! origin (`middleware`) → a handler (`pages`, `ops`) → one function of `db` → a page of `view`. No page imports
//! another: what they share stands beside them, in files of its own. Imports `auth`, `clock`, `config`, `db`,
//! `order`, `telemetry` and `view`.

mod accept;
mod accept_encoding;
mod access;
mod address;
mod client;
mod client_network;
mod cookies;
mod disposition;
mod error;
mod export_request;
mod export_stream;
#[cfg(test)]
mod export_tests;
mod exports;
mod form;
mod idempotency;
mod import_names;
mod keys_in_flight;
mod limits;
mod list_page;
#[cfg(test)]
mod long_read_tests;
mod mapping_form;
mod middleware;
mod next_steps;
mod ops;
mod order_form;
mod order_responses;
mod own_views;
mod pages;
mod principal;
mod questions;
mod readings;
mod refusal_rate;
mod refusals;
mod respond;
mod return_path;
mod route;
mod router;
mod server;
mod state;
mod trailing_slash;
mod upload;
mod user_agent;
mod view_counts;
mod waiting_form;
mod write_rate;

pub use error::Error;
pub use exports::Exports;
pub use keys_in_flight::KeysInFlight;
pub use ops::health::watch_database;
pub use own_views::OwnViews;
pub use refusal_rate::Refusals;
pub use router::{Share, closed_to_strangers, routes};
pub use server::{ClientTimeouts, ConnectionLimits, PlaceLimits, Server};
pub use state::{AppState, NotReady, Policy, Readiness};
pub use view_counts::ViewCounts;
pub use write_rate::WriteRate;
