//! Orders from elsewhere: so far, from the generator of demo orders. Imports `order` only.

mod demo;

pub use demo::Demo;
