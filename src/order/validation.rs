//! Validation errors of orders, in the words that a clerk reads.

use serde::{Deserialize, Serialize};

use super::{Brand, DateError, Day, LocalTime, NoteError, Now, grouped};

/// A field of an order that someone can type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    DateUuid,
    UserId,
    CardNumber,
    StoreCode,
    ProductCode,
    #[serde(rename = "product_quantity")]
    Quantity,
    OrderDate,
    ShippingDate,
    DeliveryDate,
    Note,
}

impl Field {
    /// All of them, in the order in which the form asks.
    pub const ALL: [Self; 10] = [
        Self::OrderDate,
        Self::ShippingDate,
        Self::DeliveryDate,
        Self::StoreCode,
        Self::ProductCode,
        Self::Quantity,
        Self::UserId,
        Self::CardNumber,
        Self::Note,
        Self::DateUuid,
    ];

    /// Its name in forms and files, which is that of the replaced application too.
    pub fn name(self) -> &'static str {
        match self {
            Self::DateUuid => "date_uuid",
            Self::UserId => "user_id",
            Self::CardNumber => "card_number",
            Self::StoreCode => "store_code",
            Self::ProductCode => "product_code",
            Self::Quantity => "product_quantity",
            Self::OrderDate => "order_date",
            Self::ShippingDate => "shipping_date",
            Self::DeliveryDate => "delivery_date",
            Self::Note => "note",
        }
    }

    /// Its name on the form.
    pub fn label(self) -> &'static str {
        match self {
            Self::DateUuid => "UUID",
            Self::UserId => "Customer ID",
            Self::CardNumber => "Card number",
            Self::StoreCode => "Store code",
            Self::ProductCode => "Product code",
            Self::Quantity => "Quantity",
            Self::OrderDate => "Order date",
            Self::ShippingDate => "Shipping date",
            Self::DeliveryDate => "Delivery date",
            Self::Note => "Note",
        }
    }
}

/// Why a field is invalid, in the words that a clerk reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// The order needs a store.
    #[error("Enter the store code")]
    StoreMissing,
    /// Two capital letters and eight hexadecimal digits, or the web store.
    #[error("Store code must look like HI-9B97EE4E, or be WEB-1388012W for the web store")]
    StoreFormat,
    /// The order needs a product.
    #[error("Enter the product code")]
    ProductMissing,
    /// A letter, a digit, a hyphen, five to seven digits and a letter.
    #[error("Product code must look like R7-3126933h, with capital and small letters as they are")]
    ProductFormat,
    /// The order needs a quantity.
    #[error("Enter the quantity")]
    QuantityMissing,
    #[error("Quantity must be a whole number, like 4 or 1,000")]
    QuantityNotWhole,
    /// `1.000`, which is one to some readers and to others what is given here.
    #[error("Quantity must be written without a point: is it {}?", grouped(*.0))]
    QuantityPoint(u64),
    /// From 1 to 10,000.
    #[error("Quantity must be from 1 to 10,000")]
    QuantityRange,
    /// The order needs a customer.
    #[error("Enter the customer ID")]
    UserMissing,
    #[error("Customer ID must be a UUID, like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2")]
    UserFormat,
    #[error("UUID must look like 2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2; leave it empty to have one made")]
    DateUuidFormat,
    /// An order's UUID is what its card is sealed to.
    #[error("The UUID of an order cannot be changed")]
    DateUuidFixed,
    /// The order needs a card.
    #[error("Enter the card number")]
    CardMissing,
    /// A card was typed before, and did not come back with the form.
    #[error("Enter the card number again: it did not come back with the form")]
    CardAgain,
    /// It was kept, but that is too long ago.
    #[error("Enter the card number again: it was kept for 15 minutes, and they are over")]
    CardKeptTooLong,
    /// What came back is not the card that this form has kept for this person.
    #[error("Enter the card number again: what came back is not the card that this form has kept")]
    CardNotKept,
    /// Nobody has the key any more that the order's card was sealed with.
    #[error(
        "Enter the card number: the stored one cannot be opened any more, so it cannot go to another customer"
    )]
    CardLost,
    /// Digits, with spaces or hyphens between them at most.
    #[error("Card number must have digits only; spaces and hyphens between them are fine")]
    CardDigits,
    /// 11 to 19 digits.
    #[error("Card number must have 11 to 19 digits; this one has {0}")]
    CardLength(usize),
    /// The brand has other lengths.
    #[error("A {0} card number has {expected} digits; this one has {1}", expected = .0.lengths())]
    CardBrandLength(Brand, usize),
    /// The Luhn formula of ISO/IEC 7812-1.
    #[error("Card number does not pass its check digit: compare it with the card once more")]
    CardCheckDigit,
    /// One digit again and again.
    #[error("Card number must be a card’s own: one digit again and again is a placeholder")]
    CardPlaceholder,
    /// What follows a whole number is a security code, which nobody may keep.
    #[error(
        "The first {1} digits are a whole {0} card number: leave out what follows them, such as a security code"
    )]
    CardSecurityCode(Brand, usize),
    /// The same, where all digits may be one number.
    #[error(
        "The first {own} digits are a card number by themselves: leave out what follows them, such as a security code; \
         or, if all of them stand on the card, confirm that it has {digits} digits"
    )]
    CardAllDigits {
        /// Digits of the shorter number.
        own: usize,
        /// All digits that were typed.
        digits: usize,
    },
    /// The order needs a date.
    #[error("Enter the order date")]
    OrderDateMissing,
    /// A date that cannot be read, or may be two.
    #[error("{} {}", .0.label(), .1)]
    Date(Field, DateError),
    /// Later than the business's clocks show.
    #[error("Order date is in the future: {}", clock(*ordered, *now))]
    OrderDateFuture { ordered: LocalTime, now: Now },
    /// The desk's oldest orders are younger.
    #[error("Order date must be on or after {0}")]
    OrderDateTooOld(Day),
    /// Goods leave after they are ordered.
    #[error("Shipping date must be the same as or after {0}")]
    ShippedBeforeOrdered(Day),
    /// A slip of the year is likelier than a delay of two.
    #[error("Shipping date must be on or before {0}, two years after the order")]
    ShippedTooLate(Day),
    /// Goods arrive after they leave.
    #[error("Delivery date must be the same as or after {0}")]
    DeliveredBeforeShipped(Day),
    /// A slip of the year is likelier than two years on the road.
    #[error("Delivery date must be on or before {0}, two years after shipping")]
    DeliveredTooLate(Day),
    /// What has arrived has left.
    #[error("Enter the shipping date too: what is delivered has been shipped")]
    DeliveredUnshipped,
    /// A remark that is none.
    #[error("{}", .0.words("Note"))]
    Note(NoteError),
    /// A card number in another field would be shown and kept in clear.
    #[error(
        "This looks like a card number, which may stand in its own field only: 11 to 19 digits without a letter \
         between them"
    )]
    CardElsewhere(Field),
}

impl ValidationError {
    /// The field to put right.
    pub fn field(&self) -> Field {
        match self {
            Self::StoreMissing | Self::StoreFormat => Field::StoreCode,
            Self::ProductMissing | Self::ProductFormat => Field::ProductCode,
            Self::QuantityMissing | Self::QuantityNotWhole | Self::QuantityPoint(_) | Self::QuantityRange => {
                Field::Quantity
            }
            Self::UserMissing | Self::UserFormat => Field::UserId,
            Self::DateUuidFormat | Self::DateUuidFixed => Field::DateUuid,
            Self::CardMissing
            | Self::CardAgain
            | Self::CardKeptTooLong
            | Self::CardNotKept
            | Self::CardLost
            | Self::CardDigits
            | Self::CardLength(_)
            | Self::CardBrandLength(..)
            | Self::CardCheckDigit
            | Self::CardPlaceholder
            | Self::CardSecurityCode(..)
            | Self::CardAllDigits { .. } => Field::CardNumber,
            Self::OrderDateMissing | Self::OrderDateFuture { .. } | Self::OrderDateTooOld(_) => {
                Field::OrderDate
            }
            Self::ShippedBeforeOrdered(_) | Self::ShippedTooLate(_) | Self::DeliveredUnshipped => {
                Field::ShippingDate
            }
            Self::DeliveredBeforeShipped(_) | Self::DeliveredTooLate(_) => Field::DeliveryDate,
            Self::Note(_) => Field::Note,
            Self::Date(field, _) | Self::CardElsewhere(field) => *field,
        }
    }
}

/// What the business's clocks show, as far as a moment that is still to come differs from it.
fn clock(to_come: LocalTime, Now { local, zone }: Now) -> String {
    if to_come.day() == local.day() {
        format!("it is {} now in {zone}", local.get().format("%H:%M"))
    } else {
        format!("today is {} in {zone}", local.day())
    }
}

/// All validation errors of a form, in the form's order and at most one a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ValidationError::to_string).collect::<Vec<_>>().join("; "))]
pub struct ValidationErrors(Vec<ValidationError>);

impl ValidationErrors {
    /// Sorts the errors as the form asks; the first of each field stays.
    ///
    /// None if there is no error.
    pub fn collect(errors: &[ValidationError]) -> Option<Self> {
        let in_order: Vec<ValidationError> = Field::ALL
            .iter()
            .filter_map(|&field| errors.iter().find(|error| error.field() == field).cloned())
            .collect();
        (!in_order.is_empty()).then_some(Self(in_order))
    }

    pub fn one(error: ValidationError) -> Self {
        Self(vec![error])
    }

    pub fn all(&self) -> &[ValidationError] {
        &self.0
    }
}
