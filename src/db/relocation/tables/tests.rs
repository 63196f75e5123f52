//! The list of what is moved, held against the tables that migrations make in both databases.

use std::collections::BTreeMap;

use diesel::sql_types::{Integer, Text};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};
use diesel_migrations::MigrationHarness;

use super::*;
use crate::db::migrations::{SQLITE, sql_server};

/// Columns by their tables: the type, whether it is of the primary key, and whether the database counts it up.
type Tables = BTreeMap<String, BTreeMap<String, Found>>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    sql_type: String,
    is_key: bool,
    is_numbered: bool,
}

/// What is not moved, and why.
const LEFT: [(&str, &str); 7] = [
    ("sessions", "everybody signs in anew"),
    ("sign_ins", "whoever is signing in begins again"),
    ("relocations", "says what came to this database"),
    ("warning_kinds", "migrations fill it"),
    ("schema_compatibility", "migrations fill it"),
    ("counted_by_writer", "has rows within a transaction only"),
    ("__diesel_schema_migrations", "names the migrations that this database has had"),
];

/// Columns that one of the databases has alone, for work of its own.
const OWN_COLUMNS: [(&str, &str); 1] = [("kept_counts", "session_id")];

fn of_sqlite() -> Tables {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        called: String,
        #[diesel(sql_type = Text)]
        sql_type: String,
        #[diesel(sql_type = Integer)]
        place_in_key: i32,
        #[diesel(sql_type = Integer)]
        is_numbered: i32,
    }
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    conn.run_pending_migrations(SQLITE).unwrap();
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT t.name AS table_name, c.name AS called, c.type AS sql_type, c.pk AS place_in_key, \
         t.sql LIKE '% AUTOINCREMENT%' AND c.pk = 1 AS is_numbered \
         FROM sqlite_master AS t JOIN pragma_table_xinfo(t.name) AS c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
    )
    .load(&mut conn)
    .unwrap();
    let mut tables = Tables::new();
    for Column { table_name, called, sql_type, place_in_key, is_numbered } in columns {
        let found = Found { sql_type, is_key: place_in_key > 0, is_numbered: is_numbered == 1 };
        tables.entry(table_name).or_default().insert(called, found);
    }
    tables
}

/// The columns that scripts for a server make, as their texts say it. They drop none.
fn of_sql_server() -> Tables {
    let mut tables = Tables::new();
    for (name, script) in sql_server() {
        let text: String = script
            .lines()
            .filter(|line| !line.trim().eq_ignore_ascii_case("go"))
            .map(|line| line.split("--").next().unwrap().to_owned() + "\n")
            .collect();
        assert!(!text.contains("DROP COLUMN") && !text.contains("DROP TABLE"), "{name} takes something away");
        for made in text.split("CREATE TABLE ").skip(1) {
            let (table, rest) = made.split_once('(').unwrap();
            let table = table.trim();
            if table.starts_with(['#', '@']) {
                continue;
            }
            for item in items(rest) {
                add(tables.entry(table.to_owned()).or_default(), &item);
            }
        }
        for added in text.split("ALTER TABLE ").skip(1) {
            let statement = added.split(';').next().unwrap();
            let Some((table, column)) = statement.split_once(" ADD ") else { continue };
            if !column.starts_with("CONSTRAINT") {
                add(tables.entry(table.trim().to_owned()).or_default(), column);
            }
        }
    }
    tables
}

/// What stands between the commas of a bracket that was opened, until it closes.
fn items(text: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for char in text.chars() {
        match char {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(char);
    }
    items
}

fn add(columns: &mut BTreeMap<String, Found>, definition: &str) {
    let words: Vec<&str> = definition.split_whitespace().collect();
    if words[0] == "CONSTRAINT" {
        if let Some((_, key)) = definition.split_once("PRIMARY KEY (") {
            for name in key.split(')').next().unwrap().split(',') {
                columns.get_mut(name.trim()).unwrap().is_key = true;
            }
        }
        return;
    }
    let found = Found {
        sql_type: words[1].split('(').next().unwrap().to_owned(),
        is_key: definition.contains("PRIMARY KEY"),
        is_numbered: words[2].starts_with("IDENTITY"),
    };
    assert!(columns.insert(words[0].to_owned(), found).is_none(), "twice: {definition}");
}

/// What the list says of the tables, in the words of a database.
fn listed(sql_type: fn(Kind) -> &'static str) -> Tables {
    let column = |table: &Table, nth: usize, column: &Column| {
        let is_key = nth < table.key;
        let is_numbered = nth == 0 && table.is_numbered;
        (column.name.to_owned(), Found { sql_type: sql_type(column.kind).to_owned(), is_key, is_numbered })
    };
    TABLES
        .iter()
        .map(|table| {
            let columns = table.columns.iter().enumerate();
            (table.name.to_owned(), columns.map(|(nth, one)| column(table, nth, one)).collect())
        })
        .collect()
}

fn assert_all_is_moved(mut found: Tables, listed: &Tables, database: &str) {
    for (table, _) in LEFT {
        found.remove(table);
    }
    for (table, column) in OWN_COLUMNS {
        found.get_mut(table).unwrap().remove(column);
    }
    for (table, columns) in &found {
        assert_eq!(
            listed.get(table),
            Some(columns),
            "{database}: the table {table} that migrations make is not the one that is moved. Add what is new to \
             relocation/tables.rs, or say why it stays behind"
        );
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), listed.keys().collect::<Vec<_>>());
}

#[test]
fn every_table_and_column_of_a_file_is_moved_or_left_for_a_reason() {
    let listed = listed(|kind| match kind {
        Kind::Small | Kind::Integer | Kind::Big => "INTEGER",
        Kind::Text | Kind::Time => "TEXT",
        Kind::Bytes => "BLOB",
    });
    assert_all_is_moved(of_sqlite(), &listed, "SQLite");
}

#[test]
fn every_table_and_column_of_a_server_is_moved_or_left_for_a_reason() {
    let listed = listed(|kind| match kind {
        Kind::Small => "SMALLINT",
        Kind::Integer => "INT",
        Kind::Big => "BIGINT",
        Kind::Text => "NVARCHAR",
        Kind::Time => "DATETIME2",
        Kind::Bytes => "VARBINARY",
    });
    assert_all_is_moved(of_sql_server(), &listed, "SQL Server");
}

#[test]
fn what_stays_behind_and_gives_numbers_goes_on_with_them() {
    let numbered = of_sqlite().into_iter().filter(|(_, columns)| columns.values().any(|one| one.is_numbered));
    let of_moved = TABLES.iter().filter(|table| table.is_numbered).map(|table| table.name);
    let mut known: Vec<_> = of_moved.chain(NUMBERED_AND_LEFT).collect();
    known.sort_unstable();
    assert_eq!(numbered.map(|(name, _)| name).collect::<Vec<_>>(), known);
}

/// Rows are stored in this order while the database looks at references.
#[test]
fn tables_come_behind_those_that_they_refer_to() {
    for (nth, table) in TABLES.iter().enumerate() {
        for (_, script) in sql_server() {
            let made = script.split(&format!("CREATE TABLE {} (", table.name)).nth(1);
            let references = made.map(|text| text.split(");").next().unwrap().split("REFERENCES ").skip(1));
            for reference in references.into_iter().flatten() {
                let name = reference.split(' ').next().unwrap();
                assert!(TABLES.iter().take(nth).any(|before| before.name == name), "{}: {name}", table.name);
            }
        }
    }
}
