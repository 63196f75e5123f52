//! The desk's database, past the desk: SQLite's file, or a database on a server.

use rusqlite::types::ValueRef;

use crate::harness::server_database::Session;
use crate::harness::stored::Stored;

/// For looking into it, or for getting in the desk's way.
pub enum Database {
    Sqlite(rusqlite::Connection),
    Server(Box<Session>),
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    pub fn number(self) -> i64 {
        match self {
            Self::Number(number) => number,
            other => panic!("no number: {other:?}"),
        }
    }

    pub fn text(self) -> String {
        self.text_or_none().expect("a text")
    }

    pub fn text_or_none(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null => None,
            other => panic!("no text: {other:?}"),
        }
    }
}

impl Database {
    /// The orders and what counts them.
    pub fn stored(&mut self) -> Stored {
        Stored::read(self)
    }

    pub fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).unwrap(),
            Self::Server(session) => session.execute(sql),
        }
    }

    pub fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        match self {
            Self::Sqlite(connection) => rows_of(connection, sql),
            Self::Server(session) => session.rows(sql),
        }
    }

    /// The numbers of a query with one column.
    pub fn numbers(&mut self, sql: &str) -> Vec<i64> {
        self.rows(sql).into_iter().flatten().map(Value::number).collect()
    }

    /// The number of a query with one row and one column.
    pub fn number(&mut self, sql: &str) -> i64 {
        let [number] = self.numbers(sql)[..] else { panic!("{sql} gives no number") };
        number
    }

    pub fn tables(&mut self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_schema WHERE type = 'table'",
            Self::Server(_) => "SELECT name FROM sys.tables",
        };
        self.rows(sql).into_iter().flatten().map(Value::text).collect()
    }

    pub fn rename_table(&mut self, from: &str, to: &str) {
        let sql = match self {
            Self::Sqlite(_) => format!("ALTER TABLE {from} RENAME TO {to}"),
            Self::Server(_) => format!("EXEC sp_rename '{from}', '{to}', 'OBJECT'"),
        };
        self.execute(&sql);
    }

    /// Makes it look like one that a later program has migrated.
    pub fn add_migration(&mut self, version: &str) {
        let column = match self {
            Self::Sqlite(_) => "__diesel_schema_migrations (version)",
            Self::Server(_) => "schema_migrations (name)",
        };
        self.execute(&format!("INSERT INTO {column} VALUES ('{version}')"));
    }

    /// The newest migration that a database has had, as a number.
    pub fn newest_migration(&mut self) -> i64 {
        let sql = match self {
            Self::Sqlite(_) => "SELECT max(version) FROM __diesel_schema_migrations",
            Self::Server(_) => "SELECT MAX(name) FROM schema_migrations",
        };
        let name = self.rows(sql).remove(0).remove(0).text();
        name.split('_').next().unwrap().replace('-', "").parse().unwrap()
    }

    /// What a migration that takes something away says of the programs that may work with the schema from then on.
    pub fn limit_to(&mut self, migration: i64, works_with: i64) {
        self.execute(&format!(
            "INSERT INTO schema_compatibility (migration, works_with) VALUES ({migration}, {works_with})"
        ));
    }
}

fn rows_of(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get_ref(at).map(value)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Number(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.to_vec()).unwrap()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(number) => panic!("no column holds fractions: {number}"),
    }
}

/// `PRAGMA integrity_check`.
pub fn verdict(database: &rusqlite::Connection) -> String {
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
