//! How hard an endpoint may be pressed: one message at a time after a failure, several while all goes well.

use std::time::Duration;

use tokio::time::Instant;

/// Messages under way at once.
const MOST: usize = 8;
/// After the first failure in a row; each further one doubles it.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// What an endpoint can take, as far as its last answers tell.
#[derive(Debug)]
pub(super) struct Backoff {
    at_once: usize,
    failures: u32,
    /// After failures: news may come sooner.
    rest_until: Option<Instant>,
    /// The receiver said so: nothing comes sooner.
    told_until: Option<Instant>,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { at_once: MOST, failures: 0, rest_until: None, told_until: None }
    }

    /// How many messages may be under way.
    pub(super) fn at_once(&self, now: Instant) -> usize {
        if self.pause(now).is_some() { 0 } else { self.at_once }
    }

    /// How long nothing may be sent, if that is so.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        let until = self.rest_until.max(self.told_until)?;
        until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// A message was taken.
    pub(super) fn speed_up(&mut self) {
        self.failures = 0;
        self.rest_until = None;
        self.at_once = (self.at_once * 2).min(MOST);
    }

    /// A message was not taken; the receiver may have said how long it wants to be left alone.
    pub(super) fn slow_down(&mut self, now: Instant, told: Option<Duration>) {
        self.at_once = 1;
        let rest = SHORTEST.saturating_mul(2_u32.saturating_pow(self.failures)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.rest_until = Some(now + rest);
        if let Some(told) = told {
            self.told_until = self.told_until.max(Some(now + told));
        }
    }

    /// There is something new to send, or somebody wants something sent again.
    pub(super) fn wake(&mut self) {
        self.rest_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_an_endpoint_down_and_successes_bring_it_back() {
        let (mut pace, now) = (Backoff::new(), Instant::now());
        assert_eq!(pace.at_once(now), MOST);
        let mut before = Duration::ZERO;
        for _ in 0..5 {
            pace.slow_down(now, None);
            let pause = pace.pause(now).unwrap();
            assert!(pause > before && pace.at_once(now) == 0);
            before = pause;
        }
        assert_eq!(pace.at_once(now + LONGEST), 1);
        for at_once in [2, 4, 8, 8] {
            pace.speed_up();
            assert_eq!(pace.at_once(now), at_once);
        }
        for _ in 0..50 {
            pace.slow_down(now, None);
        }
        assert_eq!(pace.pause(now), Some(LONGEST));
    }

    #[test]
    fn news_end_a_rest_but_not_what_the_receiver_asked_for() {
        let (mut pace, now) = (Backoff::new(), Instant::now());
        pace.slow_down(now, None);
        pace.wake();
        assert_eq!(pace.at_once(now), 1);
        pace.slow_down(now, Some(Duration::from_mins(1)));
        pace.wake();
        assert_eq!((pace.at_once(now), pace.pause(now)), (0, Some(Duration::from_mins(1))));
    }
}
