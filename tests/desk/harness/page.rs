//! What a page says, found by the marks that people and assistive technology go by.

/// The text of a page.
#[derive(Clone, Copy)]
pub struct Page<'a>(&'a str);

impl<'a> Page<'a> {
    pub fn new(html: &'a str) -> Self {
        Self(html)
    }

    /// All of it.
    pub fn raw(&self) -> &'a str {
        self.0
    }

    pub fn says(&self, text: &str) -> bool {
        self.0.contains(text)
    }

    /// What stands between two marks, the first time.
    pub fn between(&self, before: &str, after: &str) -> Option<&'a str> {
        let (_, rest) = self.0.split_once(before)?;
        rest.split_once(after).map(|(text, _)| text)
    }

    pub fn title(&self) -> &'a str {
        self.between("<title>", "</title>").unwrap_or_default()
    }

    /// Where the link of a name leads; none if there is no such link, or it is disabled.
    pub fn link(&self, name: &str) -> Option<String> {
        let (before, _) = self.0.split_once(&format!(">{name}</a>"))?;
        let (_, tag) = before.rsplit_once("<a ")?;
        Page(tag).between("href=\"", "\"").map(unescaped)
    }

    /// What all links say, without tags, and where they lead.
    pub fn links(&self) -> Vec<(String, String)> {
        let links = self.0.split("<a ").skip(1).filter_map(|rest| rest.split_once("</a>"));
        let link = |(link, _): (&str, &str)| {
            let url = Page(link.split('>').next()?).between("href=\"", "\"").map(unescaped)?;
            Some((without_tags(&format!("<a {link}")), url))
        };
        links.filter_map(link).collect()
    }

    /// The names of the links that take a filter off, and where they lead.
    pub fn chips(&self) -> Vec<(String, String)> {
        let Some(list) = self.between("<ul class=\"chips\"", "</ul>") else { return Vec::new() };
        let links = list.split("<a ").skip(1).map(Page);
        let chip = |link: Page<'_>| {
            let name = link.between("aria-label=\"", "\"").expect("a name");
            (name.to_owned(), unescaped(link.between("href=\"", "\"").expect("a link")))
        };
        links.map(chip).collect()
    }

    /// The numbers of the orders in the list.
    pub fn numbers(&self) -> Vec<i64> {
        let rows = self.0.split("<tr id=\"order-").skip(1);
        rows.map(|row| row.split('"').next().unwrap().parse().unwrap()).collect()
    }

    /// The cells of an order's row in the list, without tags.
    pub fn cells(&self, number: i64) -> Vec<String> {
        let row = self.between(&format!("<tr id=\"order-{number}\">"), "</tr>").expect("a row");
        // The box to tick says nothing.
        let cells = row.split("<t").skip(1).filter(|cell| !cell.starts_with("d data-field=\"pick\""));
        cells.map(|cell| without_tags(&format!("<t{cell}"))).collect()
    }

    /// The value of an input.
    pub fn value(&self, name: &str) -> &'a str {
        let (_, rest) = self.0.split_once(&format!("name=\"{name}\"")).expect("a field");
        let tag = rest.split('>').next().unwrap();
        Page(tag).between("value=\"", "\"").expect("a value")
    }

    /// Where the page's form is sent to.
    pub fn action(&self) -> String {
        self.between("method=\"post\" action=\"", "\"").expect("a form").replace("&amp;", "&")
    }

    /// Where all forms are posted to.
    pub fn actions(&self) -> Vec<String> {
        let forms = self.0.split("method=\"post\" action=\"").skip(1);
        forms.map(|form| unescaped(form.split('"').next().unwrap())).collect()
    }

    /// What the page's form sends, with some fields changed or added; without buttons.
    pub fn form(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let form = self.between("method=\"post\"", "</form>").expect("a form");
        let inputs = form.split("<input ").skip(1).map(|rest| Page(rest.split('>').next().unwrap()));
        let own = |text: &str| text.to_owned();
        let mut fields: Vec<(String, String)> = inputs
            .map(|tag| {
                let value = tag.between("value=\"", "\"").expect("a value");
                (
                    own(tag.between("name=\"", "\"").expect("a name")),
                    value.replace("&#x2F;", "/").replace("&#x27;", "'"),
                )
            })
            .collect();
        for (name, value) in changes {
            match fields.iter_mut().find(|field| field.0 == *name) {
                Some(field) => field.1 = own(value),
                None => fields.push((own(name), own(value))),
            }
        }
        fields
    }

    /// The items of the history, newest first, each without tags.
    pub fn history(&self) -> Vec<String> {
        let list = self.between("<ol class=\"history\">", "</ol>").expect("a history");
        list.split("<li><b>").skip(1).map(|item| without_tags(item).replace('\n', "; ")).collect()
    }

    /// The fields that the summary of mistakes links to, with its words.
    pub fn summary(&self) -> Vec<(&'a str, &'a str)> {
        let Some(list) = self.between("id=\"problem\"", "</div>") else { return Vec::new() };
        list.split("<a href=\"#")
            .skip(1)
            .map(|entry| {
                let (field, rest) = entry.split_once("\">").unwrap();
                (field, rest.split_once("</a>").unwrap().0)
            })
            .collect()
    }

    /// The words beside a field that has to be put right.
    pub fn mistake(&self, field: &str) -> Option<String> {
        self.between(&format!("<p class=\"error\" id=\"{field}-error\">"), "</p>").map(without_tags)
    }

    /// What a fact of a definition list is.
    pub fn fact(&self, name: &str) -> String {
        let (_, rest) = self.0.split_once(&format!("<dt>{name}</dt>")).expect("a fact");
        without_tags(rest.split("</dd>").next().unwrap())
    }
}

fn unescaped(url: &str) -> String {
    url.replace("&amp;", "&").replace("&#x2F;", "/")
}

fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.trim().to_owned()
}
