//! The rows of the list, filled in without asking Tera for each.
//!
//! A row has nothing but values in fixed places. So Tera renders `list_row.html` once, at the start, with a
//! mark in place of each value, and the text between the marks is kept. Rendering each row through Tera took
//! about a third of a page's time.

use std::collections::BTreeMap;

use serde::Serialize;
use tera::{Context, Tera, escape_html};

/// Values that a row shows, by the names that the template has for them.
pub(super) trait TemplateRow {
    const NAMES: &'static [&'static str];

    /// The values, in the names' order.
    fn values(&self) -> impl AsRef<[&str]>;
}

/// A template cut at its values.
pub(super) struct RowTemplate {
    pieces: Vec<Piece>,
    tail: String,
}

/// Text, and the number of the value after it.
struct Piece {
    text: String,
    value: usize,
}

/// About how many bytes the values of a row have, to reserve as much.
const VALUES: usize = 256;

/// Stands around the number of a value; a character that Tera does not escape and no template holds.
const MARK: char = '\u{1}';

impl RowTemplate {
    /// Cuts a template, whose variables are `row`, and `may_pick`, which all rows have in common.
    pub(super) fn cut<R: TemplateRow>(
        tera: &Tera,
        template: &str,
        may_pick: bool,
    ) -> Result<Self, tera::Error> {
        #[derive(Serialize)]
        struct Marks {
            row: BTreeMap<&'static str, String>,
            may_pick: bool,
        }
        let marks =
            R::NAMES.iter().enumerate().map(|(number, name)| (*name, format!("{MARK}{number}{MARK}")));
        let rendered =
            tera.render(template, &Context::from_serialize(&Marks { row: marks.collect(), may_pick })?)?;
        let mut parts = rendered.split(MARK);
        let mut pieces = Vec::new();
        let mut tail = parts.next().unwrap_or_default().to_owned();
        while let (Some(number), Some(after)) = (parts.next(), parts.next()) {
            let value = number
                .parse()
                .ok()
                .filter(|value| *value < R::NAMES.len())
                .ok_or_else(|| tera::Error::message(format!("{template} changes what a row holds")))?;
            pieces.push(Piece { text: std::mem::replace(&mut tail, after.to_owned()), value });
        }
        Ok(Self { pieces, tail })
    }

    /// Fills in all rows, every value escaped.
    pub(super) fn fill<R: TemplateRow>(&self, rows: &[R]) -> String {
        let texts = self.tail.len() + self.pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
        let mut out = Vec::with_capacity(rows.len() * (texts + VALUES));
        for row in rows {
            let values = row.values();
            for Piece { text, value } in &self.pieces {
                out.extend_from_slice(text.as_bytes());
                let value = values.as_ref().get(*value).copied().unwrap_or_default();
                // Writing to memory does not fail.
                let _ = escape_html(value, &mut out);
            }
            out.extend_from_slice(self.tail.as_bytes());
        }
        // Never lossy: only whole strings went in.
        String::from_utf8(out).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pair(&'static str, &'static str);

    impl TemplateRow for Pair {
        const NAMES: &'static [&'static str] = &["a", "b"];

        fn values(&self) -> impl AsRef<[&str]> {
            [self.0, self.1]
        }
    }

    fn tera(template: &str) -> Tera {
        let mut tera = Tera::new();
        tera.add_raw_template("row.html", template).unwrap();
        tera
    }

    #[test]
    fn a_filled_row_is_what_tera_would_have_rendered() {
        let tera = tera("<p id=\"{{ row.b }}\">{{ row.a }}, {{ row.b }}</p>\n");
        let rows = [Pair("<script>", "2"), Pair("\"&'", ""), Pair("•", "–")];
        let filled = RowTemplate::cut::<Pair>(&tera, "row.html", true).unwrap().fill(&rows);
        let rendered: String = rows
            .iter()
            .map(|Pair(a, b)| {
                let mut context = Context::new();
                context.insert("row", &BTreeMap::from([("a", a), ("b", b)]));
                tera.render("row.html", &context).unwrap()
            })
            .collect();
        assert_eq!(filled, rendered);
    }

    #[test]
    fn a_template_that_does_more_than_print_values_is_refused() {
        assert!(RowTemplate::cut::<Pair>(&tera("{{ row.c }}"), "row.html", true).is_err());
        assert!(
            RowTemplate::cut::<Pair>(&tera("{{ row.a | replace(from=\"0\", to=\"9\") }}"), "row.html", true)
                .is_err()
        );
    }
}
