//! A span that is under way, and how its parts find it.

use std::borrow::Cow;
use std::pin::Pin;

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

use super::context;

tokio::task_local! {
    /// What is traced in this task.
    static HERE: Here;
}

#[derive(Clone)]
struct Here {
    tracer: SdkTracer,
    span: SpanContext,
}

/// On which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Server,
    Client,
    Internal,
}

/// What a span is a part of, as a caller says in `traceparent`; or nothing.
#[derive(Debug, Clone, Default)]
pub struct Parent(pub(super) Option<SpanContext>);

impl Parent {
    /// Reads the header (W3C Trace Context, section 3.2); what is no such header counts for nothing.
    pub fn parse(traceparent: Option<&str>) -> Self {
        // `tracestate` is left out: others write into it what they like.
        let found = TraceContextPropagator::new().extract_with_context(&Context::new(), &Header(traceparent));
        let span = found.span().span_context().clone();
        Self(span.is_valid().then_some(span))
    }
}

struct Header<'a>(Option<&'a str>);

impl Extractor for Header<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.filter(|_| key == "traceparent")
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// A span, which ends when it is dropped; empty, at no cost, where it is not sampled.
#[derive(Default)]
#[must_use = "a span ends when it is dropped"]
pub struct Span(Option<Box<Recorded>>);

struct Recorded {
    span: opentelemetry_sdk::trace::Span,
    tracer: SdkTracer,
}

impl Span {
    /// A part of what is traced in this task; nothing, where nothing is.
    pub fn part(kind: Kind, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        HERE.try_with(|here| Self::begin(&here.tracer, kind, name(), Some(here.span.clone())))
            .unwrap_or_default()
    }

    pub(super) fn begin(
        tracer: &SdkTracer,
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
        parent: Option<SpanContext>,
    ) -> Self {
        let kind = match kind {
            Kind::Server => SpanKind::Server,
            Kind::Client => SpanKind::Client,
            Kind::Internal => SpanKind::Internal,
        };
        let span = tracer.span_builder(name).with_kind(kind).start_with_context(tracer, &context(parent));
        Self(span.is_recording().then(|| Box::new(Recorded { span, tracer: tracer.clone() })))
    }

    /// A part of this span, where it is at hand.
    pub fn inner(&self, kind: Kind, name: &'static str) -> Self {
        let Some(recorded) = &self.0 else { return Self::default() };
        Self::begin(&recorded.tracer, kind, name, Some(recorded.span.span_context().clone()))
    }

    /// Does some work, whose parts are this span's.
    pub async fn around<T>(&self, work: Pin<&mut (dyn Future<Output = T> + Send)>) -> T {
        match &self.0 {
            Some(recorded) => HERE.scope(recorded.here(), work).await,
            None => work.await,
        }
    }

    /// Adds attributes, which are computed only if the span is sampled.
    pub fn record<const N: usize>(&mut self, attributes: impl FnOnce() -> [(&'static str, Value); N]) {
        if let Some(Recorded { span, .. }) = self.0.as_deref_mut() {
            span.set_attributes(attributes().map(|(name, value)| KeyValue::new(name, value)));
        }
    }

    /// Calls it by another name.
    pub fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(Recorded { span, .. }) = self.0.as_deref_mut() {
            span.update_name(name());
        }
    }

    /// Marks it as failed, with a reason of a fixed set: error messages may quote what others sent.
    pub fn fail(&mut self, reason: impl Into<Cow<'static, str>>) {
        if let Some(Recorded { span, .. }) = self.0.as_deref_mut() {
            span.set_attribute(KeyValue::new("error.type", reason.into()));
            span.set_status(Status::error(""));
        }
    }

    /// The trace id for log lines; none if it is not sampled.
    pub fn trace_id(&self) -> Option<String> {
        self.0.as_ref().map(|recorded| recorded.span.span_context().trace_id().to_string())
    }

    /// The header for a receiver of calls (W3C Trace Context); none if it is not sampled.
    pub fn traceparent(&self) -> Option<String> {
        let context = self.0.as_ref()?.span.span_context();
        Some(format!("00-{}-{}-01", context.trace_id(), context.span_id()))
    }
}

impl Recorded {
    fn here(&self) -> Here {
        Here { tracer: self.tracer.clone(), span: self.span.span_context().clone() }
    }
}
