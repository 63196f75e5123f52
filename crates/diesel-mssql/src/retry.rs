//! What to do about a failure, and how long to wait before trying again.

use std::io::ErrorKind;
use std::time::Duration;

/// The first wait; each is twice the one before, less a random part.
const MIN_DELAY: Duration = Duration::from_millis(50);
/// The longest wait but for [`RetryClass::Throttled`].
const MAX_DELAY: Duration = Duration::from_secs(5);
/// What Azure SQL asks for when it throttles (error 40501).
const THROTTLED_DELAY: Duration = Duration::from_secs(10);

/// What a caller can do about a failure.
///
/// The numbers are those of Microsoft's "Troubleshoot transient connection errors" and "Database engine events
/// and errors".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryClass {
    /// The connection is lost; whether the last command was carried out is unknown.
    Lost,
    /// The server did not answer in time; it may still carry the command out.
    TimedOut,
    /// The server cannot do it now: connect again, later.
    Unavailable,
    /// The server has too much to do: wait ten seconds or more.
    Throttled,
    /// The transaction is rolled back to let another pass: run it again.
    Conflict,
    /// Trying again would change nothing.
    Permanent,
}

impl RetryClass {
    /// What a driver's error asks for.
    pub(crate) fn of(error: &tiberius::error::Error) -> Self {
        match error {
            tiberius::error::Error::Server(said) => match Self::numbered(said.code()) {
                Self::Permanent if ends_connection(error) => Self::Lost,
                retry_class => retry_class,
            },
            tiberius::error::Error::Io { kind: ErrorKind::TimedOut, .. } => Self::TimedOut,
            tiberius::error::Error::Io { .. }
            | tiberius::error::Error::Protocol(_)
            | tiberius::error::Error::Routing { .. } => Self::Lost,
            _ => Self::Permanent,
        }
    }

    /// What an error number of the server asks for.
    pub fn numbered(number: u32) -> Self {
        match number {
            40501 => Self::Throttled,
            233 | 4060 | 4221 | 10928 | 10929 | 40143 | 40197 | 40540 | 40613 | 42108 | 42109 | 49918
            | 49919 | 49920 => Self::Unavailable,
            1204 | 1205 | 1222 | 3960 | 41301 | 41302 | 41305 | 41325 | 41839 => Self::Conflict,
            _ => Self::Permanent,
        }
    }
}

/// Whether the server ended the connection with this error (class 20 and up), or the driver lost its place in
/// the answer.
pub(crate) fn ends_connection(error: &tiberius::error::Error) -> bool {
    !matches!(error, tiberius::error::Error::Server(said) if said.class() < 20)
}

/// How long to wait before trying again; none if trying again would not help or the time is over.
///
/// `attempt` counts the failures so far, from 1; `left` is the time that may still pass. `random`, from 0 to 1,
/// spreads those who failed together ("full jitter", AWS Architecture Blog, 2015).
pub fn wait_before_retry(
    retry_class: RetryClass,
    attempt: u32,
    left: Duration,
    random: f64,
) -> Option<Duration> {
    let longest = MIN_DELAY
        .saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(MAX_DELAY);
    let wait = match retry_class {
        RetryClass::Permanent => return None,
        RetryClass::Throttled => THROTTLED_DELAY + longest.mul_f64(random),
        // Another connection may well be alive: the first time there is nothing to wait for.
        RetryClass::Lost if attempt == 1 => Duration::ZERO,
        RetryClass::Lost | RetryClass::TimedOut | RetryClass::Unavailable | RetryClass::Conflict => {
            longest.mul_f64(random)
        }
    };
    (wait < left).then_some(wait)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_retry_class() -> impl Strategy<Value = RetryClass> {
        prop::sample::select(vec![
            RetryClass::Lost,
            RetryClass::TimedOut,
            RetryClass::Unavailable,
            RetryClass::Throttled,
            RetryClass::Conflict,
        ])
    }

    #[test]
    fn numbers_ask_for_what_their_table_says() {
        for (number, retry_class) in [
            (1205, RetryClass::Conflict),
            (40501, RetryClass::Throttled),
            (40613, RetryClass::Unavailable),
            (18456, RetryClass::Permanent),
            (208, RetryClass::Permanent),
        ] {
            assert_eq!(RetryClass::numbered(number), retry_class, "{number}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_goes_beyond_the_time_that_is_left(
            retry_class in any_retry_class(), attempt in 1..80_u32, left in 0..30_000_u64, random in 0.0..1.0_f64,
        ) {
            let left = Duration::from_millis(left);
            if let Some(wait) = wait_before_retry(retry_class, attempt, left, random) {
                prop_assert!(wait < left);
            }
        }

        #[test]
        fn what_is_refused_is_not_tried_again(attempt in 1..80_u32, random in 0.0..1.0_f64) {
            prop_assert_eq!(wait_before_retry(RetryClass::Permanent, attempt, Duration::MAX, random), None);
        }

        #[test]
        fn a_throttling_server_gets_ten_seconds(attempt in 1..80_u32, random in 0.0..1.0_f64) {
            let wait = wait_before_retry(RetryClass::Throttled, attempt, Duration::MAX, random);
            prop_assert!(wait >= Some(Duration::from_secs(10)));
        }

        #[test]
        fn waits_grow_and_stay_bounded(attempt in 1..80_u32) {
            let longest = |n| wait_before_retry(RetryClass::Unavailable, n, Duration::MAX, 1.0);
            prop_assert!(longest(attempt) <= longest(attempt + 1));
            prop_assert!(longest(attempt) <= Some(MAX_DELAY));
        }
    }
}
