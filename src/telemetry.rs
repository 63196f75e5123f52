//! What the desk tells its operators: metrics, traces, and here logs, as text for people or JSON for machines on standard error.
//!
//! Imports `config` and `order` only.

mod lines;
mod mask;
mod metrics;
mod optional_gauge;
mod traces;

use lines::ToQueue;
pub use lines::{begin, finish, say};
pub use metrics::{
    ConnectionState, Connections, DatabaseTimes, DatabaseUse, DeliveryResult, Metrics, RequestEnd,
    RequestRefusal, Requests, RouteRequests, SignInResult, Undelivered,
};
pub use traces::{Export, Kind, Parent, Span, Traces};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::config::{LogFormat, LogLevel, LogSettings};

/// Starts logging for the whole process; a second call changes nothing.
pub fn start(log: &LogSettings) {
    if let Err(error) = subscriber(log).try_init() {
        tracing::debug!(%error, "logging had been started before");
    }
}

/// Does some work on this thread with its own logging, before it is known how the whole process logs.
pub fn during<T>(log: &LogSettings, work: impl FnOnce() -> T) -> T {
    tracing::subscriber::with_default(subscriber(log), work)
}

fn subscriber(log: &LogSettings) -> impl Subscriber + Send + Sync + use<> {
    let level = match log.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let lines =
        fmt::layer().with_writer(mask::MaskingWriter::new(ToQueue::new(), log.format)).with_target(false);
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    // The driver logs each error of the server, whatever becomes of it, with the row that it was about; Azure's SDK
    // logs requests and errors, with what services answer.
    let filter = Targets::new()
        .with_default(level)
        .with_targets(["tiberius", "azure_", "typespec"].map(|target| (target, LevelFilter::OFF)));
    tracing_subscriber::registry().with(filter).with(lines)
}
