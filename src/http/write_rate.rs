//! How fast one client may write.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use super::client_network::client_network;

/// Bounds the requests by which each client changes something (GCRA, the generic cell rate algorithm).
pub struct WriteRate(Option<RateLimiter<Writer, RecentWriters, MonotonicClock>>);

impl WriteRate {
    /// So many in a minute, or at once after a quiet minute; 0: no bound.
    pub fn per_minute(writes: u32) -> Self {
        let quota = NonZeroU32::new(writes).map(Quota::per_minute);
        let limiter = |quota: Quota| {
            let recent = RecentWriters::new(quota.replenish_interval());
            RateLimiter::new(quota, recent, MonotonicClock)
        };
        Self(quota.map(limiter))
    }

    /// Counts one more from a client; an error says how long it has to wait. This machine is not bounded.
    pub fn count(&self, client: Option<IpAddr>) -> Result<(), Duration> {
        let (Some(limiter), Some(client)) = (&self.0, client.filter(|ip| !ip.is_loopback())) else {
            return Ok(());
        };
        let counted = limiter.check_key(&Writer::at(client));
        counted.map_err(|until| until.wait_time_from(limiter.clock().now()))
    }
}

/// Whose writes are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Writer {
    /// Whoever uses a network.
    Address(IpAddr),
}

impl Writer {
    fn at(client: IpAddr) -> Self {
        Self::Address(client_network(client))
    }
}

/// When each writer will have used up what it has written so far. Whose time has come is as if it had never written.
struct RecentWriters {
    times: Mutex<HashMap<Option<Writer>, Nanos>>,
    /// What one write takes.
    interval: Nanos,
}

impl RecentWriters {
    /// Writers that are told apart. Those who come when all of them have written lately share one place: whoever has
    /// many addresses gets no further, and who is known already is not held up.
    const MAX: usize = 10_000;

    fn new(interval: Duration) -> Self {
        Self { times: Mutex::default(), interval: interval.into() }
    }
}

impl StateStore for RecentWriters {
    type Key = Writer;

    fn measure_and_replace<T, F, E>(&self, writer: &Writer, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut all = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = Some(*writer);
        if all.len() >= Self::MAX && !all.contains_key(&place) {
            // One write from now.
            let (_, next) = measure(None)?;
            all.retain(|_, time| *time + self.interval > next);
            place = place.filter(|_| all.len() < Self::MAX);
        }
        let (answer, time) = measure(all.get(&place).copied())?;
        all.insert(place, time);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as requests have it")]
    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn each_client_has_its_own_bound_and_is_told_how_long_to_wait() {
        // Far apart, so that this test is never too slow.
        let rate = WriteRate::per_minute(2);
        for client in ["192.0.2.7", "192.0.2.8", "2001:db8::1"] {
            assert_eq!([rate.count(ip(client)), rate.count(ip(client))], [Ok(()), Ok(())], "{client}");
            let wait = rate.count(ip(client)).unwrap_err();
            assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30), "{wait:?}");
        }
        assert!(rate.count(ip("2001:db8::ffff:1")).is_err(), "the same network");
        assert_eq!(rate.count(ip("2001:db8:0:1::1")), Ok(()), "the next one");
    }

    #[test]
    fn this_machine_and_a_desk_without_a_bound_wait_for_nothing() {
        let (rate, unbounded) = (WriteRate::per_minute(1), WriteRate::per_minute(0));
        for _ in 0..5 {
            for client in [ip("127.0.0.1"), ip("::1"), None] {
                assert_eq!(rate.count(client), Ok(()), "{client:?}");
            }
            assert_eq!(unbounded.count(ip("192.0.2.7")), Ok(()));
        }
    }

    /// Counts for one of many clients, at a time in nanoseconds: each write takes 10.
    fn write(writers: &RecentWriters, client: u128, now: u64) -> bool {
        let writer = Writer::Address(Ipv6Addr::from_bits(client << 64).into());
        let measure = |time: Option<Nanos>| match time.map_or(0, Nanos::as_u64) {
            time if time > now => Err(()),
            _ => Ok(((), Nanos::new(now + 10))),
        };
        writers.measure_and_replace(&writer, measure).is_ok()
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let writers = RecentWriters::new(Duration::from_nanos(10));
        let most = u128::try_from(RecentWriters::MAX).unwrap();
        let remembered = || writers.times.lock().unwrap().len();
        for client in 0..most {
            assert!(write(&writers, client, 100));
        }
        assert!(write(&writers, most, 99) && !write(&writers, most + 1, 99), "they share one place");
        assert!(!write(&writers, 7, 99) && write(&writers, 7, 110), "who is known has its own");
        assert_eq!(remembered(), RecentWriters::MAX + 1);
        assert!(write(&writers, most, 200) && write(&writers, most + 1, 200), "the others are forgotten");
        assert_eq!(remembered(), 2);
    }
}
