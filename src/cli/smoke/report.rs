//! The results of checks, printed one line each, and a summary.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, timeout_at};

use super::super::output::{self, Unheard};

/// What a check comes to.
pub(super) type CheckOutcome<T = ()> = Result<CheckResult<T>, CheckFailure>;

/// A check that did not fail.
pub(super) struct CheckResult<T = ()> {
    verdict: CheckVerdict,
    words: String,
    what: T,
}

enum CheckVerdict {
    Well,
    Skipped,
    Warning,
}

/// Why a check failed.
pub(super) struct CheckFailure {
    pub(super) words: String,
    /// Whether another attempt may succeed.
    pub(super) is_transient: bool,
}

impl CheckResult {
    pub(super) fn well(words: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Well, words: words.into(), what: () }
    }

    pub(super) fn skipped(words: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Skipped, ..Self::well(words) }
    }

    pub(super) fn warning(words: impl Into<String>) -> Self {
        Self { verdict: CheckVerdict::Warning, ..Self::well(words) }
    }

    /// The same with something for later checks.
    pub(super) fn with<T>(self, what: T) -> CheckResult<T> {
        CheckResult { verdict: self.verdict, words: self.words, what }
    }
}

impl CheckFailure {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_transient: false }
    }

    pub(super) fn transient(words: impl Into<String>) -> Self {
        Self { words: words.into(), is_transient: true }
    }
}

/// An error unless a condition holds.
pub(super) fn ensure(is_so: bool, otherwise: impl FnOnce() -> String) -> Result<(), CheckFailure> {
    if is_so { Ok(()) } else { Err(CheckFailure::new(otherwise())) }
}

/// The results so far.
pub(super) struct SmokeReport {
    began: Instant,
    /// Then the test is over, done or not.
    until: Instant,
    checks: usize,
    skipped: usize,
    warnings: usize,
    failed: Vec<&'static str>,
    /// Why output failed.
    unheard: Option<Unheard>,
}

impl SmokeReport {
    pub(super) fn new(began: Instant, until: Instant) -> Self {
        Self { began, until, checks: 0, skipped: 0, warnings: 0, failed: Vec::new(), unheard: None }
    }

    /// Runs a check and prints its result; returns what it found, unless it failed.
    pub(super) async fn check<T>(
        &mut self,
        name: &'static str,
        check: impl Future<Output = CheckOutcome<T>>,
    ) -> Option<T> {
        let began = Instant::now();
        if began >= self.until {
            return None;
        }
        let late =
            |_| Err(CheckFailure::new("not done when the time for the whole test was over (--deadline)"));
        let outcome = timeout_at(self.until, check).await.unwrap_or_else(late);
        self.count(name, &outcome);
        let (word, words) = match &outcome {
            Ok(CheckResult { verdict: CheckVerdict::Well, words, .. }) => ("ok", words),
            Ok(CheckResult { verdict: CheckVerdict::Skipped, words, .. }) => ("skipped", words),
            Ok(CheckResult { verdict: CheckVerdict::Warning, words, .. }) => ("warning", words),
            Err(CheckFailure { words, .. }) => ("failed", words),
        };
        self.say(&format!("{word:<8} {name:<15} {:>9}  {words}", taken(began.elapsed())));
        outcome.ok().map(|found| found.what)
    }

    fn count<T>(&mut self, name: &'static str, outcome: &CheckOutcome<T>) {
        self.checks += 1;
        match outcome {
            Ok(CheckResult { verdict: CheckVerdict::Well, .. }) => {}
            Ok(CheckResult { verdict: CheckVerdict::Skipped, .. }) => self.skipped += 1,
            Ok(CheckResult { verdict: CheckVerdict::Warning, .. }) => self.warnings += 1,
            Err(_) => self.failed.push(name),
        }
    }

    fn say(&mut self, line: &str) {
        if let Err(error) = output::say(line) {
            self.unheard = Some(error);
        }
    }

    /// The last line; a failure, if a check was one. The checks are complete, or others were not worth making.
    pub(super) fn end(mut self, is_complete: bool) -> anyhow::Result<()> {
        let (checks, all) = (self.checks, taken_in_all(self.began.elapsed()));
        if !self.failed.is_empty() {
            let (count, names) = (self.failed.len(), self.failed.join(", "));
            let rest = if is_complete { "" } else { "; the others were not made" };
            bail!("{count} of {checks} checks failed ({names}), {all}{rest}");
        }
        let skipped = if self.skipped > 0 { format!("{} skipped, ", self.skipped) } else { String::new() };
        let verdict = match self.warnings {
            0 => "all well".to_owned(),
            1 => "well but for a warning".to_owned(),
            many => format!("well but for {many} warnings"),
        };
        self.say(&format!("{checks} checks, {skipped}{verdict}, {all}"));
        Ok(self.unheard.map_or(Ok(()), Err)?)
    }
}

fn taken(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn taken_in_all(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
