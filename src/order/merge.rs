//! Two who changed one order at once: who changed what, and what can be saved of both.

use super::{Field, Order, OrderForm};

/// Who changed a field, of two who began with the same version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedBy {
    Nobody,
    /// Whoever sends a form now.
    OnlyYou,
    /// Whoever was first.
    OnlyThem,
    /// Both, to the same.
    BothAlike,
    /// Both, each to something else.
    Both,
}

/// A form that began with an order, and what somebody else has made of the order meanwhile.
pub struct Merge<'a> {
    begun: OrderForm,
    yours: &'a OrderForm,
    has_your_card: bool,
    theirs: OrderForm,
    has_their_card: bool,
}

impl<'a> Merge<'a> {
    /// A form need not have the card that was typed into the one before it: whether either has another one has to be said.
    pub fn new(
        begun: &Order,
        (yours, has_your_card): (&'a OrderForm, bool),
        (theirs, has_their_card): (&Order, bool),
    ) -> Self {
        let (begun, theirs) = (OrderForm::of(begun), OrderForm::of(theirs));
        Self { begun, yours, has_your_card, theirs, has_their_card }
    }

    pub fn changed_by(&self, field: Field) -> ChangedBy {
        let (you, they, is_same) = if field == Field::CardNumber {
            (self.has_your_card, self.has_their_card, false)
        } else {
            let differ = |one: &OrderForm, other: &OrderForm| one.differs_from(other, field);
            let is_same = !differ(self.yours, &self.theirs);
            (differ(self.yours, &self.begun), differ(&self.theirs, &self.begun), is_same)
        };
        match (you, they) {
            (false, false) => ChangedBy::Nobody,
            (true, false) => ChangedBy::OnlyYou,
            (false, true) => ChangedBy::OnlyThem,
            (true, true) if is_same => ChangedBy::BothAlike,
            (true, true) => ChangedBy::Both,
        }
    }

    /// The fields that one of them would lose.
    pub fn collisions(&self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(|field| self.changed_by(*field) == ChangedBy::Both)
    }

    /// Whether there is anything of yours that is not lost either way.
    pub fn has_yours(&self) -> bool {
        Field::ALL.into_iter().any(|field| self.changed_by(field) == ChangedBy::OnlyYou)
    }

    /// Theirs, with yours in the fields that only you changed.
    pub fn form(&self) -> OrderForm {
        let mut merged = self.theirs.clone();
        for field in Field::ALL.into_iter().filter(|field| self.changed_by(*field) == ChangedBy::OnlyYou) {
            merged.take(field, self.yours);
        }
        merged
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::change::tests::any_order;
    use super::*;
    use crate::order::{CardNumber, KeptCard};

    /// An order with some fields of another one, by bits.
    fn with_fields(order: &Order, other: &Order, bits: u16) -> OrderForm {
        let (mut form, other) = (OrderForm::of(order), OrderForm::of(other));
        for (nth, field) in Field::ALL.into_iter().enumerate() {
            if bits >> nth & 1 == 1 && field != Field::CardNumber {
                form.take(field, &other);
            }
        }
        form
    }

    proptest! {
        #[test]
        fn a_merge_has_what_one_of_them_changed_and_theirs_of_what_both_did(
            begun in any_order(), theirs in any_order(), wanted in any_order(), bits in any::<u16>(),
        ) {
            let yours = with_fields(&begun, &wanted, bits);
            let merge = Merge::new(&begun, (&yours, false), (&theirs, false));
            let form = merge.form();
            for field in Field::ALL.into_iter().filter(|field| *field != Field::CardNumber) {
                let is = |other: &OrderForm| !form.differs_from(other, field);
                match merge.changed_by(field) {
                    ChangedBy::OnlyYou => prop_assert!(is(&yours), "{:?}", field),
                    ChangedBy::Nobody => prop_assert!(is(&yours) && is(&OrderForm::of(&begun)), "{:?}", field),
                    _ => prop_assert!(is(&OrderForm::of(&theirs)), "{:?}", field),
                }
            }
        }
    }

    #[test]
    fn cards_collide_whatever_they_are() {
        let (order, _) = Order::sample();
        let form = OrderForm::of(&order);
        let by = |yours, theirs| {
            Merge::new(&order, (&form, yours), (&order, theirs)).changed_by(Field::CardNumber)
        };
        assert_eq!(by(true, true), ChangedBy::Both);
        assert_eq!(by(true, false), ChangedBy::OnlyYou);
        assert_eq!(by(false, true), ChangedBy::OnlyThem);
        assert_eq!(by(false, false), ChangedBy::Nobody);
    }

    #[test]
    fn a_kept_card_goes_along_unless_they_have_another() {
        let (order, at) = Order::sample();
        let mut form = OrderForm::of(&order);
        let kept = KeptCard::typed(CardNumber::parse("5555555555554444", false).unwrap(), at);
        form.keep_card(Ok(kept.clone()));
        let merged = |theirs| Merge::new(&order, (&form, true), (&order, theirs)).form().right_card(at);
        assert_eq!(merged(false), Some(kept));
        assert_eq!(merged(true), None);
    }
}
