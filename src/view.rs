//! Pages: the templates, a typed context for each, and the files that they name.
//!
//! Templates get ready-made text; what a status or a date is called is decided here. Imports `auth`,
//! `clock`, `db` and `order`.

use std::sync::Arc;

mod access_words;
mod account;
mod assets;
mod audit;
mod bulk;
mod bulk_question;
mod cancel;
mod changes;
mod conflict;
mod edit;
mod error;
mod exports;
mod facts;
mod form;
mod history;
mod import_preview;
mod imports;
mod job_name;
mod keys;
mod link;
mod list;
mod message;
mod nav;
mod notice;
mod order;
mod people;
mod question;
mod rows;
mod sign_in;
mod text;
mod view_notice;
mod views;
mod visitor;
mod webhooks;

pub use account::{ACCOUNT_URL, AccountNotice, AccountPage};
pub use assets::{Asset, Assets};
pub use audit::{Accesses, AskedAccesses, AuditPage};
pub use bulk::{ActionNotice, Actions, JobPage, JobsPage, job_sentence, unopened_in_words};
pub use bulk_question::{BulkForm, ChoosePage, FirstShown, Preview, PreviewPage};
pub use cancel::CancelPage;
pub use changes::{AskedChanges, BEFORE, ChangesPage, Mistake};
pub use conflict::{Conflict, ConflictPage};
pub use edit::{EditBase, EditPage};
pub use error::ErrorPage;
pub use exports::EXPORTS;
pub use form::{Existing, FormPage, SealedOnForm, TypedForm};
pub use history::cancellation;
pub use import_preview::{ImportPreviewPage, SHOWN_DEFAULTS};
pub use imports::{ImportPage, Imports, ImportsPage, NewImportPage};
pub use job_name::ImportNames;
pub use keys::KeysPage;
pub use list::{FoundList, ListCounts, ListPage, Reading, list_name, list_of_filter};
pub use message::{MessageNotice, span, standing};
pub use notice::{Notice, Told};
pub use order::{OrderPage, SEARCHED};
pub use people::{PEOPLE_URL, PeoplePage, PersonNotice, PersonPage, SomePeople, person_url};
pub use question::QuestionText;
use rust_embed::RustEmbed;
use serde::Serialize;
pub use sign_in::{NoEntry, NoEntryPage, SignInPage, SignOutPage, SignedOutPage};
use tera::{Context, Kwargs, State, Tera, TeraResult};
pub use text::{
    ACTION, IMPORTS_URL, LIST_PATH, actions_url, export_url, import_url, job_export_url, job_url, list_url,
    new_view_url, order_url, views_url,
};
pub use view_notice::ViewNotice;
pub use views::{DeleteViewPage, RenamedView, ViewConflictPage, ViewFormPage, ViewsPage};
pub use visitor::Visitor;
pub use webhooks::{Messages, WEBHOOKS_URL, WebhooksPage};

use crate::order::{ListError, ListQuery};
use list::{OrderLines, RenderedForms};

#[derive(RustEmbed)]
#[folder = "assets/templates/"]
struct Templates;

/// A page: a template and what it shows.
pub trait PageContext: Serialize {
    const TEMPLATE: &'static str;
}

/// The template engine, with every template parsed, and the static files.
pub struct View {
    tera: Tera,
    order_lines: OrderLines,
    filter_forms: RenderedForms,
    assets: Assets,
    has_webhooks: bool,
}

/// A template that cannot be parsed or rendered: a fault of the program.
#[derive(Debug, thiserror::Error)]
#[error("{template}: {source}")]
pub struct ViewError {
    template: String,
    source: tera::Error,
}

impl View {
    pub fn new() -> Result<Self, ViewError> {
        let assets = Assets::new();
        let urls = assets.urls();
        let mut tera = Tera::new();
        tera.register_function("asset", move |args: Kwargs, _: &State| -> TeraResult<String> {
            let name: &str = args.must_get("name")?;
            urls.get(name).cloned().ok_or_else(|| tera::Error::message(format!("there is no asset {name}")))
        });
        let failed = |source| ViewError { template: "assets/templates".to_owned(), source };
        let templates: Vec<(String, String)> = Templates::iter()
            .filter_map(|name| {
                let file = Templates::get(&name)?;
                Some((name.into_owned(), String::from_utf8_lossy(&file.data).into_owned()))
            })
            .collect();
        tera.add_raw_templates(templates).map_err(failed)?;
        let order_lines = OrderLines::cut(&tera).map_err(failed)?;
        Ok(Self { tera, order_lines, filter_forms: RenderedForms::default(), assets, has_webhooks: false })
    }

    /// The same pages, leading to that of webhooks if there are any.
    #[must_use]
    pub fn with_webhooks(self, has_webhooks: bool) -> Self {
        Self { has_webhooks, ..self }
    }

    pub fn render<P: PageContext>(&self, page: &P) -> Result<String, ViewError> {
        let failed = |source| ViewError { template: P::TEMPLATE.to_owned(), source };
        let mut context = Context::from_serialize(page).map_err(failed)?;
        context.insert("version", env!("CARGO_PKG_VERSION"));
        context.insert("has_webhooks", &self.has_webhooks);
        context.insert("visitor", &Visitor::here());
        self.tera.render(P::TEMPLATE, &context).map_err(failed)
    }

    /// The form that filters a list.
    fn filter_form(
        &self,
        list: &ListQuery,
        errors: &[ListError],
        counts: &ListCounts,
    ) -> Result<Arc<str>, ViewError> {
        self.filter_forms
            .render(&self.tera, list, errors, counts)
            .map_err(|source| ViewError { template: "list_filters.html".to_owned(), source })
    }

    pub fn assets(&self) -> &Assets {
        &self.assets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Principal;

    /// Tera refuses what a context lacks, so rendering the samples shows that template and context fit.
    #[test]
    fn every_template_renders_its_samples() {
        fn all<P: PageContext>(samples: &[P], rendered: &mut Vec<&'static str>) {
            let (view, leading) = (View::new().unwrap(), View::new().unwrap().with_webhooks(true));
            for (sample, view) in samples.iter().flat_map(|sample| [(sample, &view), (sample, &leading)]) {
                let page = Visitor::of(&Principal::Desk).sees(|| view.render(sample)).unwrap();
                let footer = page.rsplit("<footer").next().unwrap();
                assert_eq!(footer.contains("href=\"/webhooks\""), view.has_webhooks);
                assert!(
                    page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"),
                    "{page}"
                );
            }
            rendered.push(P::TEMPLATE);
        }
        let mut rendered = Vec::new();
        all(&ListPage::samples(), &mut rendered);
        all(&NewImportPage::samples(), &mut rendered);
        all(&ImportsPage::samples(), &mut rendered);
        all(&ImportPage::samples(), &mut rendered);
        all(&ImportPreviewPage::samples(), &mut rendered);
        all(&[KeysPage::new()], &mut rendered);
        all(&OrderPage::samples(), &mut rendered);
        all(&FormPage::samples(), &mut rendered);
        all(&EditPage::samples(), &mut rendered);
        all(&ConflictPage::samples(), &mut rendered);
        all(&CancelPage::samples(), &mut rendered);
        all(&ChangesPage::samples(), &mut rendered);
        all(&ErrorPage::samples(), &mut rendered);
        all(&JobPage::samples(), &mut rendered);
        all(&JobsPage::samples(), &mut rendered);
        all(&ChoosePage::samples(), &mut rendered);
        all(&PreviewPage::samples(), &mut rendered);
        all(&WebhooksPage::samples(), &mut rendered);
        all(&AuditPage::samples(), &mut rendered);
        all(&ViewsPage::samples(), &mut rendered);
        all(&ViewFormPage::samples(), &mut rendered);
        all(&DeleteViewPage::samples(), &mut rendered);
        all(&ViewConflictPage::samples(), &mut rendered);
        all(&SignInPage::samples(), &mut rendered);
        all(&SignedOutPage::samples(), &mut rendered);
        all(&SignOutPage::samples(), &mut rendered);
        all(&NoEntryPage::samples(), &mut rendered);
        all(&AccountPage::samples(), &mut rendered);
        all(&PeoplePage::samples(), &mut rendered);
        all(&PersonPage::samples(), &mut rendered);
        let parts = [
            "base.html",
            "facts.html",
            "field.html",
            "feed_pager.html",
            "fieldsets.html",
            "history.html",
            "job_head.html",
            "list_controls.html",
            "list_picked.html",
            "action_notice.html",
            "list_filters.html",
            "list_pager.html",
            "list_row.html",
            "mistakes.html",
            "problem.html",
            "wrong_rows.html",
        ];
        for template in Templates::iter() {
            assert!(
                rendered.contains(&&*template) || parts.contains(&&*template),
                "{template} is never rendered"
            );
        }
    }

    #[test]
    fn what_people_type_is_escaped() {
        let view = View::new().unwrap();
        for page in FormPage::samples() {
            let html = view
                .render(&page.with_value(crate::order::Field::StoreCode, "\"><script>x</script>"))
                .unwrap();
            assert!(!html.contains("<script>x"), "{html}");
        }
    }
}
