//! Who acts, who vouches for them, and which permission that needs. Imports `azure`, `clock`, `config`, `db` and `order`.

mod oidc;
mod permission;
mod person;
mod principal;
mod role;
mod session;
mod sessions;
mod sign_in;
mod token;

pub use oidc::{Identity, PendingSignIn, Provider, SignInError};
pub use permission::Permission;
pub use person::Person;
pub use principal::Principal;
pub use role::{Role, Roles};
pub use session::Session;
pub use sessions::Sessions;
pub use sign_in::{FORM_WAITS, Returned, SignIn, SignInFailure, SignedIn, Started, TO_SIGN_IN};
pub use token::Token;
