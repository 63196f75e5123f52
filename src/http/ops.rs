//! What machines ask: probes, and Prometheus.

pub mod health;
pub mod metrics;
