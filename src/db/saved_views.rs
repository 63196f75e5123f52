//! Changes of own views, and what comes of them.
//!
//! Each names the version that it saw: a view that has another one by now stays as it is.

use crate::order::{Actor, ListQuery, SavedView, Timestamp, ViewId, ViewName};

/// A list that becomes a view.
#[derive(Debug, Clone)]
pub struct InsertView {
    pub name: ViewName,
    /// Filter and sort alone are kept.
    pub list: ListQuery,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
}

/// What came of a new view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewInserted {
    /// It is there, behind all others.
    Added(ViewId),
    /// It was there before, with this name and this list.
    Known(ViewId),
    /// Nothing was stored: another list has the name, perhaps in other letters.
    NameTaken(ViewName),
    /// Nothing was stored: there are [`SavedView::MOST`].
    TooMany,
}

/// A change of a view.
#[derive(Debug, Clone)]
pub struct UpdateView {
    pub id: ViewId,
    /// The version that is changed.
    pub seen: i32,
    pub change: ViewChange,
    pub by: Actor,
    /// When, in UTC.
    pub at: Timestamp,
}

/// What of a view is changed.
#[derive(Debug, Clone)]
pub enum ViewChange {
    Name(ViewName),
    /// Filter and sort alone are kept.
    List(ListQuery),
}

/// What came of a change or a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewUpdated {
    /// It is as was wanted, whether this made it so or somebody else.
    Done,
    /// Nothing was done: another view has the name, perhaps in other letters.
    NameTaken(ViewName),
    /// Nothing was done: somebody has changed it since that version. This is what it is now.
    Conflict(SavedView),
    /// Nothing was done: there is no such view any more.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, SqliteOptions};

    struct Desk {
        db: Db,
        _folder: tempfile::TempDir,
    }

    fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteOptions::in_folder(folder.path(), 1).open().unwrap();
        Desk { db, _folder: folder }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn insertion(name: &str, query: &str) -> InsertView {
        InsertView {
            name: ViewName::parse(name).unwrap(),
            list: ListQuery::parse(query),
            by: Actor::Desk,
            at: at("2026-11-29 08:00:00"),
        }
    }

    /// On SQL Server a write runs again where the answer to its COMMIT was lost.
    #[tokio::test(flavor = "multi_thread")]
    async fn whatever_runs_twice_is_done_once() {
        let Desk { db, _folder } = &desk();
        let (one, two) = (insertion("One", "store=HI"), insertion("Two", "store=DE"));
        let added = db.insert_view(one.clone()).await.unwrap();
        let ViewInserted::Added(id) = added else { panic!("{added:?}") };
        assert_eq!(db.insert_view(one.clone()).await.unwrap(), added);
        let added = db.insert_view(two).await.unwrap();
        let ViewInserted::Added(other) = added else { panic!("{added:?}") };
        let later = InsertView { at: at("2026-11-29 08:00:01"), ..one };
        assert_eq!(db.insert_view(later.clone()).await.unwrap(), ViewInserted::Known(id), "another request");
        let taken = InsertView { list: ListQuery::default(), ..later };
        assert!(matches!(db.insert_view(taken).await.unwrap(), ViewInserted::NameTaken(_)));

        let change = ViewChange::List(ListQuery::parse("store=WEB&page=7"));
        let update = UpdateView { id, seen: 1, change, by: Actor::Desk, at: at("2026-11-29 09:00:00") };
        for _ in 0..2 {
            assert_eq!(db.update_view(update.clone()).await.unwrap(), ViewUpdated::Done);
            assert!(db.move_view(id, Some(other)).await.unwrap());
        }
        let views = db.list_views().await.unwrap();
        let told: Vec<_> = views.iter().map(|view| (view.id, view.list.write(), view.version)).collect();
        assert_eq!(told, [(other, "store=DE".to_owned(), 1), (id, "store=WEB-1388012W".to_owned(), 2)]);
        let stale = UpdateView { change: ViewChange::List(ListQuery::default()), ..update };
        let conflict = db.update_view(stale).await.unwrap();
        assert_eq!(conflict, ViewUpdated::Conflict(views[1].clone()));

        assert_eq!(db.delete_view(id, 1).await.unwrap(), ViewUpdated::Conflict(views[1].clone()));
        for _ in 0..2 {
            assert_eq!(db.delete_view(id, 2).await.unwrap(), ViewUpdated::Done);
        }
        assert_eq!(db.list_views().await.unwrap(), views[..1]);
    }
}
