//! `orders smoke`: looks at a desk from outside, as a visitor sees it, and changes nothing there.
//!
//! It needs no settings and no database: run it after a release, or to see whether a desk works.

mod answer;
mod entry;
mod outside;
mod pages;
mod report;
mod strangers;
mod visitor;

use std::future::ready;
use std::time::Duration;

use clap::error::ErrorKind;
use tokio::time::Instant;
use uuid::Uuid;

use super::resources;
use crate::config::{PublicUrl, PublicUrlError};
use crate::telemetry;
use report::{CheckOutcome, CheckResult, SmokeReport};
use visitor::Visitor;

/// Between two looks at a desk that is still starting.
const RETRY_DELAY: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub(super) struct SmokeArguments {
    #[arg(help = "Where people reach the desk: https://orders.example.com, or http://127.0.0.1:5000")]
    url: String,
    /// Wait so many seconds for a desk that is still starting
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u16).range(..=3600))]
    wait: u16,
    /// Wait so many seconds for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=300))]
    timeout: u16,
    /// Give up after so many seconds in all, besides waiting for the start
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u16).range(1..=3600))]
    deadline: u16,
    /// Fail if the certificate is valid for fewer days
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(..=3650))]
    min_days: u16,
    /// Fail unless the desk serves this version
    #[arg(long, value_name = "VERSION")]
    expect_version: Option<String>,
    /// Where the host sends people on to https [default: 80, where the URL names no port]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    http_port: Option<u16>,
    /// Fail unless people have to sign in there
    #[arg(long)]
    expect_sign_in: bool,
}

pub(super) fn run(arguments: &SmokeArguments, command: clap::Command) -> anyhow::Result<()> {
    let url = arguments.url.parse().unwrap_or_else(|error| refuse(error, command));
    let runtime = resources::runtime_on_this_thread()?;
    let outcome = runtime.block_on(look(url, arguments));
    // Not waiting for a resolver that does not answer.
    runtime.shutdown_background();
    outcome
}

/// A mistake in the URL is one of usage. What was written is not repeated: a password may be in it.
fn refuse(error: PublicUrlError, mut command: clap::Command) -> ! {
    command.build();
    let words = format!("the URL {error}");
    match command.find_subcommand_mut("smoke") {
        Some(command) => command.error(ErrorKind::ValueValidation, words).exit(),
        None => command.error(ErrorKind::ValueValidation, words).exit(),
    }
}

async fn look(url: PublicUrl, arguments: &SmokeArguments) -> anyhow::Result<()> {
    let [wait, timeout, deadline] =
        [arguments.wait, arguments.timeout, arguments.deadline].map(|n| Duration::from_secs(n.into()));
    let began = Instant::now();
    let test = Test { visitor: Visitor::new(url, timeout)?, ready_by: began + wait, arguments };
    let mut report = SmokeReport::new(began, began + wait + deadline);
    let is_there = test.is_there(&mut report).await;
    if is_there {
        test.look_around(&mut report).await;
    }
    report.end(is_there)
}

/// A desk, and what is asked of it.
struct Test<'a> {
    visitor: Visitor,
    /// Until then, a desk that does not answer may still be starting.
    ready_by: Instant,
    arguments: &'a SmokeArguments,
}

impl Test<'_> {
    /// Whether an order desk answers that is ready. Without one, all else would fail for the same reason.
    async fn is_there(&self, report: &mut SmokeReport) -> bool {
        let visitor = &self.visitor;
        if visitor.url.is_https() {
            let min_days = self.arguments.min_days.into();
            let look = || outside::certificate(visitor, min_days);
            report.check("certificate", self.patiently(look)).await;
        }
        report.check("health", self.patiently(|| outside::health(visitor))).await.is_some()
            && report.check("readiness", self.patiently(|| outside::readiness(visitor))).await.is_some()
    }

    async fn look_around(&self, report: &mut SmokeReport) {
        let visitor = &self.visitor;
        self.look_from_outside(report).await;
        let is_closed = strangers::is_closed(visitor).await;
        let expected = self.arguments.expect_version.as_deref();
        report.check("version", pages::version(visitor, is_closed, expected)).await;
        report.check("headers", pages::headers(visitor, is_closed)).await;
        if is_closed {
            self.look_as_a_stranger(report).await;
        } else {
            self.look_at_orders(report).await;
        }
    }

    /// Where people sign in: how they get there, and that nothing is to be had before.
    async fn look_as_a_stranger(&self, report: &mut SmokeReport) {
        let visitor = &self.visitor;
        report.check("sign-in", self.patiently(|| strangers::way_in(visitor))).await;
        report.check("nothing shown", strangers::nothing_shown(visitor)).await;
        report.check("nothing taken", strangers::nothing_taken(visitor)).await;
    }

    /// Where whoever comes may do everything.
    async fn look_at_orders(&self, report: &mut SmokeReport) {
        let visitor = &self.visitor;
        if self.arguments.expect_sign_in {
            report.check("sign-in", ready(strangers::open_to_all())).await;
        }
        let list = report.check("list", pages::list(visitor)).await;
        let first = list.as_ref().and_then(|list| list.first.as_deref());
        report.check("order", pages::order(visitor, first)).await;
        report.check("form", entry::form(visitor)).await;
        let submission = Uuid::new_v4();
        report.check("refused entry", entry::refused(visitor, submission)).await;
        report.check("nothing stored", entry::unchanged(visitor, list.as_ref(), submission)).await;
    }

    /// What a gateway in front of the desk has to do.
    async fn look_from_outside(&self, report: &mut SmokeReport) {
        let visitor = &self.visitor;
        if !visitor.url.is_https() {
            return;
        }
        let usual = (visitor.url.port() == 443).then_some(80);
        if let Some(port) = self.arguments.http_port.or(usual) {
            report.check("without TLS", outside::plain(visitor, port)).await;
        }
        report.check("metrics", outside::metrics(visitor)).await;
    }

    /// Looks again and again, as long as the desk may still be starting.
    async fn patiently<T>(&self, look: impl AsyncFn() -> CheckOutcome<T>) -> CheckOutcome<T> {
        let mut is_told = false;
        loop {
            let failure = match look().await {
                Err(failure) if failure.is_transient && Instant::now() < self.ready_by => failure,
                outcome => return outcome,
            };
            if !is_told {
                telemetry::say(format_args!("waiting: {}", failure.words));
                is_told = true;
            }
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}
