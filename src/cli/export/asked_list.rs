//! Which orders are to be exported.

use anyhow::bail;

use super::ExportArguments;
use crate::clock::Clock;
use crate::db::Db;
use crate::order::{ListQuery, View, ViewName};

/// A list, and what it is called.
pub(super) struct AskedList {
    pub(super) list: ListQuery,
    pub(super) name: String,
}

impl AskedList {
    /// What the command line asks for; all orders, if it asks for none in particular.
    pub(super) async fn find(
        db: &Db,
        arguments: &ExportArguments,
        clock: Clock,
        late_days: u16,
    ) -> anyhow::Result<Self> {
        match (&arguments.view, &arguments.query) {
            (Some(view), _) => Self::view(db, view, late_days).await,
            (None, Some(query)) => Self::query(query, clock),
            (None, None) => Ok(Self { list: ListQuery::default(), name: "all orders".to_owned() }),
        }
    }

    /// A view by its name, whatever the case.
    async fn view(db: &Db, asked: &str, late_days: u16) -> anyhow::Result<Self> {
        let key = |name: &str| ViewName::stored(name.trim()).key();
        let built_in = View::ALL.into_iter().map(|view| (view.label().to_owned(), view.list(late_days)));
        let own = db.list_views().await?.into_iter().map(|view| (view.name.to_string(), view.list));
        let mut views: Vec<(String, ListQuery)> = built_in.chain(own).collect();
        if let Some(place) = views.iter().position(|(name, _)| key(name) == key(asked)) {
            let (name, list) = views.swap_remove(place);
            return Ok(Self { list, name });
        }
        let names: Vec<String> = views.into_iter().map(|(name, _)| name).collect();
        bail!("there is no view {:?}. There are: {}", ViewName::stored(asked).as_str(), names.join(", "))
    }

    /// A query string, or the address of a list.
    fn query(asked: &str, clock: Clock) -> anyhow::Result<Self> {
        let query = asked.rsplit_once('?').map_or(asked, |(_, query)| query);
        let (list, errors) = ListQuery::read(query, clock.now());
        if let Some(error) = errors.first() {
            bail!("--query is not understood, and nothing was exported: {error}");
        }
        let list = list.filter_and_sort();
        let name = if list.filter().is_empty() { "all orders".to_owned() } else { list.filter().words() };
        Ok(Self { list, name })
    }
}
