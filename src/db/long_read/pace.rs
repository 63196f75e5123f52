//! How many rows a slice looks at: as many as the slices before it say that the time is enough for.

use std::time::Duration;

/// What a slice is to take. One that is twice as slow as those before it takes the 50 ms that it may.
const AIM: Duration = Duration::from_millis(25);
/// Rows of the first slice: less than a millisecond's on SQLite, and worth the round trip on a server.
const FIRST: i64 = 500;
/// A slice of fewer rows would cost more by its statement than by its rows.
const LEAST: i64 = 50;
/// What a slice finds is held in memory.
const MOST: i64 = 50_000;

/// The size of the next slice.
#[derive(Debug)]
pub struct Pace {
    rows: i64,
    least: i64,
    most: i64,
    aim: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new((FIRST, LEAST, MOST), AIM)
    }
}

impl Pace {
    /// So many rows at first, and never fewer or more than these; each time as many as so long is enough for.
    pub const fn new((first, least, most): (i64, i64, i64), aim: Duration) -> Self {
        Self { rows: first, least, most, aim }
    }

    /// The same with no more rows than this.
    pub fn up_to(self, most: i64) -> Self {
        Self { rows: self.rows.min(most), least: self.least.min(most), most, ..self }
    }

    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// At once for a slice that was slow; step by step for one that was fast, which may have found little.
    pub fn adapt(&mut self, took: Duration) {
        let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX).max(1);
        let fitting = self.rows.saturating_mul(micros(self.aim)) / micros(took);
        self.rows = fitting.min(self.rows.saturating_mul(2)).clamp(self.least, self.most);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a row costs, slices soon take no longer than they may; nor much less, where rows are cheap.
        #[test]
        fn slices_come_to_take_what_they_are_to_take(nanoseconds_a_row in 100..1_000_000_u64) {
            let mut pace = Pace::default();
            let time = |rows: i64| Duration::from_nanos(nanoseconds_a_row * rows.unsigned_abs());
            for _ in 0..20 {
                pace.adapt(time(pace.rows()));
            }
            let took = time(pace.rows());
            prop_assert!(took <= Duration::from_millis(50), "{} rows in {took:?}", pace.rows());
            prop_assert!(took >= AIM * 9 / 10 || pace.rows() == MOST, "{} rows in {took:?}", pace.rows());
        }
    }

    #[test]
    fn one_slow_slice_makes_the_next_one_shorter_and_a_fast_one_no_more_than_double() {
        let mut pace = Pace { rows: 10_000, ..Pace::default() };
        pace.adapt(Duration::from_millis(250));
        assert_eq!(pace.rows(), 1_000);
        pace.adapt(Duration::ZERO);
        assert_eq!(pace.rows(), 2_000);
    }
}
