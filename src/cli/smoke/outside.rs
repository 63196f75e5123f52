//! What anybody sees before the first page: the certificate, the probes, and what stays inside.

use chrono::DateTime;
use reqwest::header::LOCATION;

use super::CheckResult;
use super::answer::printable;
use super::report::{CheckFailure, CheckOutcome};
use super::visitor::Visitor;
use crate::{clock, https};

const DAY: i64 = 24 * 60 * 60;

/// The certificate is trusted by the desk's own client, and will be for some days.
pub(super) async fn certificate(visitor: &Visitor, min_days: i64) -> CheckOutcome {
    let (host, port) = (visitor.url.bare_host(), visitor.url.port());
    let shown = https::look(host, port, visitor.patience).await.map_err(|error| CheckFailure {
        words: printable(&error.to_string()),
        is_transient: error.is_transient(),
    })?;
    let issuer = printable(&shown.issuer);
    let day = DateTime::from_timestamp(shown.not_after, 0).unwrap_or_default().format("%-d %B %Y");
    if let Some(refusal) = &shown.refusal {
        let refusal = printable(refusal);
        return Err(CheckFailure::new(format!("{refusal}: valid until {day}, issued by {issuer}")));
    }
    let days = (shown.not_after - clock::utc().get().and_utc().timestamp()).div_euclid(DAY);
    let valid = format!("valid for {days} days, until {day}, issued by {issuer}");
    if days < min_days {
        return Err(CheckFailure::new(format!("{valid}: fewer than {min_days} days (--min-days)")));
    }
    Ok(CheckResult::well(valid))
}

/// The process answers, and it is an order desk.
pub(super) async fn health(visitor: &Visitor) -> CheckOutcome {
    let answer = visitor.get("/healthz").await?;
    match (answer.status, answer.body.as_slice()) {
        (200, b"ok\n") => Ok(CheckResult::well("the process answers")),
        (502..=504, _) => Err(CheckFailure::transient(answer.said())),
        (200, _) => Err(CheckFailure::new("this is no order desk: /healthz answers with something else")),
        _ => Err(CheckFailure::new(format!("this is no order desk: {}", answer.said()))),
    }
}

/// The database answers, and the desk is not about to stop.
pub(super) async fn readiness(visitor: &Visitor) -> CheckOutcome {
    let answer = visitor.get("/readyz").await?;
    match (answer.status, answer.body.as_slice()) {
        (200, b"ready\n") => Ok(CheckResult::well("the database answers")),
        (502..=504, text) => {
            let text = printable(&String::from_utf8_lossy(text));
            Err(CheckFailure::transient(format!("{}: {text}", answer.said())))
        }
        _ => Err(CheckFailure::new(answer.said())),
    }
}

/// Plain HTTP is redirected to https, or nothing listens there.
pub(super) async fn plain(visitor: &Visitor, port: u16) -> CheckOutcome {
    let url = visitor.url.plain(port);
    let Ok(answer) = visitor.get_at(&url).await else {
        return Ok(CheckResult::well(format!("nobody answers at {url}")));
    };
    let https = visitor.url.to_string();
    let to = answer.header(LOCATION.as_str());
    let leads_home = to.strip_prefix(&https).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if matches!(answer.status, 301 | 302 | 307 | 308) && leads_home {
        return Ok(CheckResult::well(format!("{url} leads to {https}")));
    }
    Err(CheckFailure::new(format!("{}, and does not lead to {https}", answer.said())))
}

/// Metrics are for the operators, not for the public.
pub(super) async fn metrics(visitor: &Visitor) -> CheckOutcome {
    let answer = visitor.get("/metrics").await?;
    if answer.status == 200 {
        return Ok(CheckResult::warning("everybody who reaches the desk can read /metrics"));
    }
    Ok(CheckResult::well(format!("nobody reads them here: {}", answer.said())))
}
