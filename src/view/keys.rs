//! What single keys do.

use serde::Serialize;

use super::PageContext;
use super::nav::Nav;

/// What `keys.html` shows.
#[derive(Serialize)]
pub struct KeysPage {
    nav: Nav,
    title: &'static str,
    keys: Vec<KeyLine>,
}

#[derive(Serialize)]
struct KeyLine {
    key: &'static str,
    does: &'static str,
    /// Whether it is for those alone who may change orders.
    writes: bool,
}

/// As `desk.js` has them.
const KEYS: [(&str, &str); 10] = [
    ("/", "In the list: to the search"),
    ("j", "In the list: to the next order"),
    ("k", "In the list: to the order before"),
    ("Enter", "Opens the order that j and k have led to"),
    ("x", "Ticks it, where orders can be ticked"),
    ("e", "Edits it, or the order that is open"),
    ("s", "Marks it as shipped, or the order that is open on the date that stands there"),
    ("u", "Undoes what the page has just told"),
    ("n", "Adds an order"),
    ("?", "Opens this page"),
];

impl PageContext for KeysPage {
    const TEMPLATE: &'static str = "keys.html";
}

impl KeysPage {
    pub fn new() -> Self {
        let line = |(key, does)| KeyLine { key, does, writes: matches!(key, "x" | "e" | "s" | "u" | "n") };
        let keys = KEYS.into_iter().map(line).collect();
        Self { nav: Nav::keys(), title: "Keys", keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_page_is_one_of_the_script() {
        let script = include_str!("../../assets/static/desk.js");
        let order = include_str!("../../assets/templates/order.html");
        for (key, _) in KEYS.into_iter().filter(|(key, _)| *key != "Enter") {
            let in_script = [format!("    {key}: "), format!("    \"{key}\": ")];
            let on_page = format!("aria-keyshortcuts=\"{key}\"");
            assert!(in_script.iter().any(|text| script.contains(text)) || order.contains(&on_page), "{key}");
        }
    }
}
