//! Pages and probes while the database is read for seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use poem::{Endpoint, Request};

use super::{
    AppState, Exports, KeysInFlight, OwnViews, Policy, Readiness, Refusals, Share, ViewCounts, WriteRate,
    routes,
};
use crate::clock::Clock;
use crate::config::TrustedProxies;
use crate::db::{InsertOrder, SqliteOptions};
use crate::order::{SystemTask, Timestamp};
use crate::telemetry::{Metrics, Traces};
use crate::transfer::Demo;
use crate::view::View;

/// As many as a runtime has workers, and the database has readers.
const WORKERS: usize = 2;
/// Long reads at once: more than have a turn at once.
const READS: usize = 4;
/// A slice as slow as it may be.
const SLICE: Duration = Duration::from_millis(50);
/// Slices that each read has at least: two turns at once, so that all of them take 4 seconds.
const SLICES: usize = 40;
/// A read ends after so many slices, if nobody has seen all pages before: this test fails instead of waiting for ever.
const MOST_SLICES: usize = 40 * SLICES;

/// A desk with so many demo orders, and its folder.
pub(super) async fn state(orders: u64) -> (Arc<AppState>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), WORKERS);
    let db = options.open().unwrap();
    let at = Timestamp::parse("2026-03-04 12:00:00").unwrap();
    let orders = Demo::sample(orders, 1);
    let entries: Vec<_> = orders.map(|order| InsertOrder::by_system(SystemTask::Seed, order, at)).collect();
    db.insert_orders(&entries).await.unwrap();
    let state = AppState {
        db: Arc::new(db),
        view: View::new().unwrap(),
        clock: Clock::new(chrono_tz::Tz::UTC),
        metrics: Arc::new(Metrics::new()),
        traces: Traces::default(),
        readiness: Readiness::default(),
        keys_in_flight: KeysInFlight::default(),
        write_rate: WriteRate::per_minute(0),
        refusals: Refusals::default(),
        view_counts: ViewCounts::default(),
        own_views: OwnViews::default(),
        sign_in: None,
        exports: Exports::default(),
        policy: Policy {
            hosts: None,
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            hsts_include_subdomains: false,
            request_timeout: Duration::from_mins(1),
            max_body_bytes: 65_536,
            log_requests: false,
            late_days: 3,
            import_keep_days: 7,
            temporary_folder: None,
        },
    };
    (Arc::new(state), folder)
}

/// A long read of slow slices, until it is told that all pages were seen; how many slices it had.
async fn read(
    state: Arc<AppState>,
    slices: Arc<[AtomicUsize; READS]>,
    place: usize,
    seen: Arc<AtomicBool>,
) -> bool {
    let mut read = state.db.begin_long_read(None).unwrap();
    for _ in 0..MOST_SLICES {
        if seen.load(Ordering::SeqCst) {
            return true;
        }
        state.db.try_slice(&mut read, || std::thread::sleep(SLICE)).await.unwrap();
        slices[place].fetch_add(1, Ordering::SeqCst);
    }
    false
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_probes_do_not_feel_long_reads() {
    let (state, _folder) = state(60).await;
    let desk = Arc::new(routes(&state, Share::All));
    let (slices, seen) = (Arc::new([const { AtomicUsize::new(0) }; READS]), Arc::new(AtomicBool::new(false)));
    let reads = (0..READS)
        .map(|place| tokio::spawn(read(Arc::clone(&state), Arc::clone(&slices), place, Arc::clone(&seen))))
        .collect::<Vec<_>>();
    let fewest = || slices.iter().map(|slices| slices.load(Ordering::SeqCst)).min().unwrap();
    // Rounds of pages that were answered while all reads were under way.
    let mut rounds = 0;
    while fewest() < SLICES {
        for path in ["/", "/?page=2", "/orders/7", "/orders/new", "/healthz", "/readyz"] {
            let desk = Arc::clone(&desk);
            // On the workers, as a request is.
            let answer = tokio::spawn(async move {
                let request = Request::builder().uri_str(path).header("host", "localhost").finish();
                desk.get_response(request).await.status()
            });
            assert_eq!(answer.await.unwrap(), 200, "{path}");
        }
        rounds += usize::from(fewest() < SLICES);
    }
    seen.store(true, Ordering::SeqCst);
    for read in reads {
        assert!(read.await.unwrap(), "a read came to its end before {rounds} rounds of pages did");
    }
    assert!(rounds >= 2, "pages waited for the reads: {rounds} rounds");
    state.db.close();
}
