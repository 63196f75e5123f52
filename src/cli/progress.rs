//! Progress of long commands.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::order::grouped;
use crate::telemetry;

/// A bar on a terminal, a line for each tenth elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    /// What is counted.
    what: &'static str,
    lines: bool,
}

impl Progress {
    pub(super) fn start(length: u64, what: &'static str) -> Self {
        let lines = !std::io::stderr().is_terminal();
        let target = if lines { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what);
        let style =
            ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left");
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())), what, lines }
    }

    /// Of something whose end is not known: what is done so far, and nothing elsewhere than on a terminal.
    pub(super) fn without_end(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_message(what);
        let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}, {per_sec}");
        Self {
            bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())),
            what,
            lines: false,
        }
    }

    pub(super) fn advance(&self, steps: usize) {
        let tenths = |position: u64| position * 10 / self.bar.length().unwrap_or(1).max(1);
        let before = tenths(self.bar.position());
        self.bar.inc(steps as u64);
        if self.lines && tenths(self.bar.position()) > before {
            let (position, length) = (self.bar.position(), self.bar.length().unwrap_or_default());
            telemetry::say(format_args!("{} of {} {}", grouped(position), grouped(length), self.what));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
