//! Exports whose database goes away.

use std::sync::Arc;

use futures_util::StreamExt;
use poem::{Endpoint, Request, Response};

use super::long_read_tests::state;
use super::{AppState, Share, routes};

/// More than the first slice has.
const ORDERS: u64 = 2000;

async fn get(state: &Arc<AppState>, path: &str) -> Response {
    let request = Request::builder().uri_str(path).header("host", "localhost").finish();
    routes(state, Share::All).get_response(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_text_ends_with_an_error_where_the_database_goes_away() {
    let changes = ["/changes.csv", "/changes.ndjson?kind=added"];
    for path in ["/export.csv", "/export.ndjson", "/export.json?sort=store"].into_iter().chain(changes) {
        let (state, _folder) = state(ORDERS).await;
        let response = get(&state, path).await;
        assert!(response.is_success());
        let mut body = Box::pin(response.into_body().into_bytes_stream());
        let first = body.next().await.unwrap().unwrap();
        assert!(!first.is_empty());
        state.db.close();
        assert!(body.next().await.unwrap().is_err(), "{path}: it looks whole");
        assert!(body.next().await.is_none());
        // And where it was away before.
        assert_eq!(get(&state, path).await.status(), 503);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_taken_whole_frees_its_place_and_one_that_is_dropped_too() {
    let (state, _folder) = state(ORDERS).await;
    for turn in 0..6 {
        let mut bodies = Vec::new();
        for _ in 0..4 {
            bodies.push(get(&state, "/export.csv").await.into_body());
        }
        assert_eq!(get(&state, "/export.csv").await.status(), 503);
        if turn % 2 == 0 {
            for body in bodies {
                let lines = body.into_string().await.unwrap().lines().count() as u64;
                assert_eq!(lines, ORDERS + 1);
            }
        }
    }
}
