//! What the repository's pages lead to is there: files, and headings in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 5] =
    ["README.md", "CHANGELOG.md", "docs/deployment.md", "docs/operations.md", "terraform/README.md"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where a page's links lead, but for those to other sites.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '\n']).next());
    targets.filter(|target| !target.starts_with("https://")).map(str::to_owned).collect()
}

/// The anchors of a page's headings, as the sites that show it make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut is_code = false;
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        if let (false, Some(heading)) = (is_code, line.trim_start_matches('#').strip_prefix(' '))
            && line.starts_with('#')
        {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            anchors.insert(kept.collect::<String>().to_lowercase().replace(' ', "-"));
        }
    }
    anchors
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in PAGES {
        let path = file(page);
        for link in links(&read(&path)) {
            let (name, anchor) = link.split_once('#').map_or((link.as_str(), None), |(n, a)| (n, Some(a)));
            let target = if name.is_empty() { path.clone() } else { path.parent().unwrap().join(name) };
            assert!(target.exists(), "{page}: there is no {name}");
            if let Some(anchor) = anchor {
                assert!(anchors(&read(&target)).contains(anchor), "{page}: {link} has no such heading");
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} links were found");
}
