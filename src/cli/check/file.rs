//! `orders check`: whether the whole SQLite file is sound.

use anyhow::bail;

use super::super::bootstrap::Bootstrap;
use super::super::{database_options, output};
use crate::order::counted;

pub(super) fn run(bootstrap: &Bootstrap) -> anyhow::Result<()> {
    let database = &bootstrap.settings().database.url;
    let damage = match database_options::sqlite_options(bootstrap)?.inspect()? {
        Ok(orders) => {
            let orders = counted(orders, "order");
            return Ok(output::say(format_args!("{database}: sound, {orders}"))?);
        }
        Err(damage) => damage,
    };
    for words in &damage {
        output::say(words)?;
    }
    bail!(
        "{database} is damaged. Stop the desk, keep the file, and put the newest backup in its place that is sound: `orders restore FILE` looks before it does so"
    );
}
