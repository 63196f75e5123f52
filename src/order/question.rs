//! What is asked before an order is added, and what was asked already.

use std::collections::BTreeSet;
use std::fmt;

use super::{AlikeOrder, OrderNumber, ProductCode, Quantity, UsualQuantity};

/// Why an order that keeps all rules may not be meant so.
#[derive(Debug, Clone)]
pub enum Doubt {
    /// It may be a second entry of this order.
    Alike(AlikeOrder),
    /// It asks for far more of a product than is usual.
    Quantity { product: ProductCode, quantity: Quantity, usual: UsualQuantity },
}

impl Doubt {
    /// What is asked for its sake.
    pub fn question(&self) -> Question {
        match self {
            Self::Alike(alike) => Question::IsOther(alike.order.number),
            Self::Quantity { product, quantity, .. } => Question::IsSoMany(*product, *quantity),
        }
    }
}

/// What is asked before an order is added that keeps all rules, but may not be meant so.
///
/// Its text names it in forms: `order-120123`, `quantity-400-R7-3126933h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether it is another order than this one.
    IsOther(OrderNumber),
    /// Whether it is so many of a product.
    IsSoMany(ProductCode, Quantity),
}

impl Question {
    fn parse(text: &str) -> Option<Self> {
        if let Some(number) = text.strip_prefix("order-") {
            return OrderNumber::parse(number).map(Self::IsOther);
        }
        let (quantity, product) = text.strip_prefix("quantity-")?.split_once('-')?;
        Some(Self::IsSoMany(ProductCode::parse(product).ok()?, Quantity::parse(quantity).ok()?))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsOther(number) => write!(f, "order-{number}"),
            Self::IsSoMany(product, quantity) => write!(f, "quantity-{}-{product}", quantity.get()),
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
        let product = "[A-Z][0-9]-[0-9]{7}[A-Za-z]".prop_map(|code| ProductCode::parse(&code).unwrap());
        prop_oneof![
            (1..=i64::MAX).prop_map(|n| Question::IsOther(OrderNumber::new(n).unwrap())),
            (product, 1..=Quantity::MAX)
                .prop_map(|(product, n)| Question::IsSoMany(product, Quantity::new(n).unwrap())),
        ]
    }

    proptest! {
        #[test]
        fn what_was_asked_survives_its_text(questions in prop::collection::vec(any_question(), 0..20)) {
            let confirmed = Confirmed::default().with(questions.clone());
            prop_assert_eq!(Confirmed::parse(&confirmed.to_string()), confirmed.clone());
            prop_assert!(questions.iter().all(|question| confirmed.covers(question)));
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,60}", number in "\\PC{0,9}") {
            for text in [text, format!("order-{number}"), format!("quantity-{number}-R7-3126933h")] {
                let confirmed = Confirmed::parse(&text);
                prop_assert_eq!(Confirmed::parse(&confirmed.to_string()), confirmed);
            }
        }
    }

    #[test]
    fn no_form_has_been_asked_without_end() {
        let texts: Vec<_> = (1..1000).map(|n| format!("order-{n}")).collect();
        assert_eq!(Confirmed::parse(&texts.join(" ")).0.len(), Confirmed::MOST);
    }
}
