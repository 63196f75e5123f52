use std::pin::pin;
use std::sync::Arc;

use super::*;
use crate::telemetry::Metrics;

const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

type Waiting = tokio::sync::mpsc::Receiver<opentelemetry_sdk::trace::SpanData>;

fn traces(ratio: f64) -> (Traces, Waiting, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    let (queue, waiting) = SpanQueue::new(Arc::clone(&metrics));
    (Traces::into_queue(queue, ratio, resource("dev")), waiting, metrics)
}

fn trace_id(traces: &Traces, traceparent: Option<&str>) -> Option<String> {
    traces.begin(Kind::Server, "GET", Parent::parse(traceparent)).trace_id()
}

#[test]
fn the_caller_decides_and_the_ratio_does_where_nobody_has() {
    let (all, none) = (traces(1.0), traces(0.0));
    assert!(trace_id(&all.0, None).is_some() && trace_id(&none.0, None).is_none());
    for traces in [&all.0, &none.0] {
        assert_eq!(trace_id(traces, Some(SAMPLED)).unwrap(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace_id(traces, Some(UNSAMPLED)), None);
    }
    assert_eq!(trace_id(&Traces::default(), Some(SAMPLED)), None);
}

#[test]
fn a_share_of_all_requests_is_traced() {
    let (tenth, _waiting, _) = traces(0.1);
    let traced = (0..5000).filter(|_| trace_id(&tenth, None).is_some()).count();
    assert!((300..700).contains(&traced), "{traced}");
}

#[test]
fn what_is_no_traceparent_counts_for_nothing() {
    for text in [
        "",
        "hunter2",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ] {
        assert!(Parent::parse(Some(text)).0.is_none(), "{text}");
    }
}

#[tokio::test]
async fn parts_belong_to_what_is_traced_in_their_task() {
    let (all, mut waiting, _) = traces(1.0);
    let part = async || drop(Span::part(Kind::Client, || "part".into()));
    part().await;
    let whole = all.begin(Kind::Server, "whole", Parent::default());
    whole.around(pin!(part())).await;
    let spawned = whole.around(pin!(async { tokio::spawn(part()).await })).await;
    spawned.unwrap();
    let header = whole.traceparent().unwrap();
    drop(whole);
    let (part, whole) = (waiting.try_recv().unwrap(), waiting.try_recv().unwrap());
    assert!(waiting.try_recv().is_err());
    assert_eq!((&*part.name, &*whole.name), ("part", "whole"));
    assert_eq!(part.parent_span_id, whole.span_context.span_id());
    assert_eq!(part.span_context.trace_id(), whole.span_context.trace_id());
    assert_eq!(Parent::parse(Some(&header)).0.unwrap().span_id(), whole.span_context.span_id());
}

#[test]
fn a_full_queue_loses_spans_and_counts_them() {
    let (all, waiting, metrics) = traces(1.0);
    let begun = waiting.max_capacity() + 7;
    for _ in 0..begun {
        drop(all.begin(Kind::Server, "GET", Parent::default()));
    }
    assert_eq!((waiting.len(), metrics.lost_spans()), (waiting.max_capacity(), 7));
}
