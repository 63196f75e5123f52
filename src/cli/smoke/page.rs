//! The text of a page, as far as a look at it needs: tags with their attributes, and what stands between two marks.

/// A page of a desk, or something that may be one.
#[derive(Clone, Copy)]
pub(super) struct HtmlPage<'a>(&'a str);

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    attributes: &'a str,
}

impl<'a> HtmlPage<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Its start tags, from the first to the last.
    pub(super) fn tags(self) -> impl Iterator<Item = Tag<'a>> {
        self.0.split('<').skip(1).filter_map(Tag::read)
    }

    /// What stands between two marks, the first time.
    pub(super) fn between(self, before: &str, after: &str) -> Option<&'a str> {
        let (_, rest) = self.0.split_once(before)?;
        rest.split_once(after).map(|(text, _)| text)
    }

    /// Its title, without spaces around it.
    pub(super) fn title(self) -> &'a str {
        self.between("<title>", "</title>").unwrap_or_default().trim()
    }

    /// Its main heading.
    pub(super) fn heading(self) -> &'a str {
        self.between("<h1>", "</h1>").unwrap_or_default().trim()
    }

    pub(super) fn has(self, text: &str) -> bool {
        self.0.contains(text)
    }

    pub(super) fn has_id(self, id: &str) -> bool {
        self.tags().any(|tag| tag.attribute("id") == Some(id))
    }

    /// What stands in a form's field.
    pub(super) fn value(self, field: &str) -> Option<&'a str> {
        self.tags()
            .find(|tag| tag.name == "input" && tag.attribute("name") == Some(field))?
            .attribute("value")
    }
}

impl<'a> Tag<'a> {
    /// Reads what stands behind a `<`. No value of a desk's page has a bare `<` or `"` in it.
    fn read(text: &'a str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let mut is_quoted = false;
        let is_end = |c: char| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        };
        let attributes = rest.split(is_end).next()?;
        (!name.is_empty()).then_some(Self { name, attributes })
    }

    /// The value of an attribute, as it is written.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            let (before, behind) = rest.split_once("=\"")?;
            let (value, next) = behind.split_once('"')?;
            if before.rsplit(char::is_whitespace).next() == Some(name) {
                return Some(value);
            }
            rest = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html><title>Orders</title><!-- <a href=\"/no\"> -->\
        <h1> List </h1><a href=\"/orders/1?a=1\" title=\"more > less\">1</a>\n<input name=\"card\" value=\"\" hidden>";

    #[test]
    fn tags_have_names_and_attributes() {
        let page = HtmlPage::new(PAGE);
        let link = page.tags().find(|tag| tag.attribute("title").is_some()).unwrap();
        assert_eq!((link.name, link.attribute("href")), ("a", Some("/orders/1?a=1")));
        assert_eq!((link.attribute("title"), link.attribute("ref")), (Some("more > less"), None));
        assert_eq!((page.title(), page.heading()), ("Orders", "List"));
        assert_eq!((page.value("card"), page.value("store")), (Some(""), None));
    }

    #[test]
    fn what_is_no_page_is_read_all_the_same() {
        for text in ["", "<", "<<<>", "<a", "<a href=\"", "<a href=\"x", "< a>", "\u{0}<é=\"\">", "a=\"b"] {
            let page = HtmlPage::new(text);
            assert!(page.tags().all(|tag| tag.attribute("href").is_none()), "{text}");
            assert_eq!((page.title(), page.heading(), page.has_id("x")), ("", "", false));
        }
    }
}
