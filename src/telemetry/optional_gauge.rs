//! A gauge without a series until its value is known: a missing series fires no alert, 0 would.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

/// When a certificate ends, in Unix time, if anybody has looked.
#[derive(Debug, Clone, Default)]
pub(super) struct OptionalGauge(Arc<Mutex<Option<i64>>>);

impl OptionalGauge {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "certificate_expiry_timestamp_seconds",
            "When the certificate ends that people are shown at server.public_url, in Unix time",
            self.clone(),
        );
    }

    pub(super) fn set(&self, number: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(number);
    }

    fn get(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EncodeMetric for OptionalGauge {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.get().map_or(Ok(()), |number| encoder.encode_gauge(&number))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        self.get().is_none()
    }
}
