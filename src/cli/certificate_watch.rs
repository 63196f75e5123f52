//! Watches the certificate at `server.public_url` while the desk serves: its expiry is a metric.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::config::PublicUrl;
use crate::https;
use crate::telemetry::Metrics;

const LOOK_INTERVAL: Duration = Duration::from_hours(1);
/// When nothing was seen: a gateway may be set up after the desks behind it.
const RETRY_INTERVAL: Duration = Duration::from_mins(5);
/// For one handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Checks now, every hour and at SIGHUP, until it is aborted; only where `url` is https.
pub(super) fn watch(url: Option<&PublicUrl>, metrics: &Arc<Metrics>) -> anyhow::Result<JoinHandle<()>> {
    let Some(url) = url.filter(|url| url.is_https()) else { return Ok(tokio::spawn(async {})) };
    let mut hangup = signal(SignalKind::hangup()).context("cannot receive signals")?;
    let mut watch = CertificateWatch { url: url.clone(), metrics: Arc::clone(metrics), problem: None };
    Ok(tokio::spawn(async move {
        loop {
            let pause = watch.look().await;
            // Jitter: replicas that started together do not check together.
            tokio::select! {
                () = sleep(pause.mul_f64(0.9 + 0.2 * fastrand::f64())) => {}
                _ = hangup.recv() => {}
            }
        }
    }))
}

struct CertificateWatch {
    url: PublicUrl,
    metrics: Arc<Metrics>,
    /// What was wrong the last time.
    problem: Option<CertificateProblem>,
}

/// A lasting problem, which is logged once.
#[derive(PartialEq, Eq)]
enum CertificateProblem {
    Unseen,
    Refused(String),
}

impl CertificateWatch {
    /// Checks once and sets the metric; returns how long to wait until the next check.
    async fn look(&mut self) -> Duration {
        match https::look(self.url.bare_host(), self.url.port(), HANDSHAKE_TIMEOUT).await {
            Ok(shown) => {
                self.metrics.set_certificate_expiry(shown.not_after);
                match shown.refusal {
                    Some(reason) => self.report_problem(CertificateProblem::Refused(reason.clone()), &reason),
                    None => self.report_recovery(),
                }
                LOOK_INTERVAL
            }
            Err(error) => {
                self.report_problem(CertificateProblem::Unseen, &error.to_string());
                RETRY_INTERVAL
            }
        }
    }

    fn report_problem(&mut self, problem: CertificateProblem, reason: &str) {
        if self.problem.as_ref() != Some(&problem) {
            tracing::warn!(url = %self.url, reason, "trouble with the certificate that people are shown");
        }
        self.problem = Some(problem);
    }

    fn report_recovery(&mut self) {
        if self.problem.take().is_some() {
            tracing::info!(url = %self.url, "the certificate that people are shown is well again");
        }
    }
}
