//! Traces: how long each part of a request took, for an OpenTelemetry collector.
//!
//! A span is begun here, for a request or for what the desk does by itself, and its parts find it by the task that they
//! run in. No span holds what somebody typed: names, routes and numbers of the desk's own alone.

mod answer;
mod export;
mod queue;
mod span;

use std::fs;

use opentelemetry::trace::{SpanContext, TraceContextExt, TracerProvider};
use opentelemetry::{Context, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, SpanLimits};
use uuid::Uuid;

pub use export::Export;
use queue::SpanQueue;
pub use span::{Kind, Parent, Span};

const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Begins spans; by default, and without a collector, it begins none.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<SdkTracer>);

impl Traces {
    /// Traces a share of all requests, from 0 to 1, into a queue.
    fn into_queue(queue: SpanQueue, sample_ratio: f64, resource: Resource) -> Self {
        let provider = SdkTracerProvider::builder()
            .with_span_processor(queue)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample_ratio))))
            // Set explicitly: by default the SDK reads limits from the environment.
            .with_span_limits(SpanLimits::default())
            .with_resource(resource)
            .build();
        let scope = InstrumentationScope::builder(NAME).with_version(VERSION).build();
        Self(Some(provider.tracer_with_scope(scope)))
    }

    pub fn are_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a root span, or a child of a remote parent, which then also decides the sampling.
    pub fn begin(&self, kind: Kind, name: &'static str, parent: Parent) -> Span {
        let Some(tracer) = &self.0 else { return Span::default() };
        Span::begin(tracer, kind, name, parent.0)
    }
}

/// Who sends the spans (OpenTelemetry's semantic conventions, "Service" and "Deployment").
fn resource(profile: &str) -> Resource {
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attributes([
            KeyValue::new("service.name", NAME),
            KeyValue::new("service.version", VERSION),
            KeyValue::new("service.instance.id", instance()),
            KeyValue::new("deployment.environment.name", profile.to_owned()),
        ])
        .build()
}

/// The name of this machine, which is the pod's in Kubernetes; or something random.
fn instance() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => Uuid::new_v4().to_string(),
        name => name.to_owned(),
    }
}

/// The context that has nothing but a parent, if there is one.
fn context(parent: Option<SpanContext>) -> Context {
    match parent {
        Some(parent) => Context::new().with_remote_span_context(parent),
        None => Context::new(),
    }
}

#[cfg(test)]
mod tests;
