//! What is asked before an order is added, and what was asked already.

use std::collections::BTreeSet;
use std::fmt;

use super::{AlikeOrder, OrderNumber};

/// Why an order that keeps all rules may not be meant so.
#[derive(Debug, Clone)]
pub enum Doubt {
    /// It may be a second entry of this order.
    Alike(AlikeOrder),
}

impl Doubt {
    /// What is asked for its sake.
    pub fn question(&self) -> Question {
        match self {
            Self::Alike(alike) => Question::IsOther(alike.order.number),
        }
    }
}

/// What is asked before an order is added that keeps all rules, but may not be meant so.
///
/// Its text names it in forms: `order-120123`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether it is another order than this one.
    IsOther(OrderNumber),
}

impl Question {
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("order-").and_then(OrderNumber::parse)?;
        Some(Self::IsOther(number))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsOther(number) => write!(f, "order-{number}"),
        }
    }
}

/// The questions that a form has been asked: its next sending says yes to each.
///
/// Its text is theirs, with spaces between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confirmed(BTreeSet<Question>);

impl Confirmed {
    /// More than any form is asked.
    const MOST: usize = 100;

    /// Reads the text; what is not understood is as if it were not there.
    pub fn parse(text: &str) -> Self {
        Self(text.split_ascii_whitespace().filter_map(Question::parse).take(Self::MOST).collect())
    }

    pub fn covers(&self, question: &Question) -> bool {
        self.0.contains(question)
    }

    /// The same and some more.
    #[must_use]
    pub fn with(&self, questions: impl IntoIterator<Item = Question>) -> Self {
        Self(self.0.iter().copied().chain(questions).collect())
    }
}

impl fmt::Display for Confirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(nth, question)| {
            let space = if nth == 0 { "" } else { " " };
            write!(f, "{space}{question}")
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_question() -> impl Strategy<Value = Question> {
        (1..=i64::MAX).prop_map(|n| Question::IsOther(OrderNumber::new(n).unwrap()))
    }

    proptest! {
        #[test]
        fn what_was_asked_survives_its_text(questions in prop::collection::vec(any_question(), 0..20)) {
            let confirmed = Confirmed::default().with(questions.clone());
            prop_assert_eq!(Confirmed::parse(&confirmed.to_string()), confirmed.clone());
            prop_assert!(questions.iter().all(|question| confirmed.covers(question)));
        }

        #[test]
        fn any_text_is_read_and_means_no_more_than_it_says(text in "\\PC{0,60}") {
            let confirmed = Confirmed::parse(&text);
            prop_assert!(confirmed.0.iter().all(|question| text.contains(&question.to_string())));
        }
    }

    #[test]
    fn no_form_has_been_asked_without_end() {
        let text = (1..1000).map(|n| format!("order-{n} ")).collect::<String>();
        assert_eq!(Confirmed::parse(&text).0.len(), Confirmed::MOST);
    }
}
