//! What is asked before an order is added.

use serde::Serialize;

use super::text::order_url;
use crate::order::{AlikeOrder, Doubt, Likeness, ListQuery, Timestamp, counted, grouped};

/// A question in words.
#[derive(Debug, Clone, Serialize)]
pub struct QuestionText {
    /// The order that it is about; empty if it is about none.
    url: String,
    /// What the sentence begins with: a link, if there is a URL.
    subject: String,
    text: String,
}

impl QuestionText {
    /// What is asked because of a doubt, at a moment in UTC.
    pub fn new(doubt: &Doubt, list: &ListQuery, now: Timestamp) -> Self {
        match doubt {
            Doubt::Alike(alike) => Self {
                url: order_url(alike.order.number, list),
                subject: format!("Order {}", alike.order.number),
                text: likeness(alike, now),
            },
            Doubt::Quantity { product, quantity, usual } => Self {
                url: String::new(),
                subject: product.to_string(),
                text: format!(
                    "is usually ordered {} at a time. {} is unusual: is it right?",
                    grouped(usual.mean()),
                    grouped(quantity.get().unsigned_abs().into())
                ),
            },
        }
    }

    /// Where the order is that it is about; none if it is about none.
    pub fn url(&self) -> Option<&str> {
        Some(&*self.url).filter(|url| !url.is_empty())
    }

    /// The whole sentence.
    pub fn sentence(&self) -> String {
        format!("{} {}", self.subject, self.text)
    }
}

/// What makes an order look like the new one.
fn likeness(AlikeOrder { order, added, likeness }: &AlikeOrder, now: Timestamp) -> String {
    let goods = format!("{} of {}", grouped(order.quantity.get().unsigned_abs().into()), order.product);
    let ordered = format!("ordered on {}", order.dates.ordered().day());
    match likeness {
        Likeness::Goods => format!("looks the same: {goods} for the same customer, {ordered}."),
        Likeness::Card => {
            let minutes = (now.get() - added.get()).num_minutes();
            let ago = match u64::try_from(minutes) {
                Ok(minutes @ 1..) => format!("{} ago", counted(minutes, "minute")),
                _ => "just now".to_owned(),
            };
            format!("was added with the same card {ago}: {goods}, {ordered}.")
        }
    }
}

#[cfg(test)]
impl QuestionText {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::UsualQuantity;
        let (order, at) = crate::order::Order::sample();
        let alike = [Likeness::Goods, Likeness::Card]
            .map(|likeness| Doubt::Alike(AlikeOrder { order: order.clone(), added: at, likeness }));
        let usual = UsualQuantity { orders: 20, units: 8 };
        let quantity = Doubt::Quantity { product: order.product, quantity: order.quantity, usual };
        let doubts = alike.into_iter().chain([quantity]);
        doubts.map(|doubt| Self::new(&doubt, &ListQuery::default(), at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::order::UsualQuantity;

    #[test]
    fn an_unusual_quantity_is_told_with_the_usual_one() {
        let (order, at) = crate::order::Order::sample();
        let (usual, quantity) =
            (UsualQuantity { orders: 30, units: 125 }, crate::order::Quantity::new(4000).unwrap());
        let doubt = Doubt::Quantity { product: order.product, quantity, usual };
        let text = QuestionText::new(&doubt, &ListQuery::default(), at);
        assert_eq!(
            (text.sentence().as_str(), text.url()),
            ("R7-3126933h is usually ordered 4 at a time. 4,000 is unusual: is it right?", None)
        );
    }

    #[test]
    fn a_question_says_what_is_alike_and_since_when() {
        let (order, at) = crate::order::Order::sample();
        let asked = |likeness, seconds| {
            let alike = AlikeOrder { order: order.clone(), added: at, likeness };
            let now = at.after(Duration::from_secs(seconds));
            QuestionText::new(&Doubt::Alike(alike), &ListQuery::default(), now).sentence()
        };
        assert_eq!(
            asked(Likeness::Goods, 0),
            "Order 7 looks the same: 4 of R7-3126933h for the same customer, ordered on 1 March 2026."
        );
        for (seconds, ago) in
            [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (599, "9 minutes ago")]
        {
            let expected = format!(
                "Order 7 was added with the same card {ago}: 4 of R7-3126933h, ordered on 1 March 2026."
            );
            assert_eq!(asked(Likeness::Card, seconds), expected);
        }
    }
}
