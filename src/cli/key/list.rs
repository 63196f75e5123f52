//! `orders key list`

use anyhow::bail;

use super::super::bootstrap::Bootstrap;
use super::super::database_options;
use super::super::output;
use crate::db::KeyState;
use crate::order::{Timestamp, grouped};

const HEAD: [&str; 6] = ["key", "called", "made (UTC)", "known since (UTC)", "orders", ""];

pub(super) async fn run(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let source = bootstrap.keys();
    let keys = database_options::for_command(bootstrap).list_keys().await?;
    output::say(format_args!("{source}, for {}", bootstrap.settings().database.url))?;
    let rows: Vec<[String; 6]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(keys.iter().map(row)).collect();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|at| {
            rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    for row in &rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            // Numbers to the right.
            .map(
                |(at, (cell, width))| {
                    if at == 4 { format!("{cell:>width$}") } else { format!("{cell:width$}") }
                },
            )
            .collect();
        output::say(cells.join("  ").trim_end())?;
    }
    let missing = keys.iter().filter(|key| is_missing(key)).count();
    if missing > 0 {
        bail!("{missing} of the keys that the database was written with are missing");
    }
    Ok(())
}

fn row(key: &KeyState) -> [String; 6] {
    let id = key.id.map_or_else(|| "new".to_owned(), |id| id.to_string());
    [
        format!("{} {id}", key.purpose),
        key.name.clone().unwrap_or_else(|| "-".to_owned()),
        date(key.created),
        date(key.registered),
        grouped(key.orders),
        remark(key),
    ]
}

fn remark(key: &KeyState) -> String {
    match key.retired {
        _ if key.writes => "writes".to_owned(),
        Some(at) => format!("retired {}", at.minutes()),
        None if is_missing(key) => "missing".to_owned(),
        None => String::new(),
    }
}

fn is_missing(key: &KeyState) -> bool {
    key.name.is_none() && key.retired.is_none()
}

fn date(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.minutes().to_string())
}
