use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

/// The first version that says since which one a program may work with it.
const COMPATIBILITY: &str = "2026-11-23-000001_compatibility";

/// Names and scripts of a dialect, oldest first, as the repository has them.
fn scripts(dialect: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path.join("up.sql")).unwrap())
        })
        .collect();
    all.sort();
    all
}

fn script(dialect: &str, end: &str) -> String {
    scripts(dialect).into_iter().find(|(name, _)| name.ends_with(end)).unwrap().1
}

/// The statements of a script in capitals, one space between words, without comments.
fn statements(script: &str) -> Vec<String> {
    let lines = script.lines().map(|line| line.split("--").next().unwrap());
    let text = lines.map(|line| if line.trim().eq_ignore_ascii_case("go") { ";" } else { line });
    let text = text.collect::<Vec<_>>().join(" ").to_uppercase();
    let words = |statement: &str| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split(';').map(words).filter(|statement| !statement.is_empty()).collect()
}

/// Whether a program that does not know of it goes on as before.
///
/// A new table or index, what a desk may do with it, a column that may be left out, a default: anything else takes an argument, and a row in
/// `schema_compatibility` has it. An index that is unique may refuse what the older program writes.
fn only_adds(statement: &str) -> bool {
    if [
        "CREATE TABLE ",
        "CREATE INDEX ",
        "CREATE NONCLUSTERED INDEX ",
        "IF DATABASE_PRINCIPAL_ID('ORDERS_DESK') IS NOT NULL GRANT ",
    ]
    .iter()
    .any(|one| statement.starts_with(one))
    {
        return true;
    }
    let Some((table, added)) =
        statement.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD "))
    else {
        return false;
    };
    if table.contains(' ') {
        return false;
    }
    let words: Vec<&str> = added.split(' ').collect();
    match words[0] {
        "CONSTRAINT" => words.get(2).is_some_and(|kind| kind.starts_with("DEFAULT")),
        "CHECK" | "UNIQUE" | "PRIMARY" | "FOREIGN" => false,
        // A table's rule behind the column, or a column that has to be named.
        _ => {
            let has = |word: &str| words.contains(&word);
            !has("UNIQUE") && (!added.contains("NOT NULL") || added.contains("DEFAULT"))
        }
    }
}

/// What a script says of the programs that may work with it: its own version, and the oldest program's.
fn said(script: &str) -> Option<(String, String)> {
    let start = "INSERT INTO SCHEMA_COMPATIBILITY (MIGRATION, WORKS_WITH) VALUES (";
    let values = statements(script).into_iter().find_map(|one| one.strip_prefix(start).map(str::to_owned))?;
    let (migration, works_with) = values.trim_end_matches(')').split_once(", ")?;
    Some((migration.to_owned(), works_with.to_owned()))
}

#[test]
fn both_databases_have_the_same_versions() {
    let names = |dialect: &str| scripts(dialect).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("mssql"), names("sqlite"));
    assert_eq!(sql_server().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), names("mssql"));
}

#[test]
fn every_version_since_then_only_adds_or_says_who_may_work_with_it() {
    for dialect in ["sqlite", "mssql"] {
        let all = scripts(dialect);
        let versions: BTreeSet<String> = all.iter().map(|(name, _)| version(name)).collect();
        for (name, script) in all.iter().filter(|(name, _)| name.as_str() >= COMPATIBILITY) {
            if let Some((migration, works_with)) = said(script) {
                assert_eq!(migration, version(name), "{dialect}/{name} speaks of another version");
                assert!(versions.contains(&works_with) && works_with <= migration, "{dialect}/{name}");
            } else {
                let other = statements(script).into_iter().find(|one| !only_adds(one));
                assert_eq!(other, None, "{dialect}/{name} does more than add: see docs/deployment.md");
            }
        }
    }
}

#[test]
fn both_databases_say_the_same_of_each_version() {
    let all = |dialect: &str| scripts(dialect).iter().map(|(_, script)| said(script)).collect::<Vec<_>>();
    assert_eq!(all("mssql"), all("sqlite"));
    assert_eq!(all("sqlite").into_iter().flatten().next().unwrap().0, version(COMPATIBILITY));
}

#[test]
fn what_only_adds_is_known_from_what_takes_away() {
    for dialect in ["sqlite", "mssql"] {
        for (end, expected) in [("_changes", true), ("_outbox", true), ("_card_keys", false)] {
            let statements = statements(&script(dialect, end));
            assert_eq!(statements.iter().all(|one| only_adds(one)), expected, "{dialect} {statements:#?}");
        }
    }
    for sql in [
        "DROP TABLE orders",
        "ALTER TABLE orders DROP COLUMN flags",
        "ALTER TABLE orders RENAME COLUMN flags TO marks",
        "ALTER TABLE orders ALTER COLUMN flags INT NOT NULL",
        "ALTER TABLE orders ADD note TEXT NOT NULL",
        "ALTER TABLE orders ADD CONSTRAINT one CHECK (flags > 0)",
        "ALTER TABLE orders ADD CONSTRAINT one UNIQUE (flags)",
        "ALTER TABLE orders ADD CHECK (flags > 0)",
        "ALTER TABLE orders ADD note TEXT UNIQUE",
        "CREATE UNIQUE INDEX one ON orders (flags)",
        "CREATE TRIGGER one ON orders AFTER INSERT AS THROW 50001, 'no', 1",
        "EXEC sp_rename 'orders', 'old_orders'",
        "UPDATE orders SET flags = 0",
        "DELETE FROM orders",
    ] {
        assert!(!statements(sql).iter().all(|one| only_adds(one)), "{sql}");
    }
    for sql in [
        "-- DROP TABLE orders;\nCREATE TABLE notes (id INT NOT NULL);\ncreate index one\n  on notes (id);",
        "ALTER TABLE orders ADD COLUMN note TEXT CHECK (length(note) < 9)",
        "ALTER TABLE orders ADD note INT NOT NULL CONSTRAINT orders_note DEFAULT 0\nGO\n",
        "ALTER TABLE orders ADD CONSTRAINT orders_flags DEFAULT 0 FOR flags",
    ] {
        assert!(statements(sql).iter().all(|one| only_adds(one)), "{sql}");
    }
}

#[test]
fn a_database_may_lack_versions_and_have_others() {
    let known = ["2026-11-01-000001_orders", "2026-11-02-000001_card_keys"].map(str::to_owned);
    let plan = |applied: &[&str]| {
        let applied: Vec<String> = applied.iter().map(|one| (*one).to_owned()).collect();
        let Plan { pending, unknown } = Plan::new(&known, &applied);
        (pending, unknown)
    };
    assert_eq!(plan(&[]), (known.to_vec(), vec![]));
    // As Diesel's bookkeeping writes them, and as the dialect's does.
    for applied in [["20261101000001", "20261102000001"], [&known[0], &known[1]]] {
        assert_eq!(plan(&applied), (vec![], vec![]));
    }
    let newer = ["20261101000001", "20991231000001"];
    assert_eq!(plan(&newer), (vec![known[1].clone()], vec!["20991231000001".to_owned()]));
}

#[test]
fn a_newer_schema_says_who_may_work_with_it() {
    let known = ["2026-11-01-000001_orders", "2026-11-02-000001_card_keys"].map(str::to_owned);
    for (since, expected) in [
        (Some(20_261_101_000_001), true),
        (Some(20_261_102_000_001), true),
        (Some(20_261_102_000_002), false),
        (Some(20_991_231_000_001), false),
        (None, false),
    ] {
        assert_eq!(is_compatible(&known, since), expected, "{since:?}");
    }
    assert!(!is_compatible(&[], Some(1)));
}
