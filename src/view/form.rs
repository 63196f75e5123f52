//! The form for an order.

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::nav::Nav;
use super::question::QuestionText;
use super::text::{list_url, order_url, orders_url};
use crate::clock::Clock;
use crate::order::{
    CardSummary, Confirmed, Field, KeptCard, ListQuery, LocalTime, NoteError, OrderForm, OrderNumber,
    RecentCodes, ValidationError, ValidationErrors, counted,
};

/// What `new.html` shows.
#[derive(Serialize)]
pub struct FormPage {
    nav: Nav,
    title: &'static str,
    orders_url: String,
    list_url: String,
    /// What there is to know of it; empty if nothing.
    note: &'static str,
    /// What is asked before it is added, and under which heading.
    questions: Vec<QuestionText>,
    questions_title: String,
    #[serde(flatten)]
    form: FormContext,
}

/// What `fieldsets.html` and `problem.html` show: the fields of an order, and what is wrong with them.
#[derive(Serialize)]
pub(super) struct FormContext {
    errors: Vec<Mistake>,
    has_errors: bool,
    problem: &'static str,
    existing: Option<Existing>,
    submission: String,
    confirmed: String,
    fields: Fields,
    /// The field that has the focus when the page opens; none where something else has it.
    focus: &'static str,
    kept_card: Option<KeptField>,
    card_hint: String,
    card_digits: Option<CardDigits>,
    /// The box that says that the note holds no card number, and whether it is ticked; none where nobody asks.
    note_box: Option<bool>,
    stores: Vec<String>,
    products: Vec<String>,
    today: String,
    timezone: &'static str,
}

/// A card that the form keeps, in place of its field.
#[derive(Serialize)]
struct KeptField {
    sealed: String,
    card: String,
    until: String,
}

impl KeptField {
    fn new(SealedOnForm { sealed, card, until }: &SealedOnForm) -> Self {
        let until = until.get().format("%H:%M").to_string();
        Self { sealed: sealed.clone(), card: card.to_string(), until }
    }
}

/// A validation error, linked to its field.
#[derive(Serialize)]
struct Mistake {
    field: &'static str,
    message: String,
}

/// Every field with what was typed into it and what is wrong with that.
#[derive(Serialize)]
struct Fields {
    date_uuid: Entered,
    user_id: Entered,
    card_number: Entered,
    store_code: Entered,
    product_code: Entered,
    product_quantity: Entered,
    order_date: Entered,
    shipping_date: Entered,
    delivery_date: Entered,
    note: Entered,
}

/// The box that says how many digits the card has, where fewer would do.
#[derive(Serialize)]
struct CardDigits {
    digits: usize,
    is_confirmed: bool,
}

impl CardDigits {
    fn new(order_form: &OrderForm, errors: &[ValidationError]) -> Option<Self> {
        let asked = errors.iter().find_map(|error| match error {
            ValidationError::CardAllDigits { digits, .. } => {
                Some(Self { digits: *digits, is_confirmed: false })
            }
            _ => None,
        });
        // Where the number is typed again, it need not be confirmed again.
        let confirmed = || order_form.confirmed_card_digits().filter(|digits| *digits > 0);
        asked.or_else(|| confirmed().map(|digits| Self { digits, is_confirmed: true }))
    }
}

/// Whether the box about the note is ticked; none where nobody asks.
fn note_box(order_form: &OrderForm, errors: &[ValidationError]) -> Option<bool> {
    let is_asked = errors.contains(&ValidationError::Note(NoteError::LongNumber));
    (is_asked || order_form.is_note_confirmed()).then_some(order_form.is_note_confirmed())
}

/// What stands in a field, and what is wrong with it.
#[derive(Serialize, Default)]
pub(super) struct Entered {
    pub(super) value: String,
    pub(super) error: String,
}

/// The order that has the UUID and customer of the one that was to be added.
#[derive(Serialize)]
pub struct Existing {
    number: i64,
    url: String,
    #[serde(skip)]
    problem: &'static str,
    #[serde(skip)]
    is_of_this_form: bool,
}

impl Existing {
    fn new(number: OrderNumber, list: &ListQuery, problem: &'static str, is_of_this_form: bool) -> Self {
        Self { number: number.get(), url: order_url(number, list), problem, is_of_this_form }
    }

    pub fn with_this_key(number: OrderNumber, list: &ListQuery) -> Self {
        let problem = "An order with this customer and UUID exists already. Nothing was added. Change the UUID if \
                       this is another order.";
        Self::new(number, list, problem, false)
    }

    /// The UUID was the form's own.
    pub fn added_by_this_form(number: OrderNumber, list: &ListQuery) -> Self {
        let problem = "This form has added an order before, with other details. Nothing was added now. To add \
                       another order, send the form.";
        Self::new(number, list, problem, true)
    }

    /// The customer was changed to one whose order has the same UUID.
    pub fn with_this_customer(number: OrderNumber, list: &ListQuery) -> Self {
        let problem =
            "Another order has the same UUID and this customer. Nothing was changed. Put the customer right.";
        Self::new(number, list, problem, false)
    }

    /// Whether the form itself added the order.
    pub fn is_of_this_form(&self) -> bool {
        self.is_of_this_form
    }
}

/// What somebody typed, and the form that it was typed into.
pub struct TypedForm<'a> {
    pub order_form: &'a OrderForm,
    /// The form, by which a second sending is known.
    pub submission: Uuid,
    /// The card that was right, on its way to the next sending.
    pub kept: Option<SealedOnForm>,
    /// What the next sending says yes to.
    pub confirmed: Confirmed,
}

/// A card that a form keeps, sealed to it.
#[derive(Debug, Clone)]
pub struct SealedOnForm {
    sealed: String,
    card: CardSummary,
    /// By the business's clocks.
    until: LocalTime,
}

impl SealedOnForm {
    pub fn new(sealed: String, kept: &KeptCard, clock: Clock) -> Self {
        Self { sealed, card: kept.card.summary(), until: clock.local_at(kept.until) }
    }

    /// The text that comes back.
    pub(super) fn into_text(self) -> String {
        self.sealed
    }
}

impl<'a> TypedForm<'a> {
    /// A form that begins.
    pub fn new(order_form: &'a OrderForm, submission: Uuid) -> Self {
        Self { order_form, submission, kept: None, confirmed: Confirmed::default() }
    }
}

impl PageContext for FormPage {
    const TEMPLATE: &'static str = "new.html";
}

impl FormPage {
    /// The form with what has been typed so far; codes are suggested.
    pub fn new(list: &ListQuery, typed: &TypedForm<'_>, codes: &RecentCodes, clock: Clock) -> Self {
        Self::with(list, "Add an order", FormContext::new(typed, codes, clock, &[]).focused())
    }

    /// The form as it was filled in before the session ended.
    pub fn waited(list: &ListQuery, typed: &TypedForm<'_>, codes: &RecentCodes, clock: Clock) -> Self {
        let note = "Not added yet: this is what you had typed before your session ended. Enter the card number, which is \
                    kept nowhere, then add the order.";
        Self { note, ..Self::new(list, typed, codes, clock) }
    }

    /// The form with what is asked before its order is added.
    pub fn asked(
        list: &ListQuery,
        typed: &TypedForm<'_>,
        questions: Vec<QuestionText>,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        let title = match questions.len() {
            1 => "One question before it is added".to_owned(),
            several => format!("{} before it is added", counted(several as u64, "question")),
        };
        let form = FormContext::new(typed, codes, clock, &[]);
        let page = Self::with(list, "Question: Add an order", form);
        Self { questions, questions_title: title, ..page }
    }

    /// The form with its validation errors.
    pub fn with_errors(
        list: &ListQuery,
        typed: &TypedForm<'_>,
        errors: &ValidationErrors,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        Self::with(list, "Error: Add an order", FormContext::new(typed, codes, clock, errors.all()))
    }

    /// The form after its order turned out to exist.
    pub fn taken(
        list: &ListQuery,
        typed: &TypedForm<'_>,
        existing: Existing,
        codes: &RecentCodes,
        clock: Clock,
    ) -> Self {
        let form = FormContext::new(typed, codes, clock, &[]);
        Self::with(list, "Error: Add an order", form.taken(existing))
    }

    /// The form after the order could not be stored, for a reason that is not the clerk's.
    pub fn not_stored(list: &ListQuery, typed: &TypedForm<'_>, problem: &'static str, clock: Clock) -> Self {
        let form = FormContext::new(typed, &RecentCodes::default(), clock, &[]);
        Self::with(list, "Error: Add an order", form.stopped(problem))
    }

    fn with(list: &ListQuery, title: &'static str, form: FormContext) -> Self {
        Self {
            nav: Nav::new_order(list),
            title,
            orders_url: orders_url(list),
            list_url: list_url(list),
            note: "",
            questions: Vec::new(),
            questions_title: String::new(),
            form,
        }
    }
}

impl FormContext {
    pub(super) fn new(
        typed: &TypedForm<'_>,
        codes: &RecentCodes,
        clock: Clock,
        errors: &[ValidationError],
    ) -> Self {
        Self {
            errors: errors
                .iter()
                .map(|error| Mistake { field: error.field().name(), message: error.to_string() })
                .collect(),
            has_errors: !errors.is_empty(),
            problem: "",
            existing: None,
            submission: typed.submission.to_string(),
            confirmed: typed.confirmed.to_string(),
            fields: Fields::new(typed.order_form, errors),
            focus: "",
            kept_card: typed.kept.as_ref().map(KeptField::new),
            card_hint: match &typed.kept {
                Some(kept) => format!("Leave empty to keep {}", kept.card),
                None => "Spaces and hyphens are fine".to_owned(),
            },
            card_digits: CardDigits::new(typed.order_form, errors).filter(|_| typed.kept.is_none()),
            note_box: note_box(typed.order_form, errors),
            stores: codes.stores.iter().map(ToString::to_string).collect(),
            products: codes.products.iter().map(ToString::to_string).collect(),
            today: clock.local().day().iso(),
            timezone: clock.zone_name(),
        }
    }

    /// With a link to the order that has the key.
    pub(super) fn taken(self, existing: Existing) -> Self {
        Self { problem: existing.problem, existing: Some(existing), ..self }
    }

    /// With a reason that lies in no field.
    pub(super) fn stopped(self, problem: &'static str) -> Self {
        Self { problem, ..self }
    }

    /// For an order that has a card already.
    pub(super) fn keeping(self, card: CardSummary) -> Self {
        match self.kept_card {
            Some(_) => self,
            None => Self { card_hint: format!("Leave empty to keep {card}"), ..self },
        }
    }

    /// With the focus on the first field that has to be filled in.
    fn focused(self) -> Self {
        let is_empty = |(_, entered): &(Field, &Entered)| entered.value.is_empty();
        let focus = self.fields.needed().into_iter().find(is_empty).map_or("", |(field, _)| field.name());
        Self { focus, ..self }
    }
}

impl Fields {
    fn new(order_form: &OrderForm, errors: &[ValidationError]) -> Self {
        let field = |field: Field| Entered {
            value: order_form.shown(field).to_owned(),
            error: errors
                .iter()
                .find(|error| error.field() == field)
                .map(ValidationError::to_string)
                .unwrap_or_default(),
        };
        Self {
            date_uuid: field(Field::DateUuid),
            user_id: field(Field::UserId),
            card_number: field(Field::CardNumber),
            store_code: field(Field::StoreCode),
            product_code: field(Field::ProductCode),
            product_quantity: field(Field::Quantity),
            order_date: field(Field::OrderDate),
            shipping_date: field(Field::ShippingDate),
            delivery_date: field(Field::DeliveryDate),
            note: field(Field::Note),
        }
    }
}

impl Fields {
    /// Those that every order needs, in the form's order.
    fn needed(&self) -> [(Field, &Entered); 6] {
        [
            (Field::OrderDate, &self.order_date),
            (Field::StoreCode, &self.store_code),
            (Field::ProductCode, &self.product_code),
            (Field::Quantity, &self.product_quantity),
            (Field::UserId, &self.user_id),
            (Field::CardNumber, &self.card_number),
        ]
    }
}

#[cfg(test)]
impl SealedOnForm {
    pub(super) fn sample() -> Self {
        let (order, at) = crate::order::Order::sample();
        let until = LocalTime::new(at.get());
        Self { sealed: "c2VhbGVk".to_owned(), card: order.card, until }
    }
}

#[cfg(test)]
impl FormPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::{DateUuid, NewOrder};
        let clock = Clock::new(chrono_tz::UTC);
        let order_form = OrderForm::default();
        let typed = TypedForm::new(&order_form, Uuid::nil());
        let keeping = TypedForm {
            kept: Some(SealedOnForm::sample()),
            confirmed: Confirmed::parse("order-7"),
            ..TypedForm::new(&order_form, Uuid::nil())
        };
        let errors = NewOrder::parse(&order_form, DateUuid::from(Uuid::nil()), clock.now()).unwrap_err();
        let (codes, list) = (RecentCodes::default(), ListQuery::default());
        let number = OrderNumber::new(7).unwrap();
        vec![
            Self::new(&list, &typed, &codes, clock),
            Self::waited(&list, &typed, &codes, clock),
            Self::with_errors(&list, &typed, &errors, &codes, clock),
            Self::taken(&list, &typed, Existing::with_this_key(number, &list), &codes, clock),
            Self::taken(&list, &typed, Existing::added_by_this_form(number, &list), &codes, clock),
            Self::not_stored(&list, &typed, "The disk is full.", clock),
            Self::with_errors(&list, &keeping, &errors, &codes, clock),
            Self::asked(&list, &keeping, QuestionText::samples(), &codes, clock),
            Self::with_errors(
                &list,
                &typed,
                &ValidationErrors::one(ValidationError::CardAllDigits { own: 16, digits: 19 }),
                &codes,
                clock,
            ),
            Self::with_errors(
                &list,
                &typed,
                &ValidationErrors::one(ValidationError::Note(NoteError::LongNumber)),
                &codes,
                clock,
            ),
        ]
    }

    pub(super) fn with_value(mut self, field: Field, value: &str) -> Self {
        assert_eq!(field, Field::StoreCode);
        value.clone_into(&mut self.form.fields.store_code.value);
        self.form.stores = vec![value.to_owned()];
        self
    }
}
