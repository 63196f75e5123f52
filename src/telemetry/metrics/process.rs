//! The process as the system sees it, under the names that Prometheus' own libraries use.
//!
//! Read from `/proc` each time somebody asks (proc(5)); what is not there, as elsewhere than on Linux, is left out.

use std::fmt::Error;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// The unit of times in `/proc`: a hundredth of a second on every machine that the desk is built for.
const TICKS_A_SECOND: f64 = 100.0;

#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(seconds) = cpu_seconds(&stat) {
            let help = "CPU time of user and system together.";
            let metric = ConstCounter::new(seconds);
            metric.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                help,
                None,
                metric.metric_type(),
            )?)?;
        }
        let gauges = [
            ("process_resident_memory_bytes", "Memory that is in use.", kilobytes(&status, "VmRSS:")),
            ("process_virtual_memory_bytes", "Memory that is addressed.", kilobytes(&status, "VmSize:")),
            ("process_open_fds", "File descriptors that are open.", open_files()),
            ("process_max_fds", "File descriptors that may be open.", max_files()),
            ("process_start_time_seconds", "When the process began, in Unix time.", start(&stat)),
        ];
        for (name, help, value) in gauges {
            let Some(value) = value else { continue };
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)?;
        }
        Ok(())
    }
}

/// A field of `/proc/self/stat` by its number there. The name before the third may hold spaces and brackets.
fn field(stat: &str, number: usize) -> Option<f64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    Some((field(stat, 14)? + field(stat, 15)?) / TICKS_A_SECOND)
}

/// The machine's start, and how long after it the process began.
fn start(stat: &str) -> Option<f64> {
    let machine = fs::read_to_string("/proc/stat").ok()?;
    let booted: f64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(booted + field(stat, 22)? / TICKS_A_SECOND)
}

fn kilobytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

fn open_files() -> Option<f64> {
    // One of them is the folder that is being read.
    let open = fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1);
    u32::try_from(open).ok().map(f64::from)
}

fn max_files() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let soft =
        limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?;
    if soft == "unlimited" { Some(f64::INFINITY) } else { soft.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_an_odd_name_is_read_the_same() {
        let stat = "7 (or) (ders) S 1 7 7 0 -1 4194560 9 0 0 0 250 50 0 0 20 0 3 0 12300 1 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(field(stat, 22), Some(12300.0));
        assert_eq!(cpu_seconds(""), None);
    }

    #[test]
    fn memory_is_told_in_bytes() {
        let status = "Name:\torders\nVmSize:\t  2000 kB\nVmRSS:\t    1000 kB\n";
        assert_eq!(kilobytes(status, "VmRSS:"), Some(1_024_000.0));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }
}
