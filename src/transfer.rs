//! Orders from elsewhere: from the generator of demo orders, and from the Flask application's table.
//!
//! Imports `db`, `clock` and `order`.

mod adoption;
mod demo;
mod flask;
mod report;

pub(crate) use adoption::{Adoption, Counts, is_about};
pub use demo::{Demo, DemoOrder};
pub(crate) use report::{AdoptionReport, ReportError, first_order};
