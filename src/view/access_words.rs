//! The access log in words: what somebody did, and how it ended.

use crate::order::{
    Deed, DeedKind, End, EndedSessions, KeyAct, Outcome, Reason, WebhookAct, counted, grouped,
};

/// What a kind of deeds is called.
pub(super) fn label(kind: DeedKind) -> &'static str {
    match kind {
        DeedKind::SignIn => "Signing in",
        DeedKind::SignOut => "Signing out",
        DeedKind::SessionsEnded => "Ending sessions",
        DeedKind::Refused => "Asking for what is not allowed",
        DeedKind::Role => "Change of a role",
        DeedKind::Person => "Change of a person",
        DeedKind::Export => "Export of orders",
        DeedKind::ExportSelected => "Export of selected orders",
        DeedKind::ExportChanges => "Export of changes",
        DeedKind::CardSearch => "Search by a whole card",
        DeedKind::LogExport => "Export of the access log",
        DeedKind::Webhook => "Webhook messages",
        DeedKind::View => "Views that all see",
        DeedKind::Key => "Card keys",
        DeedKind::CardsErased => "Erasing old card numbers",
        DeedKind::LogPurged => "Deleting old entries",
    }
}

/// What somebody did, behind their name.
pub(super) fn sentence(deed: &Deed, outcome: Option<Outcome>) -> String {
    let count = |noun| outcome.map(|outcome| counted(outcome.count, noun));
    match deed {
        Deed::Export { .. } => count("order")
            .map_or_else(|| "began to export orders".to_owned(), |orders| format!("exported {orders}")),
        Deed::ExportSelected { .. } => count("selected order").map_or_else(
            || "began to export selected orders".to_owned(),
            |orders| format!("exported {orders}"),
        ),
        Deed::ExportChanges { .. } => count("event")
            .map_or_else(|| "began to export events".to_owned(), |events| format!("exported {events}")),
        Deed::LogExport { format, .. } => {
            let what = entries(outcome);
            format!("exported {what} of the access log {}", words(format))
        }
        Deed::CardSearch => count("order").map_or_else(
            || "searched for a whole card".to_owned(),
            |orders| format!("searched for a whole card, which {orders} had"),
        ),
        Deed::SignIn if outcome.is_some_and(|outcome| outcome.end == End::Finished) => "signed in".to_owned(),
        Deed::SignIn => "tried to sign in".to_owned(),
        Deed::SignOut => "signed out".to_owned(),
        Deed::SessionsEnded { of, which: EndedSessions::One(id) } => {
            format!("ended session {id} of {}", of.name.as_str())
        }
        Deed::SessionsEnded { of, which: EndedSessions::Others } => {
            format!("ended all other sessions of {}", of.name.as_str())
        }
        Deed::SessionsEnded { of, which: EndedSessions::All } => {
            format!("ended all sessions of {}", of.name.as_str())
        }
        Deed::Refused { request } => format!("asked for {request}"),
        Deed::RolesChanged { of, before: None, after } => {
            format!("brought {} to the desk, as {}", of.name.as_str(), after.replace(',', " and "))
        }
        Deed::RolesChanged { of, before: Some(before), after } => {
            let [before, after] = [before, after].map(|roles| roles.replace(',', " and "));
            format!("changed the role of {} from {before} to {after}", of.name.as_str())
        }
        Deed::PersonDisabled(of) => format!("disabled {}", of.name.as_str()),
        Deed::PersonEnabled(of) => format!("enabled {}", of.name.as_str()),
        Deed::Webhook { message, act } => {
            let message = message.map_or_else(
                || "all webhook messages that were given up".to_owned(),
                |id| format!("webhook message {id}"),
            );
            let did = match act {
                WebhookAct::Resent => "had the desk send",
                WebhookAct::Discarded => "discarded",
            };
            let again = if *act == WebhookAct::Resent { " again" } else { "" };
            format!("{did} {message}{again}")
        }
        Deed::View { name, act } => format!("{} the view ‘{name}’", act.word()),
        Deed::Key { key, act } => {
            let key =
                key.as_deref().map_or_else(|| "card keys".to_owned(), |key| format!("the card key {key}"));
            match act {
                KeyAct::Made => format!("made {key}"),
                KeyAct::Rotated => format!("made {key} the one that writes"),
                KeyAct::Retired => format!("retired {key}"),
                KeyAct::GivenUp => format!("gave up {key} for lost"),
                KeyAct::Resealed => {
                    let orders = count("order").unwrap_or_else(|| "orders".to_owned());
                    format!("resealed the cards of {orders}")
                }
            }
        }
        Deed::CardsErased { before } => {
            let orders = count("order").unwrap_or_else(|| "orders".to_owned());
            format!("erased the card numbers of {orders} from before {before}")
        }
        Deed::LogPurged { before } => {
            let entries = entries(outcome);
            format!("deleted {entries} of this log from before {before}")
        }
        Deed::Other(kind) => format!("did what this release does not know: {kind}"),
    }
}

fn entries(outcome: Option<Outcome>) -> String {
    match outcome.map(|outcome| outcome.count) {
        None => "entries".to_owned(),
        Some(1) => "1 entry".to_owned(),
        Some(count) => format!("{} entries", grouped(count)),
    }
}

/// How it ended, and why.
pub(super) fn ended(outcome: Option<Outcome>) -> &'static str {
    let Some(Outcome { end, reason, .. }) = outcome else { return "Not finished" };
    match (end, reason) {
        (End::Finished, _) => "Finished",
        (End::CutOff, _) => "Cut off",
        (End::Failed, _) => "Failed",
        (End::Refused, None) => "Refused",
        (End::Refused, Some(reason)) => match reason {
            Reason::NoRole => "Refused: no role at the desk",
            Reason::Disabled => "Refused: disabled at the desk",
            Reason::Declined => "Refused by the provider",
            Reason::NotBelieved => "Refused: not believed",
            Reason::TooManyGroups => "Refused: too many groups",
            Reason::ProviderAway => "Refused: provider away",
            Reason::NotBegun => "Refused: not begun with this browser",
            Reason::NotAllowed => "Refused: not their role",
            Reason::OtherSite => "Refused: from another site",
            Reason::NotPossible => "Refused: not possible",
        },
    }
}

/// A format as people call it.
pub(super) fn words(format: &str) -> &'static str {
    match format {
        "xlsx" => "as an Excel workbook",
        "csv" => "as CSV",
        "ndjson" => "as lines of JSON",
        "json" => "as JSON",
        _ => "as a file",
    }
}
