//! Pages by resource, and the files that they load.

pub mod account;
pub mod assets;
pub mod audit;
pub mod bulk;
pub mod cancel;
pub mod changes;
pub mod edit;
pub mod export;
pub mod imports;
pub mod keys;
pub mod list;
pub mod orders;
pub mod people;
pub mod search;
pub mod seen;
pub mod ship;
pub mod sign_in;
pub mod sign_out;
pub mod undo;
pub mod views;
pub mod webhooks;
