//! What operators are told of metrics and alerts: rules, dashboard and manual speak of what the program shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::program::Desk;

const RULES: &str = "terraform/modules/monitoring/rules/orders.yaml";
const DASHBOARD: &str = "terraform/modules/monitoring/dashboards/orders.json";
const MANUAL: &str = "docs/operations.md";

/// Labels that are added where the metrics are read.
const OF_THE_SCRAPE: [&str; 2] = ["namespace", "pod"];

/// A desk that is not asked for over TLS has no certificate to tell of.
const CERTIFICATE: &str = "orders_certificate_expiry_timestamp_seconds";

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Labels of a metric, each with the values that were seen.
type Labels = BTreeMap<String, BTreeSet<String>>;

/// What the program shows: metrics by name, with their labels.
fn shown(desk: &Desk) -> BTreeMap<String, Labels> {
    let mut shown = BTreeMap::from([(CERTIFICATE.to_owned(), Labels::new())]);
    for line in desk.get("/metrics").text().lines().filter(|line| !line.starts_with('#')) {
        let series = line.rsplit_once(' ').unwrap().0;
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let known = shown.entry(name.to_owned()).or_default();
        for (label, _, value) in matchers(labels.trim_end_matches('}')) {
            known.entry(label).or_default().insert(value);
        }
    }
    shown
}

/// `name="value"`, `name!~"value"` and so on, between commas; no value has one.
fn matchers(text: &str) -> Vec<(String, String, String)> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (left, value) = part.split_once('"').unwrap_or_else(|| panic!("{part} has no value"));
            let name = left.trim_end_matches(['=', '!', '~']);
            (name.to_owned(), left[name.len()..].to_owned(), value.trim_end_matches('"').to_owned())
        })
        .collect()
}

/// Every mention of a metric of the desk, but for remarks: its name, and its matchers where it has some.
fn mentions(text: &str) -> Vec<(String, String)> {
    let text: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let text = text.join("\n");
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for start in ["orders_", "process_"] {
        for (at, _) in text.match_indices(start) {
            let begins = !text[..at].ends_with(is_of_a_name);
            let rest = &text[at..];
            let end = rest.find(|c| !is_of_a_name(c)).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            let labels = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
            if begins {
                found.push((name.to_owned(), labels.map_or("", |(labels, _)| labels).to_owned()));
            }
        }
    }
    found
}

/// The dashboard's expressions with quotes as Prometheus reads them.
fn dashboard() -> String {
    read(DASHBOARD).replace("\\\"", "\"")
}

#[test]
fn rules_and_dashboard_name_what_the_program_shows() {
    let desk = Desk::open();
    let shown = shown(&desk);
    for (file, text) in [(RULES, read(RULES)), (DASHBOARD, dashboard())] {
        let mentioned = mentions(&text);
        assert!(mentioned.len() > 20, "{file} mentions {mentioned:?}");
        for (name, labels) in mentioned {
            let known = shown.get(&name).unwrap_or_else(|| panic!("{file}: no metric is called {name}"));
            for (label, operator, value) in matchers(&labels) {
                if OF_THE_SCRAPE.contains(&label.as_str()) {
                    continue;
                }
                let values = known.get(&label).unwrap_or_else(|| panic!("{file}: {name} has no {label}"));
                let alternatives: Vec<_> =
                    if operator.ends_with('~') { value.split('|').collect() } else { vec![&value[..]] };
                for one in alternatives {
                    assert!(values.contains(one), "{file}: {name} has no {label}={one}, but {values:?}");
                }
            }
        }
    }
}

/// Labels that are grouped by: those of the desk's metrics, of the scrape, or of the cluster's own metrics.
#[test]
fn rules_and_dashboard_group_by_labels_that_are_there() {
    let desk = Desk::open();
    let mut known: BTreeSet<String> = shown(&desk).into_values().flat_map(BTreeMap::into_keys).collect();
    let of_the_cluster = ["container", "deployment", "job_name", "phase"];
    known.extend(OF_THE_SCRAPE.iter().chain(&of_the_cluster).map(|&label| label.to_owned()));
    for (file, text) in [(RULES, read(RULES)), (DASHBOARD, dashboard())] {
        for (_, rest) in text.match_indices(" by (").map(|(at, by)| text.split_at(at + by.len())) {
            for label in rest.split(')').next().unwrap().split(", ") {
                assert!(known.contains(label), "{file} groups by {label}");
            }
        }
    }
}

/// A heading as GitHub links to it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(document: &str) -> BTreeSet<String> {
    document
        .lines()
        .filter_map(|line| Some(anchor(line.strip_prefix('#')?.trim_start_matches('#').trim())))
        .collect()
}

#[test]
fn each_alert_has_its_place_in_the_manual() {
    let (rules, anchors) = (read(RULES), anchors(&read(MANUAL)));
    let after = |start: &'static str| rules.lines().filter_map(move |line| line.trim().strip_prefix(start));
    let alerts: Vec<_> = after("- alert: ").map(str::to_lowercase).collect();
    let runbooks: Vec<_> = after("runbook: ").map(|to| to.split_once('#').unwrap().1.to_owned()).collect();
    assert!(alerts.len() > 10);
    assert_eq!(alerts, runbooks, "an alert leads to its own heading");
    for alert in alerts {
        assert!(anchors.contains(&alert), "{MANUAL} has no heading {alert}");
    }
}

#[test]
fn each_panel_has_its_place_in_the_manual() {
    let dashboard: serde_json::Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    let manual = read(MANUAL);
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 10);
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(manual.contains(&format!("| {title} |")), "{MANUAL} says nothing about the panel {title}");
    }
}

#[test]
fn each_saved_query_and_azure_alert_has_its_place_in_the_manual() {
    let manual = read(MANUAL);
    let logs = read("terraform/modules/monitoring/logs.tf");
    let titles: Vec<_> = logs
        .lines()
        .filter(|line| line.contains("about = "))
        .filter_map(|line| line.split_once("title = \"")?.1.split('"').next())
        .collect();
    assert!(titles.len() > 3, "{titles:?}");
    for title in titles {
        assert!(manual.contains(&format!("| {title} |")), "{MANUAL} says nothing about the query {title}");
    }
    let anchors = anchors(&manual);
    for alert in ["node-cpu", "node-memory", "certificate", "daily-cap", "budget"] {
        assert!(anchors.contains(alert), "{MANUAL} has no heading {alert}");
    }
}

/// What the manual calls a metric: of a histogram the name that its series begin with.
fn families(shown: &BTreeMap<String, Labels>) -> BTreeMap<String, BTreeSet<String>> {
    let mut families = BTreeMap::<String, BTreeSet<String>>::new();
    for (name, labels) in shown {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        let histogram = histogram.filter(|family| shown.contains_key(&format!("{family}_bucket")));
        let labels = labels.keys().filter(|label| *label != "le").cloned();
        families.entry(histogram.unwrap_or(name).to_owned()).or_default().extend(labels);
    }
    families
}

#[test]
fn the_manual_names_metrics_that_are_there() {
    let desk = Desk::open();
    let families = families(&shown(&desk));
    for (name, _) in mentions(&read(MANUAL)) {
        assert!(families.contains_key(&name), "{MANUAL}: no metric is called {name}");
    }
}

#[test]
fn the_manual_has_every_metric_with_its_labels() {
    let desk = Desk::open();
    let told: BTreeSet<(String, BTreeSet<String>)> = mentions(&read(MANUAL))
        .into_iter()
        .map(|(name, labels)| {
            (name, labels.split(',').filter(|label| !label.is_empty()).map(str::to_owned).collect())
        })
        .collect();
    for family in families(&shown(&desk)) {
        assert!(told.contains(&family), "{MANUAL} says nothing about {family:?}");
    }
}

/// All source files of the program, without what only formats them.
fn source(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts =
        entries.map(|path| if path.is_dir() { source(&path) } else { fs::read_to_string(path).unwrap() });
    texts.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_manual_quotes_what_the_program_says() {
    let manual = read(MANUAL);
    let (source, table) =
        (source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")), "| the sentence has | cause |");
    let rows: Vec<_> = manual
        .split_once(table)
        .unwrap()
        .1
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 15, "{rows:?}");
    for row in rows {
        let words = row.split('`').nth(1).unwrap();
        assert!(source.contains(words), "{MANUAL}: the program never says {words}");
    }
}
