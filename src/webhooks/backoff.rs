//! Backoff for an endpoint: one message at a time after a failure, several while deliveries succeed.

use std::time::Duration;

use tokio::time::Instant;

/// Messages under way at once.
const MAX_IN_FLIGHT: usize = 8;
/// After the first failure in a row; each further one doubles it.
const MIN_DELAY: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(10);

/// How fast to send to an endpoint, judging by its last responses.
#[derive(Debug)]
pub(super) struct Backoff {
    in_flight_limit: usize,
    failures: u32,
    /// After failures; new messages end this delay.
    delayed_until: Option<Instant>,
    /// The receiver asked for this delay (`Retry-After`): nothing ends it sooner.
    requested_until: Option<Instant>,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { in_flight_limit: MAX_IN_FLIGHT, failures: 0, delayed_until: None, requested_until: None }
    }

    /// How many messages may be under way.
    pub(super) fn in_flight_limit(&self, now: Instant) -> usize {
        if self.delay(now).is_some() { 0 } else { self.in_flight_limit }
    }

    /// How long nothing may be sent, if that is so.
    pub(super) fn delay(&self, now: Instant) -> Option<Duration> {
        let until = self.delayed_until.max(self.requested_until)?;
        until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    pub(super) fn record_success(&mut self) {
        self.failures = 0;
        self.delayed_until = None;
        self.in_flight_limit = (self.in_flight_limit * 2).min(MAX_IN_FLIGHT);
    }

    /// A delivery failed; the receiver may have asked for a delay.
    pub(super) fn record_failure(&mut self, now: Instant, requested: Option<Duration>) {
        self.in_flight_limit = 1;
        let rest = MIN_DELAY.saturating_mul(2_u32.saturating_pow(self.failures)).min(MAX_DELAY);
        self.failures = self.failures.saturating_add(1);
        self.delayed_until = Some(now + rest);
        if let Some(requested) = requested {
            self.requested_until = self.requested_until.max(Some(now + requested));
        }
    }

    /// There are new messages, or somebody resends one.
    pub(super) fn reset_delay(&mut self) {
        self.delayed_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_an_endpoint_down_and_successes_bring_it_back() {
        let (mut backoff, now) = (Backoff::new(), Instant::now());
        assert_eq!(backoff.in_flight_limit(now), MAX_IN_FLIGHT);
        let mut before = Duration::ZERO;
        for _ in 0..5 {
            backoff.record_failure(now, None);
            let delay = backoff.delay(now).unwrap();
            assert!(delay > before && backoff.in_flight_limit(now) == 0);
            before = delay;
        }
        assert_eq!(backoff.in_flight_limit(now + MAX_DELAY), 1);
        for in_flight_limit in [2, 4, 8, 8] {
            backoff.record_success();
            assert_eq!(backoff.in_flight_limit(now), in_flight_limit);
        }
        for _ in 0..50 {
            backoff.record_failure(now, None);
        }
        assert_eq!(backoff.delay(now), Some(MAX_DELAY));
    }

    #[test]
    fn news_end_a_rest_but_not_what_the_receiver_asked_for() {
        let (mut backoff, now) = (Backoff::new(), Instant::now());
        backoff.record_failure(now, None);
        backoff.reset_delay();
        assert_eq!(backoff.in_flight_limit(now), 1);
        backoff.record_failure(now, Some(Duration::from_mins(1)));
        backoff.reset_delay();
        assert_eq!((backoff.in_flight_limit(now), backoff.delay(now)), (0, Some(Duration::from_mins(1))));
    }
}
