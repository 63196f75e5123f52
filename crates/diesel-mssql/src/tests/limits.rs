//! How much fits into one statement.

use diesel::prelude::*;
use diesel::result::Error;
use proptest::prelude::*;

use super::super::{MAX_PARAMETERS, MAX_ROWS, rows_per_insert};
use super::{Statement, things};

/// Whether a statement with so many parameters would be sent.
fn is_sent(parameters: usize) -> bool {
    let ids: Vec<i32> = (0..).take(parameters).collect();
    let query = things::table.select(things::id).filter(things::id.eq_any(ids));
    match Statement::write(&query).unwrap().into_query() {
        Ok(query) => {
            assert_eq!(query.param_count(), parameters);
            true
        }
        Err(Error::QueryBuilderError(error)) => {
            assert!(error.to_string().contains(&parameters.to_string()), "{error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn what_the_server_would_refuse_is_not_sent() {
    assert!(is_sent(MAX_PARAMETERS));
    assert!(!is_sent(MAX_PARAMETERS + 1));
}

#[test]
fn a_full_chunk_of_rows_is_sent_and_a_row_more_is_not() {
    let columns =
        |id: i32| (things::id.eq(id), things::flag.eq(true), things::small.eq(1), things::big.eq(2));
    let is_sent = |rows: usize| {
        let rows: Vec<_> = (0..).take(rows).map(columns).collect();
        Statement::write(&diesel::insert_into(things::table).values(rows)).unwrap().into_query().is_ok()
    };
    assert!(is_sent(rows_per_insert(4)));
    assert!(!is_sent(rows_per_insert(4) + 1));
}

#[test]
fn a_null_that_is_written_out_counts_for_nothing() {
    let empty: Vec<_> = (0..=MAX_PARAMETERS).map(|_| things::maybe_name.eq(None::<&str>)).collect();
    let statement = Statement::write(&diesel::insert_into(things::table).values(empty)).unwrap();
    assert!(statement.into_query().is_ok());
}

/// All widths that SQL Server's tables may have.
#[test]
fn a_chunk_keeps_both_limits_and_one_row_more_breaks_one() {
    for columns in 1..=1_024 {
        let rows = rows_per_insert(columns);
        let fits = |rows: usize| rows <= MAX_ROWS && rows * columns <= MAX_PARAMETERS;
        assert!(fits(rows), "{rows} rows of {columns}");
        assert!(!fits(rows + 1), "{rows} rows of {columns}");
    }
}

proptest! {
    /// So that one can always go through rows by chunks.
    #[test]
    fn a_chunk_is_never_empty(columns in prop_oneof![Just(0), 2_000..2_200_usize, any::<usize>()]) {
        prop_assert!((1..=MAX_ROWS).contains(&rows_per_insert(columns)));
    }
}
