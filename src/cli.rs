//! The command line: one file a sub-command, and the only place that puts the rooms together.

mod adopt;
mod background;
mod backup;
mod bootstrap;
mod certificate_watch;
mod check;
mod config;
mod database_options;
mod deeds;
mod export;
mod healthcheck;
mod import;
mod job_progress;
mod jobs;
mod key;
mod migrate;
mod ops_server;
mod output;
mod progress;
mod refresh;
mod relocate;
mod resources;
mod restore;
mod seed;
mod serve;
mod sign_in;
mod smoke;
mod sockets;
mod webhooks;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::Sources;
use crate::telemetry;
use bootstrap::{Bootstrap, Needs};
use output::Unheard;

/// The order desk of a small company.
///
/// Without a command it serves the desk at 127.0.0.1:5000, on an SQLite file in the working directory that is
/// made if it is not there.
#[derive(Parser)]
#[command(
    name = "orders",
    version,
    after_help = "Settings: config.toml, then ORDERS_… variables, then the key vault; `orders config` shows them all.\nExit codes: 0 done, 1 failed, 2 not understood, 141 nobody reads standard output."
)]
struct Arguments {
    /// Read settings from this file instead of ./config.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the desk (what happens without a command)
    Serve,
    /// Bring the database's schema up to date
    Migrate(migrate::MigrateArguments),
    /// Take over the orders of the Flask application, from its table in this database
    Adopt(adopt::AdoptArguments),
    /// Fill the desk with made-up orders, to try it out
    Seed(seed::SeedArguments),
    /// Write orders into a file: CSV, lines of JSON, JSON or an Excel workbook
    Export(export::ExportArguments),
    /// Read orders from a file: CSV, lines of JSON, JSON or an Excel workbook
    Import(import::ImportArguments),
    /// See what webhooks were not told, send it again or discard it
    Webhooks(webhooks::WebhooksArguments),
    /// See the long work that desks do, follow it or stop it
    Jobs(jobs::JobsArguments),
    /// Copy the database into a file while the desk works, and check the copy
    Backup(backup::BackupArguments),
    /// Put a backup in the database's place, and keep what was there
    Restore(restore::RestoreArguments),
    /// Move the whole desk to another database, as from an SQLite file to Azure SQL, and compare every row
    Move(relocate::MoveArguments),
    /// Look through the SQLite file for damage, or for what must not be in a database: exit code 0 if there is nothing
    Check(check::CheckArguments),
    /// Make, rotate and retire the keys that seal card numbers
    Key(key::KeyArguments),
    /// Show every setting, its value and where it came from
    Config,
    /// Ask the desk at the configured address whether it is ready: exit code 0 if so
    Healthcheck,
    /// Look at a desk from outside, at its certificate and pages, and change nothing: exit code 0 if all is well
    Smoke(smoke::SmokeArguments),
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    fn needs(&self) -> Needs {
        match self {
            Self::Migrate(_) => Needs::Database,
            Self::Config => Needs::Settings,
            _ => Needs::CardKeys,
        }
    }
}

/// Runs the program; its exit code.
pub fn run() -> ExitCode {
    // Until the last line is written.
    let _lines = telemetry::begin();
    let error = match Arguments::try_parse() {
        Ok(arguments) => dispatch(&arguments).err(),
        // Help and the version come as errors, too.
        Err(words) => match words.print().and_then(|()| io::stdout().flush()) {
            Err(error) if !words.use_stderr() => Some(Unheard::Report(error).into()),
            _ => return ExitCode::from(u8::try_from(words.exit_code()).unwrap_or(u8::MAX)),
        },
    };
    error.map_or(ExitCode::SUCCESS, |error| fail(&error))
}

fn fail(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<Unheard>().is_some_and(Unheard::is_of_no_interest) {
        return ExitCode::from(output::NOBODY_READS);
    }
    let sentence = format!("{error:#}");
    let end = if sentence.ends_with(['?', '.', '\n']) { "" } else { "." };
    telemetry::say(format_args!("orders: {sentence}{end}"));
    ExitCode::FAILURE
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<()> {
    let command = arguments.command.as_ref().unwrap_or(&Command::Serve);
    if let Command::Completions { shell } = command {
        // In memory first: it panics where it cannot write.
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Arguments::command(), "orders", &mut script);
        return Ok(output::write(format_args!("{}", String::from_utf8_lossy(&script)))?);
    }
    // Without them nothing is safe, and some libraries panic.
    getrandom::fill(&mut [0; 1]).map_err(|error| {
        anyhow::anyhow!(
            "the operating system gives no random numbers ({error}). Give the program /dev/urandom"
        )
    })?;
    resources::check_open_files()?;
    if let Command::Smoke(arguments) = command {
        return smoke::run(arguments, Arguments::command());
    }
    let sources = Sources::read(arguments.config.as_deref())?;
    let early = sources.early_settings()?;
    if let Command::Healthcheck = command {
        return healthcheck::run(&early.server);
    }
    let bootstrap = Bootstrap::load(sources, &early, command.needs())?;
    match command {
        Command::Serve => serve::run(bootstrap),
        Command::Migrate(arguments) => migrate::run(&bootstrap, arguments),
        Command::Adopt(arguments) => adopt::run(&bootstrap, arguments),
        Command::Seed(arguments) => seed::run(&bootstrap, arguments),
        Command::Export(arguments) => export::run(&bootstrap, arguments),
        Command::Import(arguments) => import::run(&bootstrap, arguments),
        Command::Webhooks(arguments) => webhooks::run(&bootstrap, arguments),
        Command::Jobs(arguments) => jobs::run(&bootstrap, arguments),
        Command::Backup(arguments) => backup::run(&bootstrap, arguments),
        Command::Restore(arguments) => restore::run(&bootstrap, arguments),
        Command::Move(arguments) => relocate::run(bootstrap, arguments),
        Command::Check(arguments) => check::run(&bootstrap, arguments),
        Command::Key(arguments) => key::run(&bootstrap, arguments),
        Command::Config => config::run(&bootstrap.config),
        Command::Healthcheck | Command::Smoke(_) | Command::Completions { .. } => Ok(()),
    }
}
