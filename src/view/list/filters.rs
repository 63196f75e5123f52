//! The form that filters the list.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tera::{Context, Tera};

use super::chips::cleared;
use super::views::ListCounts;
use crate::order::{
    Brand, Condition, Kind, ListError, ListQuery, OrderFilter, Period, Preset, Sort, SortKey, Status,
    WarningFilter, holds_card_number,
};
use crate::view::text::list_url;

/// The form that filters the list: every control has the name of the parameter that it sets.
#[derive(Serialize)]
pub(super) struct FilterForm {
    /// Whether there is something to put right in it.
    is_open: bool,
    statuses: Vec<Choice>,
    warnings: WarningControl,
    brands: Vec<Choice>,
    /// By name.
    texts: Texts,
    periods: Vec<PeriodControls>,
    sorts: Vec<Choice>,
    /// What it hands on beside its controls.
    kept: Vec<(&'static str, String)>,
    clear_url: String,
    status_error: String,
    brand_error: String,
}

/// Forms that were rendered lately. A form has more parts than all else around the table, and is the same on every page of
/// a list.
#[derive(Default)]
pub(in crate::view) struct RenderedForms(Mutex<VecDeque<RenderedForm>>);

struct RenderedForm {
    /// At its first page.
    list: ListQuery,
    counts: ListCounts,
    html: Arc<str>,
}

/// What `list_filters.html` shows.
#[derive(Serialize)]
struct FormTemplate {
    filters: FilterForm,
}

/// More forms than this are not kept; each has about 8 KB.
const MOST_KEPT: usize = 16;

impl RenderedForms {
    /// The form of a list. Its template is `list_filters.html`.
    pub fn render(
        &self,
        tera: &Tera,
        list: &ListQuery,
        errors: &[ListError],
        counts: &ListCounts,
    ) -> Result<Arc<str>, tera::Error> {
        let list = list.on_page(1);
        let is_kept = errors.is_empty();
        if is_kept && let Some(html) = self.find(&list, counts) {
            return Ok(html);
        }
        let form = FormTemplate { filters: FilterForm::new(&list, errors, counts) };
        let html: Arc<str> = tera.render("list_filters.html", &Context::from_serialize(&form)?)?.into();
        if is_kept {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.truncate(MOST_KEPT - 1);
            kept.push_front(RenderedForm { list, counts: counts.clone(), html: Arc::clone(&html) });
        }
        Ok(html)
    }

    fn find(&self, list: &ListQuery, counts: &ListCounts) -> Option<Arc<str>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().find(|form| form.list == *list && form.counts.statuses == counts.statuses)?;
        Some(Arc::clone(&known.html))
    }
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
    /// How many orders it has; nothing where that is not known.
    count: String,
}

/// A field that takes a text.
#[derive(Serialize)]
struct TextControl {
    name: &'static str,
    value: String,
    error: String,
}

#[derive(Serialize)]
struct Texts {
    store: TextControl,
    product: TextControl,
    customer: TextControl,
    uuid: TextControl,
    last4: TextControl,
    quantity_from: TextControl,
    quantity_to: TextControl,
    older_than: TextControl,
    by: TextControl,
}

/// A choice of what nobody has seen.
#[derive(Serialize)]
struct WarningControl {
    kinds: Vec<Choice>,
    /// Further kinds, which a choice cannot show.
    others: Vec<&'static str>,
    error: String,
}

/// The days of one date: a choice of words, or from one day to another.
#[derive(Serialize)]
struct PeriodControls {
    name: &'static str,
    label: &'static str,
    presets: Vec<Choice>,
    /// Further words, which a choice cannot show.
    others: Vec<&'static str>,
    error: String,
    from: TextControl,
    to: TextControl,
}

/// What a list says and what was wrong with what was typed.
#[derive(Clone, Copy)]
struct Typed<'a> {
    filter: &'a OrderFilter,
    errors: &'a [ListError],
}

impl FilterForm {
    pub fn new(list: &ListQuery, errors: &[ListError], counts: &ListCounts) -> Self {
        let typed = Typed { filter: list.filter(), errors };
        let texts = Texts {
            store: typed.texts(Kind::Store),
            product: typed.texts(Kind::Product),
            customer: typed.texts(Kind::Customer),
            uuid: typed.texts(Kind::Uuid),
            last4: typed.texts(Kind::LastFour),
            quantity_from: typed.end(Kind::Quantity, "quantity_from"),
            quantity_to: typed.end(Kind::Quantity, "quantity_to"),
            older_than: typed.texts(Kind::OlderThan),
            by: typed.texts(Kind::ChangedBy),
        };
        let periods = [
            (Kind::Ordered, "ordered_from", "ordered_to"),
            (Kind::Shipped, "shipped_from", "shipped_to"),
            (Kind::Delivered, "delivered_from", "delivered_to"),
        ];
        Self {
            is_open: errors.iter().any(|error| anchor(&error.parameter).is_some()),
            statuses: Status::ALL.map(|status| Choice::of_status(status, typed, counts)).into(),
            warnings: WarningControl::new(typed),
            brands: Brand::ALL.map(|brand| Choice::of_brand(brand, typed)).into(),
            texts,
            periods: periods.map(|(kind, from, to)| PeriodControls::new(typed, kind, from, to)).into(),
            sorts: Choice::sorts(list.sort()),
            kept: kept(list),
            clear_url: list_url(&cleared(list)),
            status_error: typed.error(Kind::Status.name()),
            brand_error: typed.error(Kind::Brand.name()),
        }
    }
}

/// Where the page has the control of a parameter, if it has one.
pub(super) fn anchor(parameter: &str) -> Option<&str> {
    let own_ends = ["quantity_from", "quantity_to"];
    let is_day_end = |name: &str| {
        let name = name.strip_suffix("_from").or_else(|| name.strip_suffix("_to"));
        name.is_some_and(|name| ["ordered", "shipped", "delivered"].contains(&name))
    };
    let is_kind = |name: &str| {
        let hidden = [Kind::SameCardAs, Kind::Quantity];
        Kind::ALL.into_iter().any(|kind| kind.name() == name && !hidden.contains(&kind))
    };
    let has_control = is_kind(parameter) || own_ends.contains(&parameter) || is_day_end(parameter);
    has_control.then_some(parameter)
}

/// What the form hands on of a list beside what its controls say.
fn kept(list: &ListQuery) -> Vec<(&'static str, String)> {
    let names = [Kind::SameCardAs.name(), "view", "per_page"];
    list.on_page(1).parameters().into_iter().filter(|(name, _)| names.contains(name)).collect()
}

impl Choice {
    fn new(value: &str, label: String, is_chosen: bool) -> Self {
        Self { value: value.to_owned(), label, is_chosen, count: String::new() }
    }

    fn of_status(status: Status, typed: Typed<'_>, counts: &ListCounts) -> Self {
        let is_chosen = typed.filter.has(&Condition::Status(status));
        let choice = Self::new(status.name(), status.label().to_owned(), is_chosen);
        Self { count: counts.of_status(status), ..choice }
    }

    fn of_brand(brand: Brand, typed: Typed<'_>) -> Self {
        let condition = Condition::Brand(brand);
        let label = if brand == Brand::Other { "Another" } else { brand.label() };
        Self::new(brand.as_str(), label.to_owned(), typed.filter.has(&condition))
    }

    fn sorts(chosen: Sort) -> Vec<Self> {
        let sorts = SortKey::ALL.into_iter().flat_map(|key| {
            let first = Sort { key, descending: key == SortKey::Ordered };
            [first, first.by(key)]
        });
        sorts
            .map(|sort| {
                Self::new(
                    &sort.parameter(),
                    capitalised(sort.words().trim_start_matches("by ")),
                    sort == chosen,
                )
            })
            .collect()
    }
}

impl WarningControl {
    fn new(typed: Typed<'_>) -> Self {
        let chosen: Vec<WarningFilter> = typed
            .filter
            .of_kind(Kind::Warning)
            .filter_map(|condition| match condition {
                Condition::Warning(filter) => Some(*filter),
                _ => None,
            })
            .collect();
        let first = chosen.first().copied();
        let kinds = WarningFilter::all()
            .map(|kind| Choice::new(kind.name(), capitalised(kind.label()), first == Some(kind)));
        Self {
            kinds: kinds.collect(),
            others: chosen.into_iter().skip(1).map(WarningFilter::name).collect(),
            error: typed.error(Kind::Warning.name()),
        }
    }
}

impl PeriodControls {
    fn new(typed: Typed<'_>, kind: Kind, from: &'static str, to: &'static str) -> Self {
        let presets: Vec<Preset> = typed.filter.of_kind(kind).filter_map(period).filter_map(preset).collect();
        let first = presets.first().copied();
        let choices = Preset::ALL
            .into_iter()
            .map(|preset| Choice::new(preset.name(), capitalised(&preset.words()), first == Some(preset)));
        Self {
            name: kind.name(),
            label: kind.label(),
            presets: choices.collect(),
            others: presets.into_iter().skip(1).map(Preset::name).collect(),
            error: typed.error(kind.name()),
            from: typed.end(kind, from),
            to: typed.end(kind, to),
        }
    }
}

fn period(condition: &Condition) -> Option<Period> {
    match condition {
        Condition::Ordered(period) | Condition::Shipped(period) | Condition::Delivered(period) => {
            Some(*period)
        }
        _ => None,
    }
}

fn preset(period: Period) -> Option<Preset> {
    match period {
        Period::Preset(preset) => Some(preset),
        Period::Days { .. } => None,
    }
}

impl Typed<'_> {
    fn error(self, name: &str) -> String {
        let error = self.errors.iter().find(|error| error.parameter == name);
        error.map(ToString::to_string).unwrap_or_default()
    }

    /// A field for the values of a kind, with commas between them.
    fn texts(self, kind: Kind) -> TextControl {
        let values = self.filter.of_kind(kind).flat_map(Condition::parameters).map(|(_, value)| value);
        self.control(kind.name(), values.collect())
    }

    /// A field for one end of a kind's range.
    fn end(self, kind: Kind, name: &'static str) -> TextControl {
        let ends = self.filter.of_kind(kind).flat_map(Condition::parameters);
        self.control(name, ends.filter(|(one, _)| *one == name).map(|(_, value)| value).collect())
    }

    /// What makes no sense stays where it was typed.
    fn control(self, name: &'static str, mut values: Vec<String>) -> TextControl {
        let wrong = self.errors.iter().filter(|error| error.parameter == name);
        values.extend(wrong.map(|error| error.value.clone()));
        // What may be a card number is not shown (PCI DSS 4.0, requirement 3.4.1).
        values.retain(|value| !value.is_empty() && (is_uuid(value) || !holds_card_number(value)));
        TextControl { name, value: values.join(", "), error: self.error(name) }
    }
}

/// A whole UUID may look as if it held a card number.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::{Now, Timestamp};

    fn form(query: &str) -> FilterForm {
        let now = Now::in_utc(Timestamp::parse("2026-11-29 14:05:00").unwrap());
        let (list, errors) = ListQuery::read(query, now);
        FilterForm::new(&list, &errors, &ListCounts::default())
    }

    #[test]
    fn what_was_typed_stays_with_what_is_wrong_with_it() {
        let form =
            form("store=hi-9b,%3F%3F&quantity_from=many&ordered_from=soon&shipped=last-week&last4=12345");
        assert!(form.is_open);
        let Texts { store, quantity_from, last4, product, .. } = form.texts;
        assert_eq!((store.value.as_str(), store.error.is_empty()), ("HI-9B, ??", false));
        assert_eq!((quantity_from.value.as_str(), quantity_from.error.is_empty()), ("many", false));
        assert_eq!((last4.value.as_str(), last4.error.is_empty()), ("12345", false));
        assert_eq!((product.value.as_str(), product.error.as_str()), ("", ""));
        assert_eq!(form.periods[0].from.value, "soon");
        let chosen: Vec<_> = form.periods[1].presets.iter().filter(|choice| choice.is_chosen).collect();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].value, "last-week");
    }

    #[test]
    fn a_card_number_is_not_shown_again() {
        let form = form(
            "last4=4111111111111111&by=4111111111111111&store=4111111111111111&customer=4111+1111+1111+1111",
        );
        let Texts { last4, by, store, customer, .. } = form.texts;
        for control in [last4, by, store, customer] {
            assert_eq!(control.value, "", "{}", control.name);
        }
    }

    #[test]
    fn further_words_of_a_date_and_the_card_are_handed_on() {
        let form = form(
            "ordered=today&ordered=last-week&same_card_as=7&warning=customer-id&warning=card-length&per_page=50&sort=store&page=3",
        );
        assert_eq!(form.periods[0].others, ["last-week"]);
        assert_eq!(form.warnings.others, ["customer-id"]);
        let chosen = form.warnings.kinds.iter().filter(|kind| kind.is_chosen);
        assert_eq!(chosen.map(|kind| &*kind.value).collect::<Vec<_>>(), ["card-length"]);
        assert_eq!(form.kept, [("same_card_as", "7".to_owned()), ("per_page", "50".to_owned())]);
        let chosen: Vec<_> = form.sorts.iter().filter(|choice| choice.is_chosen).collect();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].label, "Store");
        assert!(!form.is_open);
    }

    #[test]
    fn a_form_is_rendered_once_for_all_pages_of_a_list() {
        let view = crate::view::View::new().unwrap();
        let now = Now::in_utc(Timestamp::parse("2026-11-29 14:05:00").unwrap());
        let rendered = |query: &str, total: u64| {
            let (list, errors) = ListQuery::read(query, now);
            let statuses = [Some(crate::order::Total::Exactly(total)); 4];
            view.filter_form(&list, &errors, &ListCounts { statuses, ..ListCounts::default() }).unwrap()
        };
        let first = rendered("status=shipped", 1);
        assert!(Arc::ptr_eq(&first, &rendered("status=shipped&page=3&after=9", 1)));
        for (query, total) in [
            ("status=shipped", 2),
            ("status=shipped&per_page=50", 1),
            ("", 1),
            ("status=shipped&store=%3F", 1),
        ] {
            assert_ne!(first, rendered(query, total), "{query}");
        }
        for number in 0..100 {
            rendered("", number);
        }
        assert!(view.filter_forms.0.lock().unwrap().len() <= MOST_KEPT);
        assert_eq!(first, rendered("status=shipped", 1));
    }

    #[test]
    fn only_what_has_a_control_is_linked_to() {
        for name in [
            "status",
            "store",
            "last4",
            "ordered",
            "ordered_to",
            "quantity_from",
            "older_than",
            "warning",
            "by",
        ] {
            assert_eq!(anchor(name), Some(name));
        }
        for name in ["", "sort", "same_card_as", "quantity", "page", "colour", "store_from"] {
            assert_eq!(anchor(name), None, "{name}");
        }
    }
}
