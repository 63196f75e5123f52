//! What Azure gives the desk: access tokens. Imports nothing of the house.

mod token_file;

pub use token_file::{Token, TokenFile, TokenFileError};
