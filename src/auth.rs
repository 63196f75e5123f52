//! Who acts, and which permission that needs. Imports `order`.

mod permission;
mod principal;

pub use permission::Permission;
pub use principal::Principal;
