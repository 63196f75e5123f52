//! `orders export`

mod asked_list;
mod target;

use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::bootstrap::Bootstrap;
use super::database_options;
use super::output::{AnnouncedChange, Unheard};
use super::progress::Progress;
use crate::clock::Clock;
use crate::db::Db;
use crate::order::{Access, Actor, Deed, End, ListQuery, Outcome, SystemTask, Total, counted};
use crate::transfer::{CsvStyle, FileFormat, TextFile, TextFormat, Workbook};
use asked_list::AskedList;
use target::Target;

const NO_ROOM: &str =
    "the temporary file of the workbook has no room. Name another folder in server.temporary_folder";

#[derive(clap::Args)]
pub(super) struct ExportArguments {
    /// The file to write, which is put in place when it is whole; - is standard output
    file: PathBuf,
    /// The orders of a view, by its name; without it and --query, all orders
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    view: Option<String>,
    /// The orders of a list, as its address in the browser has it, such as 'status=to-ship&sort=store'
    #[arg(long)]
    query: Option<String>,
    /// csv, ndjson, json or xlsx; without it the ending of the file's name says so
    #[arg(long, value_parser = format)]
    format: Option<FileFormat>,
    /// CSV with a byte order mark, without which Excel takes it for an old code page
    #[arg(long)]
    excel: bool,
    /// CSV with semicolons instead of commas, for spreadsheets in languages with a decimal comma
    #[arg(long)]
    semicolons: bool,
}

fn format(name: &str) -> Result<FileFormat, String> {
    FileFormat::parse(name).ok_or_else(|| "csv, ndjson, json or xlsx".to_owned())
}

impl ExportArguments {
    fn format(&self) -> anyhow::Result<FileFormat> {
        let ending = self.file.extension().and_then(|ending| ending.to_str());
        let format = self.format.or_else(|| FileFormat::parse(ending?));
        let format = format.context(
            "what to write is not said: add --format csv, ndjson, json or xlsx, or give the file such an ending",
        )?;
        if (self.excel || self.semicolons) && format != FileFormat::Csv {
            bail!("--excel and --semicolons are about CSV, and this is {}", format.name());
        }
        Ok(format)
    }
}

pub(super) fn run(bootstrap: &Bootstrap, arguments: &ExportArguments) -> anyhow::Result<()> {
    database_options::run(export(bootstrap, arguments))
}

async fn export(bootstrap: &Bootstrap, arguments: &ExportArguments) -> anyhow::Result<()> {
    let format = arguments.format()?;
    let db = database_options::for_command(bootstrap).open().await?;
    let exported = export_from(&db, bootstrap, (arguments, format)).await;
    db.close();
    let (orders, change) = exported?;
    if let Some(change) = change {
        change.say(format_args!("{}: {}", arguments.file.display(), counted(orders, "order")))?;
    }
    Ok(())
}

/// How many orders were exported, and whom a file's readiness is told.
async fn export_from(
    db: &Db,
    bootstrap: &Bootstrap,
    (arguments, format): (&ExportArguments, FileFormat),
) -> anyhow::Result<(u64, Option<AnnouncedChange>)> {
    let settings = bootstrap.settings();
    let clock = Clock::new(settings.desk.time_zone);
    let asked = AskedList::find(db, arguments, clock, settings.desk.late_days).await?;
    let target = Target::begin(&arguments.file)?;
    let change = if target.is_file() {
        let file = arguments.file.display();
        Some(AnnouncedChange::begin(format_args!(
            "{file}: exporting {} of {}",
            asked.name, settings.database.url
        ))?)
    } else {
        None
    };
    let run = Run { db, clock, list: &asked.list, folder: settings.server.temporary_folder.clone() };
    Ok((run.logged(arguments, format, target).await?, change))
}

/// An export that is under way.
struct Run<'a> {
    db: &'a Db,
    clock: Clock,
    list: &'a ListQuery,
    /// For what a workbook is put together from.
    folder: Option<PathBuf>,
}

impl Run<'_> {
    /// Writes down that orders are exported, exports them, and writes down how that ended; how many they were.
    async fn logged(
        &self,
        arguments: &ExportArguments,
        format: FileFormat,
        target: Target,
    ) -> anyhow::Result<u64> {
        let (id, by) = (Uuid::new_v4(), Actor::System(SystemTask::CommandLine));
        let deed = Deed::Export { list: self.list.clone(), format: format.name().to_owned() };
        self.db
            .insert_access(Access { id, at: self.clock.utc(), by, session: None, client: None, deed })
            .await?;
        let mut orders = 0;
        let style = CsvStyle { byte_order_mark: arguments.excel, semicolons: arguments.semicolons };
        let written = match format {
            FileFormat::Csv => self.text(TextFormat::Csv(style), target, &mut orders).await,
            FileFormat::Ndjson => self.text(TextFormat::Ndjson, target, &mut orders).await,
            FileFormat::Json => self.text(TextFormat::Json, target, &mut orders).await,
            FileFormat::Xlsx => self.workbook(target, &mut orders).await,
        };
        let end = match &written {
            Ok(()) => End::Finished,
            Err(error) if error.downcast_ref().is_some_and(Unheard::is_of_no_interest) => End::CutOff,
            Err(_) => End::Failed,
        };
        let logged = self.db.insert_outcome(id, Outcome::of(end, orders), self.clock.utc()).await;
        written?;
        logged.context("the file is whole, but the access log does not say so")?;
        Ok(orders)
    }

    async fn text(&self, format: TextFormat, mut target: Target, orders: &mut u64) -> anyhow::Result<()> {
        let now = self.clock.local();
        let (mut walk, progress) = (self.db.begin_walk(self.list, now).await?, self.progress().await?);
        let mut file = TextFile::new(format, now);
        target.write(&file.head())?;
        while let Some(some) = self.db.walk_on(&mut walk).await? {
            target.write(&file.write(&some))?;
            *orders = file.orders();
            progress.advance(some.len());
        }
        target.write(file.end())?;
        progress.finish();
        target.finish()
    }

    async fn workbook(&self, mut target: Target, orders: &mut u64) -> anyhow::Result<()> {
        let now = self.clock.local();
        let (mut walk, progress) = (self.db.begin_walk(self.list, now).await?, self.progress().await?);
        let mut book = Workbook::create(self.folder.as_deref(), now)?;
        while let Some(some) = self.db.walk_on(&mut walk).await? {
            let count = some.len();
            // It ends its thread where its temporary file cannot grow any more.
            let added = spawn_blocking(move || book.write(&some).map(|()| book)).await;
            book = added.map_err(|_panic| anyhow!(NO_ROOM))??;
            *orders = book.orders();
            progress.advance(count);
        }
        progress.finish();
        target = spawn_blocking(move || target.take(book)).await.map_err(|_panic| anyhow!(NO_ROOM))??;
        target.finish()
    }

    /// Of as many orders as the list has, if that is counted quickly.
    async fn progress(&self) -> anyhow::Result<Progress> {
        Ok(match self.db.count_list(self.list, self.clock.local()).await? {
            Some(Total::Exactly(orders)) => Progress::start(orders, "orders"),
            Some(Total::MoreThan(_)) | None => Progress::without_end("orders"),
        })
    }
}
