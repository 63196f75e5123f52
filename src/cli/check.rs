//! `orders check`

mod cards;
mod file;
mod history;

use super::bootstrap::Bootstrap;

#[derive(clap::Args)]
pub(super) struct CheckArguments {
    /// Look for card numbers in customer IDs, the history and webhook messages
    #[arg(long, conflicts_with = "history")]
    cards: bool,
    /// Mask what is found, mark its orders, and note it in their history
    #[arg(long, requires = "cards")]
    mend: bool,
    /// Look whether each order has an event for each of its versions
    #[arg(long)]
    history: bool,
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &CheckArguments) -> anyhow::Result<()> {
    match arguments {
        CheckArguments { cards: true, mend, .. } => cards::run(bootstrap, *mend),
        CheckArguments { history: true, .. } => history::run(bootstrap),
        _ => file::run(bootstrap),
    }
}
