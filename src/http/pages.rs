//! Pages by resource, and the files that they load.

pub mod assets;
pub mod bulk;
pub mod cancel;
pub mod edit;
pub mod list;
pub mod orders;
pub mod search;
pub mod seen;
pub mod ship;
pub mod undo;
pub mod views;
pub mod webhooks;
