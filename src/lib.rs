//! The order desk of a small company: orders seen, found, added and corrected, as one static program.
//!
//! The rooms, top to bottom; each imports only rooms below it:
//!
//! | room | holds |
//! |---|---|
//! | [`cli`] | one file a sub-command; puts the other rooms together |
//! | `http` | the table of routes, pages, what every request passes, the server |
//! | `jobs` | long work on many orders, taken up by any desk |
//! | `webhooks` | order events on their way to the configured endpoints |
//! | `view` | templates with a typed context each, static files |
//! | [`transfer`] | orders from elsewhere and to elsewhere: the demo generator, the Flask application's table, files |
//! | `auth` | who acts, who vouches for them, and which permission that needs |
//! | [`db`] | every query, connections, migrations, card sealing |
//! | `azure` | identity, access tokens and secrets from Azure |
//! | `https` | calls to other hosts, and which certificates they trust |
//! | `telemetry` | logs, metrics, traces |
//! | [`config`] | settings, typed and checked |
//! | `files` | files that only their owner reads, put in place whole |
//! | [`clock`] | what time it is, here and for the business |
//! | [`order`] | the domain: orders and their validation |
//!
//! Below them is a crate that knows nothing of orders, `diesel_mssql`: the dialect for SQL Server, connections and
//! connection strings. `config`, `db` and `cli` use it.
//!
//! A request goes socket → `http::server` → its route in `http::router` → `http::middleware` → a handler of
//! `http::pages` → one function of [`db::Db`] → rows → `order::Order`s → a page of `view`. An order goes in as a form
//! of texts, becomes an `order::NewOrder` if it is valid, and is durable when `Db::insert_order` returns. A correction
//! becomes an `order::Edit`, which `Db::update_order` applies only to the version that the clerk saw.
//!
//! `docs/architecture.md` tells more of both ways, and walks through adding a field to an order.

pub(crate) mod auth;
pub(crate) mod azure;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod https;
pub(crate) mod jobs;
pub mod order;
pub(crate) mod telemetry;
pub mod transfer;
pub(crate) mod view;
pub(crate) mod webhooks;
