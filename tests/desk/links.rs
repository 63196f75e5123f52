//! What the repository's pages lead to is there: files, and headings in them. And every page is led to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where people begin.
const FIRST: &str = "README.md";

fn file(name: impl AsRef<Path>) -> PathBuf {
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

/// A path in the repository, without the steps back in it.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leads out of the repository", path.display()),
            part => plain.push(part),
        }
        plain
    })
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// A page, and all that its links lead to, page by page.
fn reached(first: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![first.to_owned()]);
    while let Some(page) = next.pop() {
        let text = read(&file(&page));
        let names = links(&text).into_iter().filter_map(|link| link.split('#').next().map(str::to_owned));
        let targets = names.filter(|name| !name.is_empty());
        let pages = targets.map(|name| plain(&page.with_file_name(name))).filter(|target| is_page(target));
        next.extend(pages.filter(|target| file(target).exists() && !reached.contains(target)));
        reached.insert(page);
    }
    reached
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in reached(Path::new(FIRST)) {
        for link in links(&read(&file(&page))) {
            let (name, anchor) = link.split_once('#').map_or((link.as_str(), None), |(n, a)| (n, Some(a)));
            let target = if name.is_empty() { page.clone() } else { plain(&page.with_file_name(name)) };
            assert!(file(&target).exists(), "{}: there is no {name}", page.display());
            if let Some(anchor) = anchor {
                let is_there = anchors(&read(&file(&target))).contains(anchor);
                assert!(is_there, "{}: {link} has no such heading", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 80, "only {seen} links were found");
}

#[test]
fn every_document_is_reached_from_the_first_page() {
    let reached = reached(Path::new(FIRST));
    let documents = fs::read_dir(file("docs")).unwrap().map(|entry| entry.unwrap().file_name());
    let documents: Vec<_> =
        documents.map(|name| Path::new("docs").join(name)).filter(|path| is_page(path)).collect();
    assert!(documents.len() > 5, "{documents:?}");
    for document in documents {
        assert!(reached.contains(&document), "no link from {FIRST} leads to {}", document.display());
    }
}
