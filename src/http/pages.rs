//! Pages by resource, and the files that they load.

pub mod assets;
pub mod audit;
pub mod cancel;
pub mod edit;
pub mod export;
pub mod list;
pub mod orders;
pub mod search;
pub mod seen;
pub mod ship;
pub mod views;
pub mod webhooks;
