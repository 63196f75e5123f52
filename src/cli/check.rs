//! `orders check`

mod cards;
mod counts;
mod file;
mod history;

use super::bootstrap::Bootstrap;

#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(super) struct CheckArguments {
    /// Look for card numbers in customer IDs, the history and webhook messages
    #[arg(long, conflicts_with_all = ["history", "counts"])]
    cards: bool,
    /// Mask what is found, mark its orders, and note it in their history
    #[arg(long, requires = "cards")]
    mend: bool,
    /// Look whether each order has an event for each of its versions
    #[arg(long)]
    history: bool,
    /// Compare the counts that are kept with the orders, and mend what differs
    #[arg(long, conflicts_with = "history")]
    counts: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &CheckArguments) -> anyhow::Result<()> {
    match arguments {
        CheckArguments { cards: true, mend, .. } => cards::run(bootstrap, *mend),
        CheckArguments { history: true, .. } => history::run(bootstrap),
        CheckArguments { counts: true, .. } => counts::run(bootstrap),
        _ => file::run(bootstrap),
    }
}
