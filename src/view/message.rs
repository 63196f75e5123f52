//! A webhook's message in words, and what somebody has decided about it.

use crate::db::{MessageId, MessageState, OutboxMessage};
use crate::order::{Timestamp, grouped};

/// What somebody has just decided, as the next page says it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageNotice {
    /// A message is sent again.
    Resent(MessageId),
    /// A message is not sent.
    Discarded(MessageId),
    /// So many are sent again: all that had been given up.
    AllResent(u64),
}

impl MessageNotice {
    /// The word that a cookie carries to the next page.
    pub fn word(self) -> String {
        match self {
            Self::Resent(id) => format!("resent-{id}"),
            Self::Discarded(id) => format!("discarded-{id}"),
            Self::AllResent(count) => format!("all-{count}"),
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        match word.split_once('-')? {
            ("resent", id) => MessageId::parse(id).map(Self::Resent),
            ("discarded", id) => MessageId::parse(id).map(Self::Discarded),
            ("all", count) => count.parse().ok().map(Self::AllResent),
            _ => None,
        }
    }

    /// How it looks: as a success, or as something to know.
    pub(super) fn kind(self) -> &'static str {
        if self == Self::AllResent(0) { "info" } else { "success" }
    }

    pub(super) fn sentence(self) -> String {
        match self {
            Self::Resent(id) => format!("Message {id} is due now."),
            Self::Discarded(id) => format!("Message {id} discarded. What it held back goes on."),
            Self::AllResent(0) => "No message had failed. Nothing was changed.".to_owned(),
            Self::AllResent(1) => "1 message that had failed is due now.".to_owned(),
            Self::AllResent(count) => format!("{} messages that had failed are due now.", grouped(count)),
        }
    }
}

/// How things stand with a message, in a sentence without its full stop.
pub fn standing(message: &OutboxMessage, is_configured: bool, now: Timestamp) -> String {
    let tries = match message.attempts {
        1 => "after 1 try".to_owned(),
        tries => format!("after {tries} tries"),
    };
    let reason = message.last_error.as_deref().map(|words| format!("{words}; ")).unwrap_or_default();
    match message.state {
        MessageState::Delivered => "delivered".to_owned(),
        MessageState::Discarded => "discarded".to_owned(),
        MessageState::Failed => format!("{reason}given up {tries}"),
        MessageState::Waiting if !is_configured => {
            format!("{reason}not sent: its endpoint is not configured any more")
        }
        MessageState::Waiting if message.is_held_back => {
            "waits for an earlier message about this order".to_owned()
        }
        MessageState::Waiting if message.claimed_until.is_some_and(|until| until > now) => {
            format!("{reason}being sent")
        }
        MessageState::Waiting if message.next_attempt_at <= now => format!("{reason}due now"),
        MessageState::Waiting => {
            let wait = message.next_attempt_at.get() - now.get();
            format!("{reason}next try in {}, {tries}", span(wait.num_seconds()))
        }
    }
}

/// How long ago something was, or will be: `12 min`.
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
pub(super) fn sample_messages() -> Vec<OutboxMessage> {
    use crate::order::{EventKind, OrderNumber};
    let at = |text| Timestamp::parse(text).unwrap();
    let message = |id: &str, state, attempts, last_error: Option<&str>| OutboxMessage {
        id: MessageId::parse(id).unwrap(),
        webhook_id: "0d0f7b6e-95b1-4d6c-8a0e-3f2f2a3b4c5d".to_owned(),
        endpoint: "https://hooks.example.com/orders".to_owned(),
        order: OrderNumber::new(12).unwrap(),
        version: 1,
        kind: EventKind::Added,
        created_at: at("2026-03-03 12:00:00"),
        state,
        attempts,
        next_attempt_at: at("2026-03-03 12:10:00"),
        claimed_until: None,
        last_error: last_error.map(str::to_owned),
        settled_at: None,
        is_held_back: false,
    };
    let refused = Some("it answered 500 Internal Server Error");
    vec![
        message("4", MessageState::Waiting, 0, None),
        OutboxMessage { is_held_back: true, ..message("3", MessageState::Waiting, 0, None) },
        message("2", MessageState::Waiting, 2, refused),
        message("1", MessageState::Failed, 10, refused),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_has_its_sentence() {
        let now = Timestamp::parse("2026-03-03 12:05:30").unwrap();
        let words: Vec<String> =
            sample_messages().iter().map(|message| standing(message, true, now)).collect();
        assert_eq!(
            words,
            [
                "next try in 4 min, after 0 tries",
                "waits for an earlier message about this order",
                "it answered 500 Internal Server Error; next try in 4 min, after 2 tries",
                "it answered 500 Internal Server Error; given up after 10 tries",
            ]
        );
        let later = Timestamp::parse("2026-03-03 12:10:00").unwrap();
        let first = sample_messages().swap_remove(0);
        assert_eq!(standing(&first, true, later), "due now");
        assert_eq!(standing(&first, false, later), "not sent: its endpoint is not configured any more");
        let claimed =
            OutboxMessage { claimed_until: Some(later.after(std::time::Duration::from_secs(9))), ..first };
        assert_eq!(standing(&claimed, true, later), "being sent");
    }

    #[test]
    fn a_notice_survives_its_cookie_and_nothing_else_is_one() {
        let id = MessageId::parse("7").unwrap();
        let all = [MessageNotice::Resent(id), MessageNotice::Discarded(id), MessageNotice::AllResent(0)];
        for notice in all {
            assert_eq!(MessageNotice::parse(&notice.word()), Some(notice));
        }
        for word in ["", "resent", "resent-", "resent-07", "resent-x", "all--1", "added"] {
            assert_eq!(MessageNotice::parse(word), None, "{word}");
        }
    }

    #[test]
    fn spans_are_short_and_round_down() {
        for (seconds, words) in [
            (-5, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(seconds), words);
        }
    }
}
