//! A clerk who saves one order after the other, while something else is under way.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::load;

/// Does work while a clerk saves, and says how long each save took.
pub fn clerk<T>(address: SocketAddr, work: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Duration>)> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let saving = scope.spawn(|| load::saves(address, || is_over.load(Ordering::Relaxed)));
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        let times = saving.join().map_err(|_| anyhow::anyhow!("the clerk broke off"))??;
        Ok((done?, times))
    })
}

pub fn p99(mut times: Vec<Duration>) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().context("no save in time")
}
