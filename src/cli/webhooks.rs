//! `orders webhooks`: what was not delivered, and what is to become of it.

use anyhow::bail;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::deeds::logged;
use super::output::{self, AnnouncedChange};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, EndpointCount, MessageFilter, MessageId, OutboxMessage, Settled};
use crate::order::{Deed, Timestamp, WebhookAct, counted};
use crate::view::{span, standing};

/// Messages that one query finds.
const BATCH: usize = 500;

#[derive(clap::Args)]
pub(super) struct WebhooksArguments {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(clap::Subcommand)]
enum WebhooksCommand {
    /// List the messages that wait or were given up, newest first, and why
    List {
        /// Those that were delivered or discarded in the last 30 days, too
        #[arg(long)]
        all: bool,
    },
    /// Send messages again at once, as if they had not been tried
    Resend {
        /// Messages, by the numbers that `list` shows
        #[arg(value_name = "ID", value_parser = id, required_unless_present = "failed")]
        ids: Vec<MessageId>,
        /// All that were given up
        #[arg(long, conflicts_with = "ids")]
        failed: bool,
    },
    /// Give messages up for good; those behind them about the same order go on
    Discard {
        /// Messages, by the numbers that `list` shows
        #[arg(value_name = "ID", value_parser = id, required = true)]
        ids: Vec<MessageId>,
    },
}

fn id(text: &str) -> Result<MessageId, &'static str> {
    MessageId::parse(text).ok_or("not a message's number, which `orders webhooks list` shows")
}

impl WebhooksCommand {
    /// What it is about to change, if anything.
    fn change(&self) -> Option<String> {
        match self {
            Self::List { .. } => None,
            Self::Resend { failed: true, .. } => {
                Some("sending all messages again that were given up".to_owned())
            }
            Self::Resend { ids, .. } => {
                Some(format!("sending {} again", counted(once(ids).len() as u64, "message")))
            }
            Self::Discard { ids } => {
                Some(format!("discarding {}", counted(once(ids).len() as u64, "message")))
            }
        }
    }
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &WebhooksArguments) -> anyhow::Result<()> {
    let settings = bootstrap.settings();
    let change = arguments.command.change().map(AnnouncedChange::begin).transpose()?;
    database_options::run(async {
        let db = database_options::for_command(bootstrap).open().await?;
        let clock = Clock::new(settings.desk.time_zone);
        let done = match &arguments.command {
            WebhooksCommand::List { all } => {
                let scope = if *all { MessageFilter::All } else { MessageFilter::Open };
                list(&db, scope, settings, clock.utc()).await?;
                None
            }
            WebhooksCommand::Resend { failed: true, .. } => {
                let deed = [Deed::Webhook { message: None, act: WebhookAct::Resent }];
                let resend = async { Ok(db.resend_failed_messages(clock.utc()).await?) };
                let count = logged(&db, deed, resend, |_| 0).await?;
                Some(format!("{} to be sent again", counted(count, "message")))
            }
            WebhooksCommand::Resend { ids, .. } => {
                let resend = async { check(&db.resend_messages(&once(ids), clock.utc()).await?) };
                logged(&db, deeds(ids, WebhookAct::Resent), resend, |()| 0).await?;
                Some(format!("{} to be sent again", counted(once(ids).len() as u64, "message")))
            }
            WebhooksCommand::Discard { ids } => {
                let discard = async { check(&db.discard_messages(&once(ids), clock.utc()).await?) };
                logged(&db, deeds(ids, WebhookAct::Discarded), discard, |()| 0).await?;
                Some(format!("{} discarded", counted(once(ids).len() as u64, "message")))
            }
        };
        db.close();
        if let Some((change, done)) = change.zip(done) {
            change.say(done)?;
        }
        Ok(())
    })
}

async fn list(db: &Db, scope: MessageFilter, settings: &Settings, now: Timestamp) -> anyhow::Result<()> {
    let is_configured = |name: &str| settings.webhooks.urls.iter().any(|url| url.name() == name);
    for EndpointCount { endpoint, waiting, failed } in db.count_messages(None).await?.endpoints {
        let note = if is_configured(&endpoint) { "" } else { " (not configured: nothing is sent there)" };
        output::say(format_args!("{endpoint}{note}: {waiting} waiting, {failed} failed"))?;
    }
    let (mut before, mut any) = (None, false);
    loop {
        let page = db.list_messages(scope, before, i64::try_from(BATCH).unwrap_or(i64::MAX)).await?;
        for message in &page {
            if !any {
                output::say(format_args!(
                    "{:>7}  {:9}  {:15}  {:>8}  {:>8}  what",
                    "id", "state", "event", "order", "age"
                ))?;
            }
            any = true;
            say(message, is_configured(&message.endpoint), now)?;
        }
        match page.last() {
            Some(last) if page.len() == BATCH => before = Some(last.id),
            _ => break,
        }
    }
    if !any {
        output::say("no messages")?;
    }
    Ok(())
}

fn say(message: &OutboxMessage, is_configured: bool, now: Timestamp) -> anyhow::Result<()> {
    let OutboxMessage { id, state, order, created_at, endpoint, .. } = message;
    output::say(format_args!(
        "{:>7}  {:9}  {:15}  {:>8}  {:>8}  {endpoint}: {}",
        id.get(),
        state.as_str(),
        message.wire_type(),
        order.get(),
        span((now.get() - created_at.get()).num_seconds()),
        standing(message, is_configured, now),
    ))?;
    Ok(())
}

/// The numbers, each once.
fn once(ids: &[MessageId]) -> Vec<MessageId> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What is done to each.
fn deeds(ids: &[MessageId], act: WebhookAct) -> Vec<Deed> {
    once(ids).into_iter().map(|id| Deed::Webhook { message: Some(id.get()), act }).collect()
}

fn check(settled: &Settled) -> anyhow::Result<()> {
    let Settled::NotOpen(ids) = settled else { return Ok(()) };
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    bail!(
        "nothing was changed: {} neither waits nor was given up. `orders webhooks list` shows the messages that do or were",
        ids.join(", ")
    )
}
