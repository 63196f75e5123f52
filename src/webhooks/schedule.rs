//! When a message that was not accepted is sent again.

use std::time::Duration;

use super::response::{MAX_RETRY_AFTER, WebhookResponse};
use crate::db::{DeliveryFailure, DeliveryOutcome};
use crate::order::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The delays between attempts, in seconds: Standard Webhooks' example, about three days in all.
pub(super) const RETRY_DELAYS: [u64; 9] =
    [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/// How much longer a pause becomes at random, so that what failed together is not tried again together.
const JITTER: f64 = 0.2;

/// The outcome of the `attempt`th attempt; `chance`, from 0 to 1, is the jitter.
pub(super) fn outcome(answer: WebhookResponse, attempt: u32, now: Timestamp, chance: f64) -> DeliveryOutcome {
    match answer {
        WebhookResponse::Accepted(status) => DeliveryOutcome::Delivered(status),
        WebhookResponse::Gone => DeliveryOutcome::Failed(DeliveryFailure {
            status: Some(410),
            words: "it answered 410 Gone: it wants no more messages".to_owned(),
        }),
        WebhookResponse::Rejected { status, words, wait } => {
            let reason = DeliveryFailure { status: Some(status), words };
            retry_or_fail(reason, wait, attempt, now, chance)
        }
        WebhookResponse::Missing(words) => {
            retry_or_fail(DeliveryFailure { status: None, words }, None, attempt, now, chance)
        }
    }
}

fn retry_or_fail(
    reason: DeliveryFailure,
    wait: Option<Duration>,
    attempt: u32,
    now: Timestamp,
    chance: f64,
) -> DeliveryOutcome {
    let nth = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    match RETRY_DELAYS.get(nth) {
        Some(pause) => {
            let spread = |pause: Duration| pause.mul_f64(1.0 + JITTER * chance);
            // A day at most is promised to receivers, whatever chance adds.
            let pause = wait.map_or_else(
                || spread(Duration::from_secs(*pause)),
                |asked_for| spread(asked_for).min(MAX_RETRY_AFTER),
            );
            // Times are kept to the second.
            let pause = Duration::from_secs_f64(pause.as_secs_f64().ceil());
            DeliveryOutcome::Retry { at: now.after(pause), reason }
        }
        None => DeliveryOutcome::Failed(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse("2026-03-03 12:00:00").unwrap()
    }

    fn refused(status: u16, wait: Option<u64>) -> WebhookResponse {
        WebhookResponse::Rejected {
            status,
            words: "it answered".to_owned(),
            wait: wait.map(Duration::from_secs),
        }
    }

    /// How long a message waits, in seconds; none if it was given up.
    fn pause(answer: WebhookResponse, attempt: u32, chance: f64) -> Option<i64> {
        match outcome(answer, attempt, now(), chance) {
            DeliveryOutcome::Retry { at, .. } => Some((at.get() - now().get()).num_seconds()),
            DeliveryOutcome::Failed(_) => None,
            DeliveryOutcome::Delivered(_) => panic!("it was not delivered"),
        }
    }

    #[test]
    fn pauses_grow_for_three_days_and_then_it_is_given_up() {
        let pauses: Vec<_> = (1..=10).map(|attempt| pause(refused(500, None), attempt, 0.0)).collect();
        let hours = |hours: i64| Some(hours * 3600);
        assert_eq!(
            pauses,
            [
                Some(5),
                Some(300),
                Some(1800),
                hours(2),
                hours(5),
                hours(10),
                hours(14),
                hours(20),
                hours(24),
                None
            ]
        );
    }

    #[test]
    fn chance_makes_pauses_longer_and_never_shorter() {
        for attempt in 1..=9 {
            let [least, some, most] = [0.0, 0.5, 1.0].map(|chance| {
                pause(WebhookResponse::Missing("it is silent".to_owned()), attempt, chance).unwrap()
            });
            assert!(least < most && most <= least * 6 / 5 + 1, "{least} {most}");
            assert!((least..=most).contains(&some), "{some}");
        }
    }

    #[test]
    fn a_receiver_that_says_how_long_is_waited_for() {
        assert_eq!(pause(refused(429, Some(90)), 1, 0.0), Some(90));
        assert_eq!(pause(refused(503, Some(90)), 9, 0.0), Some(90));
        assert_eq!(pause(refused(503, Some(90)), 10, 0.0), None, "not for ever");
    }

    #[test]
    fn a_receiver_is_kept_waiting_for_a_day_at_most() {
        let day = 24 * 3600;
        for chance in [0.0, 0.5, 1.0] {
            assert_eq!(pause(refused(503, Some(86_400)), 1, chance), Some(day), "{chance}");
            assert!(pause(refused(429, Some(80_000)), 1, chance).unwrap() <= day, "{chance}");
        }
    }

    #[test]
    fn one_that_is_gone_is_not_asked_again() {
        let DeliveryOutcome::Failed(reason) = outcome(WebhookResponse::Gone, 1, now(), 0.0) else {
            panic!("not given up")
        };
        assert_eq!(reason.status, Some(410));
        assert_eq!(outcome(WebhookResponse::Accepted(204), 3, now(), 0.0), DeliveryOutcome::Delivered(204));
    }
}
