//! Which permission an action needs. Imports nothing of the house.

mod permission;

pub use permission::Permission;
