//! What every request passes on its way to a route, and every answer on its way back.

pub mod boundary;
pub mod metrics;
pub mod origin;
mod trace;
