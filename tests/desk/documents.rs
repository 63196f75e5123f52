//! What documents list is what the program has: settings and commands.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::harness::program::Folder;

const SETTINGS: &str = "docs/configuration.md";
const COMMANDS: &str = "README.md";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A value as the document has it.
fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) if text.is_empty() => "empty".to_owned(),
        toml::Value::String(text) => format!("`{text}`"),
        value => format!("`{value}`"),
    }
}

/// The settings of a profile in `config.toml`, by name.
fn settings(profile: &str) -> BTreeMap<String, toml::Value> {
    let all: toml::Table = toml::from_str(&read("config.toml")).unwrap();
    let mut settings = BTreeMap::new();
    for (section, values) in all[profile].as_table().unwrap() {
        collect(section, values, &mut settings);
    }
    settings
}

fn collect(before: &str, values: &toml::Value, settings: &mut BTreeMap<String, toml::Value>) {
    for (name, value) in values.as_table().unwrap() {
        let name = format!("{before}.{name}");
        if value.is_table() {
            collect(&name, value, settings);
        } else {
            settings.insert(name, value.clone());
        }
    }
}

#[test]
fn every_setting_is_told_with_its_default() {
    let (default, prod) = (settings("default"), settings("prod"));
    assert!(default.len() > 30 && prod.len() > 2 && settings("dev").is_empty());
    let page = read(SETTINGS);
    let told: Vec<_> = page
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((name.to_owned(), rest.split(" | ").next()?.to_owned()))
        })
        .collect();
    let expected = |(name, value): (&String, &toml::Value)| {
        let in_prod = prod.get(name).map(|value| format!("; {} in `prod`", shown(value))).unwrap_or_default();
        (name.clone(), shown(value) + &in_prod)
    };
    for setting in default.iter().map(expected) {
        assert!(told.contains(&setting), "{SETTINGS} has no row {setting:?}");
    }
    for (name, _) in told {
        assert!(default.contains_key(&name), "{SETTINGS}: {name} is no setting");
    }
}

#[test]
fn every_command_is_told() {
    let output = Folder::without_server().orders(&["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    let commands = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<_> = commands.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(commands.len() > 9, "{commands:?}");
    let page = read(COMMANDS);
    for command in commands {
        let is_told =
            page.lines().any(|line| line.starts_with('|') && line.contains(&format!("`orders {command}")));
        assert!(is_told, "{COMMANDS} says nothing about orders {command}");
    }
}

/// The file of the walk's example, which is to be written.
const EXAMPLE: &str = "src/order/reference.rs";

#[test]
fn files_that_the_architecture_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = read("docs/architecture.md");
    let is_path = |text: &&str| {
        text.contains('/') && Path::new(text).extension().is_some_and(|end| end == "rs") && *text != EXAMPLE
    };
    let named: Vec<_> = page.split('`').skip(1).step_by(2).filter(is_path).collect();
    assert!(named.len() > 20, "{named:?}");
    for name in named.into_iter().filter(|name| !name.contains('*')) {
        let is_there = ["", "src", "tests/desk"].iter().any(|folder| root.join(folder).join(name).is_file());
        assert!(is_there, "docs/architecture.md names {name}, which is not there");
    }
}

/// The text of all files below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources(&path),
            Some(end) if end == "rs" => fs::read_to_string(&path).unwrap(),
            _ => String::new(),
        })
        .collect()
}

#[test]
fn tests_that_the_security_page_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = read("docs/security.md");
    let sources = sources(&root.join("tests/desk")) + &sources(&root.join("src"));
    // Long enough to be the name of a test.
    let is_test = |text: &&str| {
        text.matches('_').count() > 3 && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let named: Vec<_> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(
            sources.contains(&format!("fn {name}(")),
            "docs/security.md names {name}, which is not there"
        );
    }
}
