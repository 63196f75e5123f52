//! The files that a page loads: from the desk itself, under names that say what is in them.

use sha2::{Digest, Sha256};

use super::CheckResult;
use super::answer::{SmokeResponse, printable};
use super::headers::max_age;
use super::page::{HtmlPage, Tag};
use super::report::{CheckFailure, CheckOutcome, ensure};
use super::visitor::Visitor;

const YEAR: u64 = 31_536_000;
/// Above this, a file is worth packing.
const SMALL: usize = 1024;
/// More than any page of a desk loads.
const MANY: usize = 20;

pub(super) async fn check(visitor: &Visitor) -> CheckOutcome {
    let list = visitor.get("/").await?;
    let paths = loaded(list.page(200)?)?;
    ensure((1..=MANY).contains(&paths.len()), || format!("the list loads {} files", paths.len()))?;
    for path in &paths {
        let name = AssetName::parse(path)?;
        let (packed, plain) = (visitor.get(path).await?, visitor.get_plain(path).await?);
        name.ensure_right(&packed)?;
        name.ensure_right(&plain)?;
        ensure(!plain.is_gzipped, || format!("{path} is packed for those who cannot unpack it"))?;
        let is_worth_it = plain.body.len() > SMALL && name.ending != "svg";
        ensure(packed.is_gzipped || !is_worth_it, || format!("{path} is not packed"))?;
    }
    Ok(CheckResult::well(format!("{} files: whole, packed, kept for ever", paths.len())))
}

/// The paths of all files that a page loads; a failure, if one is of another host.
fn loaded(page: HtmlPage<'_>) -> Result<Vec<String>, CheckFailure> {
    let mut paths = Vec::new();
    for file in page.tags().filter_map(|tag| file(&tag)) {
        ensure(file.starts_with("/assets/"), || format!("the list loads {}", printable(file)))?;
        if !paths.iter().any(|path| path == file) {
            paths.push(file.to_owned());
        }
    }
    Ok(paths)
}

fn file<'a>(tag: &Tag<'a>) -> Option<&'a str> {
    match tag.name {
        "link" => tag.attribute("href"),
        _ => tag.attribute("src"),
    }
}

/// `/assets/desk.0a1b2c3d.css`
struct AssetName<'a> {
    path: &'a str,
    hash: &'a str,
    ending: &'a str,
}

impl<'a> AssetName<'a> {
    fn parse(path: &'a str) -> Result<Self, CheckFailure> {
        let mut parts = path.rsplitn(3, '.');
        let (ending, hash, stem) = (parts.next(), parts.next(), parts.next());
        match (ending, hash, stem) {
            (Some(ending), Some(hash), Some(_))
                if hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                Ok(Self { path, hash, ending })
            }
            _ => Err(CheckFailure::new(format!("{} has no hash in its name", printable(path)))),
        }
    }

    fn ensure_right(&self, answer: &SmokeResponse) -> Result<(), CheckFailure> {
        let path = self.path;
        answer.ensure_status(200)?;
        let (kind, cache) = (answer.header("content-type"), answer.header("cache-control"));
        ensure(kind == self.kind(), || format!("{path} is of type {}", printable(kind)))?;
        let is_for_ever = cache.contains("immutable") && max_age(cache) >= YEAR;
        ensure(is_for_ever, || format!("{path} is not kept for ever ({})", printable(cache)))?;
        ensure(self.is_hash_of(&answer.body), || format!("{path} holds something else than its name says"))
    }

    fn kind(&self) -> &'static str {
        match self.ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    /// The name has the first four bytes of the SHA-256.
    fn is_hash_of(&self, content: &[u8]) -> bool {
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(content));
        u32::from_str_radix(self.hash, 16) == Ok(u32::from_be_bytes([a, b, c, d]))
    }
}
