//! What makes no sense in a list's URL or form, in words that say what to type instead.

use std::fmt;

use super::{
    Brand, DateError, Kind, OrderFilter, Preset, Quantity, SortKey, Status, ValidationError, WarningFilter,
    holds_card_number,
};

/// A parameter of a list that was left out, since it makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListError {
    /// Its name, which its control has, too.
    pub parameter: String,
    /// What was typed; nothing, where that may be a card number (PCI DSS 4.0, requirement 3.4.1).
    pub value: String,
    /// What is wrong with it.
    pub problem: ListProblem,
}

/// What is wrong with a parameter of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListProblem {
    /// The list has no such parameter.
    Unknown,
    /// It is none of the kind's values.
    Value(Kind),
    Date(DateError),
    /// The last day or the highest quantity is below the first.
    Backwards,
    Quantity(ValidationError),
    Sort,
    /// More conditions than a filter may have.
    TooMany,
}

impl ListError {
    pub(super) fn new(parameter: &str, value: &str, problem: ListProblem) -> Self {
        let shown = |text: &str| if holds_card_number(text) { String::new() } else { text.to_owned() };
        Self { parameter: shown(parameter), value: shown(value), problem }
    }
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, problem, .. } = self;
        match problem {
            ListProblem::Unknown if parameter.is_empty() => {
                f.write_str("One parameter is none that the list has")
            }
            ListProblem::Unknown => {
                write!(f, "The list has no parameter “{parameter}”: it shows what it would without")
            }
            ListProblem::Value(kind) => f.write_str(&sentence(*kind)),
            ListProblem::Date(error) => write!(f, "{} {error}", label(parameter)),
            ListProblem::Backwards => write!(f, "{} must not be less than where it begins", label(parameter)),
            ListProblem::Quantity(_) => {
                write!(
                    f,
                    "{} must be a whole number from 1 to {}",
                    label(parameter),
                    super::grouped(Quantity::MAX.unsigned_abs().into())
                )
            }
            ListProblem::Sort => {
                let names: Vec<&str> = SortKey::ALL.into_iter().map(SortKey::name).collect();
                write!(
                    f,
                    "Sort must be one of {}, with a minus before it for the other way round",
                    names.join(", ")
                )
            }
            ListProblem::TooMany => {
                write!(f, "A list has at most {} filters: some were left out", OrderFilter::MAX)
            }
        }
    }
}

/// What a value of a kind has to be.
pub(super) fn sentence(kind: Kind) -> String {
    let listed = |names: Vec<&str>| names.join(", ");
    match kind {
        Kind::Status => format!("Status must be one of {}", listed(Status::ALL.map(Status::name).into())),
        Kind::Store => "Store must be a code or what it begins with, like HI-9B97EE4E or HI-9B".to_owned(),
        Kind::Product => {
            "Product must be a code or what it begins with, like R7-3126933h or R7-31".to_owned()
        }
        Kind::Customer | Kind::Uuid => {
            format!("{} must be a UUID or at least the first 6 characters of one", kind.label())
        }
        Kind::Ordered | Kind::Shipped | Kind::Delivered => {
            format!("{} must be one of {}", kind.label(), listed(Preset::ALL.map(Preset::name).into()))
        }
        Kind::Quantity => "Quantity must be a whole number".to_owned(),
        Kind::Brand => format!("Brand must be one of {}", listed(Brand::ALL.map(Brand::as_str).into())),
        Kind::LastFour => "Last four digits must be four digits".to_owned(),
        Kind::SameCardAs => "Same card as must be the number of an order".to_owned(),
        Kind::OlderThan => "To ship for more than must be a number of days from 0 to 9999".to_owned(),
        Kind::Warning => {
            format!(
                "To check must be one of {}",
                listed(WarningFilter::all().map(WarningFilter::name).collect())
            )
        }
        Kind::ChangedBy => "Changed by must be a name of at most 200 characters".to_owned(),
        Kind::Import => "Import must be the number of an import".to_owned(),
    }
}

/// What a form calls a parameter, at the start of a sentence.
fn label(parameter: &str) -> String {
    let (name, end) = match (parameter.strip_suffix("_from"), parameter.strip_suffix("_to")) {
        (Some(name), _) => (name, " (from)"),
        (_, Some(name)) => (name, " (to)"),
        _ => (parameter, ""),
    };
    let label = Kind::ALL.into_iter().find(|kind| kind.name() == name).map_or("It", Kind::label);
    format!("{label}{end}")
}
