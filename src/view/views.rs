//! Own views: all of them, the form of a new one, and the questions about one.

use serde::Serialize;

use super::PageContext;
use super::nav::Nav;
use super::text::{list_url, new_view_url, view_url, views_url};
use super::view_notice::ViewNotice;
use crate::order::{ListQuery, SavedView, ViewId, holds_card_number};

/// What `view_form.html` shows: the name of a view that a list becomes.
#[derive(Serialize)]
pub struct ViewFormPage {
    nav: Nav,
    title: String,
    heading: &'static str,
    /// Which orders the view will show, in words.
    shows: String,
    name: String,
    /// What is wrong with the name.
    name_error: String,
    /// What is wrong with something else.
    problem: &'static str,
    submit_url: String,
    list_url: String,
    /// Where others can be deleted, if there are too many.
    views_url: Option<String>,
}

/// What `views.html` shows.
#[derive(Serialize)]
pub struct ViewsPage {
    nav: Nav,
    title: String,
    notice: String,
    notice_kind: &'static str,
    problem: Option<NameProblem>,
    list_url: String,
    views: Vec<ViewRow>,
}

/// A name that could not be given, and the field that has it.
#[derive(Serialize)]
struct NameProblem {
    anchor: String,
    message: String,
}

/// An own view with all that can be done with it.
#[derive(Serialize)]
struct ViewRow {
    id: i32,
    name: String,
    /// What the field of its name has: it may not be its name.
    typed: String,
    error: String,
    version: i32,
    shows: String,
    url: String,
    rename_url: String,
    move_url: String,
    delete_url: String,
    up: Option<Move>,
    down: Option<Move>,
}

/// Where a button moves a view: behind this one; before all, if it is empty.
#[derive(Serialize)]
struct Move {
    behind: String,
}

/// What was typed as the name of a view, which it did not get.
pub struct RenamedView<'a> {
    pub id: ViewId,
    pub typed: &'a str,
    pub error: &'a str,
}

/// What `view_delete.html` shows.
#[derive(Serialize)]
pub struct DeleteViewPage {
    nav: Nav,
    title: String,
    name: String,
    shows: String,
    view_version: i32,
    problem: &'static str,
    delete_url: String,
    views_url: String,
}

/// What `view_conflict.html` shows: two who save one view at once.
#[derive(Serialize)]
pub struct ViewConflictPage {
    nav: Nav,
    title: String,
    name: String,
    /// Who changed it meanwhile, and when.
    changed: String,
    rows: Vec<ConflictRow>,
    newest: i32,
    save_url: String,
    save_as_new_url: String,
    theirs_url: String,
}

/// What both versions say of the list.
#[derive(Serialize)]
struct ConflictRow {
    name: &'static str,
    theirs: String,
    yours: String,
    differs: bool,
}

impl PageContext for ViewFormPage {
    const TEMPLATE: &'static str = "view_form.html";
}

impl PageContext for ViewsPage {
    const TEMPLATE: &'static str = "views.html";
}

impl PageContext for DeleteViewPage {
    const TEMPLATE: &'static str = "view_delete.html";
}

impl PageContext for ViewConflictPage {
    const TEMPLATE: &'static str = "view_conflict.html";
}

/// Which orders a list has: `Store HI-9B97EE4E, ordered last week`.
fn orders(list: &ListQuery) -> String {
    if list.filter().is_empty() { "All orders".to_owned() } else { list.filter().words() }
}

/// A list in words: its orders, and how they are sorted.
fn words(list: &ListQuery) -> String {
    format!("{}, {}", orders(list), list.sort().words())
}

/// What was typed, as a field has it again: nothing that may be a card number (PCI DSS 4.0, requirement 3.3.1).
fn shown(typed: &str) -> String {
    if holds_card_number(typed) { String::new() } else { typed.to_owned() }
}

impl ViewFormPage {
    pub fn new(list: &ListQuery) -> Self {
        let heading = if list.view().is_some() { "Save as a new view" } else { "Save this view" };
        Self {
            nav: Nav::orders(list),
            title: heading.to_owned(),
            heading,
            shows: words(list),
            name: String::new(),
            name_error: String::new(),
            problem: "",
            submit_url: views_url(list),
            list_url: list_url(list),
            views_url: None,
        }
    }

    /// The form again, with what is wrong with the name.
    #[must_use]
    pub fn with_error(self, typed: &str, error: String) -> Self {
        Self { title: format!("Error: {}", self.title), name: shown(typed), name_error: error, ..self }
    }

    /// The form again, after the desk turned out to have as many views as it may.
    #[must_use]
    pub fn beyond_most(self, typed: &str, list: &ListQuery) -> Self {
        let problem = "The desk has 50 own views, and keeps no more. Nothing was saved. Delete one, then save this one.";
        Self { views_url: Some(views_url(list)), ..self.with_problem(typed, problem) }
    }

    /// The form again, of a list that is too long to be stored.
    #[must_use]
    pub fn too_long(self, typed: &str) -> Self {
        self.with_problem(
            typed,
            "This list has more filters than a view can keep. Nothing was saved. Take some off.",
        )
    }

    fn with_problem(self, typed: &str, problem: &'static str) -> Self {
        Self { title: format!("Error: {}", self.title), name: shown(typed), problem, ..self }
    }
}

impl ViewsPage {
    /// All own views, on the way back to a list.
    pub fn new(views: &[SavedView], list: &ListQuery) -> Self {
        let rows = views.iter().enumerate().map(|(place, view)| {
            let at = |place: usize| views.get(place).map(|view| view.id.to_string());
            let up =
                place.checked_sub(1).map(|before| before.checked_sub(1).and_then(at).unwrap_or_default());
            ViewRow {
                id: view.id.get(),
                name: view.name.as_str().to_owned(),
                typed: view.name.as_str().to_owned(),
                error: String::new(),
                version: view.version,
                shows: words(&view.list),
                url: list_url(&view.own_list()),
                rename_url: view_url(view.id, "/name", list),
                move_url: view_url(view.id, "/move", list),
                delete_url: view_url(view.id, "/delete", list),
                up: up.map(|behind| Move { behind }),
                down: at(place + 1).map(|behind| Move { behind }),
            }
        });
        Self {
            nav: Nav::orders(list),
            title: "Own views".to_owned(),
            notice: String::new(),
            notice_kind: "",
            problem: None,
            list_url: list_url(list),
            views: rows.collect(),
        }
    }

    /// The page that says once what has just been done.
    #[must_use]
    pub fn with_notice(self, notice: ViewNotice, views: &[SavedView]) -> Self {
        let view = views.iter().find(|view| Some(view.id) == notice.view());
        Self { notice: notice.sentence(view.map(|view| &view.name)), notice_kind: notice.kind(), ..self }
    }

    /// The page with what is wrong with a name, at its field.
    #[must_use]
    pub fn with_error(mut self, RenamedView { id, typed, error }: &RenamedView<'_>) -> Self {
        if let Some(row) = self.views.iter_mut().find(|row| row.id == id.get()) {
            (row.typed, row.error) = (shown(typed), (*error).to_owned());
        }
        self.problem = Some(NameProblem { anchor: format!("name-{id}"), message: (*error).to_owned() });
        self.title.insert_str(0, "Error: ");
        self
    }
}

impl DeleteViewPage {
    /// A view in a version, and whether to delete it.
    pub fn new(view: &SavedView, list: &ListQuery) -> Self {
        Self {
            nav: Nav::orders(list),
            title: format!("Delete the view ‘{}’?", view.name),
            name: view.name.as_str().to_owned(),
            shows: words(&view.list),
            view_version: view.version,
            problem: "",
            delete_url: view_url(view.id, "/delete", list),
            views_url: views_url(list),
        }
    }

    /// The same after somebody else has changed the view.
    #[must_use]
    pub fn after_change(self) -> Self {
        Self {
            title: format!("Error: {}", self.title),
            problem: "Somebody has changed this view since you opened this page, so it was not deleted. Look at it as \
                      it is now, then decide again.",
            ..self
        }
    }
}

impl ViewConflictPage {
    /// A view as it is now, and the list that was to be saved as it.
    pub fn new(view: &SavedView, list: &ListQuery) -> Self {
        let row = |name, theirs: String, yours: String| ConflictRow {
            name,
            differs: theirs != yours,
            theirs,
            yours,
        };
        let sorted = |list: &ListQuery| list.sort().words().to_owned();
        Self {
            nav: Nav::orders(list),
            title: format!("Error: View ‘{}’ was changed meanwhile", view.name),
            name: view.name.as_str().to_owned(),
            changed: format!("{}, {} UTC", view.updated_by.words(), view.updated_at.minutes()),
            rows: vec![
                row("Orders", orders(&view.list), orders(list)),
                row("Sorted", sorted(&view.list), sorted(list)),
            ],
            newest: view.version,
            save_url: view_url(view.id, "", list),
            save_as_new_url: new_view_url(list),
            theirs_url: list_url(&view.own_list().showing(1, list.page().per_page)),
        }
    }
}

#[cfg(test)]
pub(super) fn sample_views() -> Vec<SavedView> {
    use crate::order::{Actor, Timestamp, ViewName};
    let view = |id, name: &str, query: &str| SavedView {
        id: ViewId::new(id).unwrap(),
        name: ViewName::parse(name).unwrap(),
        list: ListQuery::parse(query),
        version: 1,
        updated_at: Timestamp::parse("2026-11-29 08:00:00").unwrap(),
        updated_by: Actor::Desk,
    };
    vec![view(1, "Web store, to ship", "status=to-ship&store=WEB&sort=ordered"), view(2, "<b>&", "store=HI")]
}

#[cfg(test)]
impl ViewFormPage {
    pub(super) fn samples() -> Vec<Self> {
        use crate::order::ViewName;
        let list = ListQuery::parse("store=HI&view=1");
        let error = ViewName::parse("").unwrap_err().to_string();
        vec![
            Self::new(&list.outside_views()),
            Self::new(&list).with_error("<b>", error),
            Self::new(&list).beyond_most("One", &list),
            Self::new(&list).too_long("4111 1111 1111 1111"),
        ]
    }
}

#[cfg(test)]
impl ViewsPage {
    pub(super) fn samples() -> Vec<Self> {
        let (views, list) = (sample_views(), ListQuery::default());
        let id = views[1].id;
        vec![
            Self::new(&[], &list),
            Self::new(&views, &list).with_notice(ViewNotice::Moved(id), &views),
            Self::new(&views, &list).with_error(&RenamedView { id, typed: "a\"", error: "Enter another" }),
        ]
    }
}

#[cfg(test)]
impl DeleteViewPage {
    pub(super) fn samples() -> Vec<Self> {
        let list = ListQuery::default();
        sample_views()
            .iter()
            .flat_map(|view| [Self::new(view, &list), Self::new(view, &list).after_change()])
            .collect()
    }
}

#[cfg(test)]
impl ViewConflictPage {
    pub(super) fn samples() -> Vec<Self> {
        let list = ListQuery::parse("store=DE&view=1");
        sample_views().iter().map(|view| Self::new(view, &list)).collect()
    }
}
