//! The list that somebody looks at, as URLs say it.

use std::borrow::Cow;

use super::{PageRequest, PerPage};

/// Which orders somebody looks at, and in which pages.
///
/// Every page hands it on, so that the way back leads to the list that somebody came from. A new parameter is a
/// field here, a line in [`ListQuery::parse`] and one in `all`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    page: PageRequest,
}

impl ListQuery {
    /// Reads a URL's query string; anything leads to some list.
    ///
    /// Of a name that comes twice the first counts. Names that no parameter has say nothing.
    pub fn parse(query: &str) -> Self {
        let given = Given::of(query);
        Self { page: PageRequest::parse(given.first("page"), given.first("per_page")) }
    }

    /// The page that is asked for; it may lie beyond the last.
    pub fn page(&self) -> PageRequest {
        self.page
    }

    /// The same list at another page, counted from 1.
    #[must_use]
    pub fn on_page(&self, page: u64) -> Self {
        Self { page: PageRequest { page, ..self.page } }
    }

    /// The same list in pages of another size, at the one that shows a place, counted from 1.
    #[must_use]
    pub fn showing(&self, position: u64, per_page: PerPage) -> Self {
        Self { page: PageRequest::showing(position, per_page) }
    }

    /// The canonical query string: parameters in a fixed order, without those at their defaults.
    pub fn write(&self) -> String {
        // Never fails: these are pairs of texts.
        serde_urlencoded::to_string(self.parameters()).unwrap_or_default()
    }

    /// What the canonical query string says, by name.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let pairs = self.all().into_iter().zip(Self::default().all());
        pairs.filter(|(this, default)| this != default).map(|(this, _)| this).collect()
    }

    /// Whether a query string spells every parameter that it has as this one would; it may have defaults, too.
    pub fn is_spelled_by(&self, query: &str) -> bool {
        let given = Given::of(query);
        self.all().iter().all(|(name, value)| given.first(name).is_none_or(|text| text == value))
    }

    /// Every parameter with its value, defaults too, in the order in which they are written.
    fn all(&self) -> [(&'static str, String); 2] {
        let PageRequest { page, per_page } = self.page;
        [("page", page.to_string()), ("per_page", per_page.get().to_string())]
    }
}

/// The parameters that a query string has, decoded.
struct Given<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Given<'a> {
    fn of(query: &'a str) -> Self {
        Self(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| &**value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::Field;

    fn any_list() -> impl Strategy<Value = ListQuery> {
        (1..=u64::MAX, 0..PerPage::ALL.len())
            .prop_map(|(page, size)| ListQuery { page: PageRequest { page, per_page: PerPage::ALL[size] } })
    }

    /// Query strings with names that the list knows and others, and values that make sense or do not.
    fn any_query() -> impl Strategy<Value = String> {
        let pair = ("page|per_page|sort|\\PC{0,3}", "[0-9]{1,22}|-?[0-9.e]{0,6}|%[0-9a-f]{2}|\\PC{0,6}");
        proptest::collection::vec(pair.prop_map(|(name, value)| format!("{name}={value}")), 0..5)
            .prop_map(|pairs| pairs.join("&"))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_list(list in any_list()) {
            prop_assert_eq!(ListQuery::parse(&list.write()), list);
        }

        #[test]
        fn a_list_is_written_in_one_way(query in any_query()) {
            let list = ListQuery::parse(&query);
            let written = list.write();
            prop_assert_eq!(ListQuery::parse(&written).write(), written.clone());
            prop_assert!(list.is_spelled_by(&written));
        }

        #[test]
        fn only_equal_lists_are_written_alike(one in any_list(), other in any_list()) {
            prop_assert_eq!(one.write() == other.write(), one == other);
        }

        #[test]
        fn a_page_and_a_size_are_changed_alone(list in any_list(), page in 1..=u64::MAX, position in 1..1_u64 << 60) {
            prop_assert_eq!(list.on_page(page).on_page(list.page().page), list.clone());
            let PageRequest { page, per_page } = list.showing(position, PerPage::Fifty).page();
            prop_assert_eq!(per_page, PerPage::Fifty);
            prop_assert!(page * 50 >= position && (page - 1) * 50 < position);
        }
    }

    #[test]
    fn defaults_are_left_out() {
        for (query, written) in [
            ("", ""),
            ("page=1", ""),
            ("per_page=25&page=2", "page=2"),
            ("per_page=50&page=2", "page=2&per_page=50"),
            ("per_page=50", "per_page=50"),
            ("page=2&page=3&unknown=1", "page=2"),
            ("page=%32", "page=2"),
        ] {
            assert_eq!(ListQuery::parse(query).write(), written, "{query}");
        }
    }

    #[test]
    fn other_spellings_are_told_from_the_canonical_one() {
        for (query, same) in [
            ("", true),
            ("page=1&per_page=25", true),
            ("page=%31", true),
            ("page=01", false),
            ("per_page=9", false),
        ] {
            assert_eq!(ListQuery::parse(query).is_spelled_by(query), same, "{query}");
        }
    }

    /// The form for a new order takes both from one URL.
    #[test]
    fn no_parameter_has_the_name_of_a_field() {
        for (name, _) in ListQuery::default().all() {
            assert!(Field::ALL.iter().all(|field| field.name() != name), "{name}");
        }
    }
}
