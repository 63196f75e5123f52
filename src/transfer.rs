//! Orders from elsewhere: from the generator of demo orders, and from the Flask application's table.
//!
//! Imports `db`, `clock` and `order`.

mod adoption;
mod demo;
mod flask;
mod report;

pub use adoption::{Adoption, AdoptionError, Counts, is_about};
pub use demo::Demo;
pub use report::{AdoptionReport, ReportError, first_order};
