//! Who acts, who vouches for them, and which permission that needs. Imports `azure`, `config`, `clock` and `order`.

mod oidc;
mod permission;
mod principal;
mod role;

pub use oidc::{Identity, PendingSignIn, Provider, SignInError};
pub use permission::Permission;
pub use principal::Principal;
pub use role::Role;
