//! Imports: the form that brings a file, all imports, and what came of one.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;
use uuid::Uuid;

use super::PageContext;
use super::history::place;
use super::nav::Nav;
use super::text::{IMPORTS_URL, import_url, job_url, list_url};
use crate::db::{Import, JobState, JobWork, RowCounts};
use crate::order::{
    Actor, Condition, JobId, ListQuery, OrderFilter, SystemTask, Timestamp, counted, grouped,
};
use crate::transfer::{ImportPreview, PreviewFault};

/// What `import_new.html` shows: the form that brings a file.
#[derive(Serialize)]
pub struct NewImportPage {
    nav: Nav,
    title: String,
    form: String,
    imports_url: &'static str,
    problem: Option<&'static str>,
    keep: String,
}

impl PageContext for NewImportPage {
    const TEMPLATE: &'static str = "import_new.html";
}

impl NewImportPage {
    pub fn new(form: Uuid, keep_days: u16) -> Self {
        Self {
            nav: Nav::imports(),
            title: "Import orders".to_owned(),
            form: form.to_string(),
            imports_url: IMPORTS_URL,
            problem: None,
            keep: counted(keep_days.into(), "day"),
        }
    }

    #[must_use]
    pub fn with_problem(self, problem: &'static str) -> Self {
        Self { problem: Some(problem), title: format!("Error: {}", self.title), ..self }
    }
}

/// Some of all imports, newest first.
pub struct Imports<'a> {
    pub some: &'a [Import],
    pub has_newer: bool,
    pub has_older: bool,
}

/// What `imports.html` shows.
#[derive(Serialize)]
pub struct ImportsPage {
    nav: Nav,
    title: &'static str,
    imports: Vec<ImportLine>,
    newest_url: Option<&'static str>,
    older_url: Option<String>,
}

#[derive(Serialize)]
struct ImportLine {
    id: i64,
    url: String,
    file: String,
    by: String,
    at: String,
    state: &'static str,
    state_label: &'static str,
    sentence: String,
}

impl PageContext for ImportsPage {
    const TEMPLATE: &'static str = "imports.html";
}

impl ImportsPage {
    pub fn new(imports: &Imports<'_>) -> Self {
        let line = |import: &Import| ImportLine {
            id: import.job.id.get(),
            url: import_url(import.job.id, ""),
            file: import.file_name.clone(),
            by: who(import).into_owned(),
            at: import.uploaded_at.in_words(),
            state: state_class(import),
            state_label: state_label(import),
            sentence: sentence(import),
        };
        let last = imports.some.last().filter(|_| imports.has_older);
        Self {
            nav: Nav::imports(),
            title: "Imports",
            imports: imports.some.iter().map(line).collect(),
            newest_url: imports.has_newer.then_some(IMPORTS_URL),
            older_url: last.map(|last| format!("{IMPORTS_URL}?before={}", last.job.id)),
        }
    }
}

/// What `import.html` shows: an import that is under way, or over.
#[derive(Serialize)]
pub struct ImportPage {
    nav: Nav,
    title: String,
    heading: String,
    asked: String,
    state: &'static str,
    state_label: &'static str,
    sentence: String,
    is_running: bool,
    looked_at: u64,
    rows: u64,
    progress: String,
    counts: Vec<Count>,
    orders_url: Option<String>,
    wrong_url: Option<String>,
    stop_url: Option<String>,
    /// The first of them.
    wrong_rows: Vec<PreviewFault>,
    more_wrong: String,
    undo_url: Option<String>,
    undone: Option<Link>,
    why_not_undone: Option<&'static str>,
    erased: String,
    imports_url: &'static str,
}

#[derive(Serialize)]
struct Count {
    label: &'static str,
    count: String,
}

#[derive(Serialize)]
struct Link {
    url: String,
    name: String,
}

impl PageContext for ImportPage {
    const TEMPLATE: &'static str = "import.html";
}

impl ImportPage {
    pub fn new(import: &Import, now: Timestamp, keep_days: u16) -> Self {
        let job = &import.job;
        let is_running = !job.state.is_over();
        let is_started = import.started_at.is_some();
        let why_not = job.why_not_undone(now);
        let can_undo = import.undone_by.is_none() && why_not.is_none();
        let looked_at = import.position;
        let has_wrong = import.counts.wrong > 0 && import.erased_at.is_none();
        let wrong_rows = if is_running { Vec::new() } else { wrong_rows(import) };
        Self {
            nav: Nav::imports(),
            title: format!("Import #{}: {}", job.id, import.file_name),
            heading: format!("Import {}", import.file_name),
            asked: asked(import),
            state: state_class(import),
            state_label: state_label(import),
            sentence: sentence(import),
            is_running,
            looked_at,
            rows: job.orders,
            progress: if is_started {
                format!("{} of {}", grouped(looked_at.min(job.orders)), counted(job.orders, "row"))
            } else {
                format!("{} looked at", counted(looked_at, "row"))
            },
            counts: if is_started { counts(import.counts) } else { Vec::new() },
            orders_url: (import.counts.done() > 0).then(|| list_url(&orders_of(job.id))),
            wrong_url: (has_wrong && !is_running).then(|| import_url(job.id, "/wrong")),
            more_wrong: more_wrong(&wrong_rows, import.counts.wrong),
            wrong_rows,
            stop_url: is_running.then(|| import_url(job.id, if is_started { "/stop" } else { "/discard" })),
            undo_url: (is_started && can_undo).then(|| import_url(job.id, "/undo")),
            undone: import
                .undone_by
                .map(|undo| Link { url: job_url(undo, ""), name: format!("action #{undo}") }),
            why_not_undone: why_not.filter(|_| !is_running && import.undone_by.is_none()),
            erased: match import.erased_at {
                _ if is_by_command(import) => String::new(),
                Some(at) => format!("The file was erased on {}.", at.in_words()),
                None => {
                    format!(
                        "The file is kept, sealed, for {} after it came.",
                        counted(keep_days.into(), "day")
                    )
                }
            },
            imports_url: IMPORTS_URL,
        }
    }
}

/// The orders that an import has added or changed.
pub(super) fn orders_of(id: JobId) -> ListQuery {
    ListQuery::default().filtered(OrderFilter::new([Condition::Import(id)]))
}

/// Who brought a file, when and from where.
pub(super) fn asked(import: &Import) -> String {
    let job = &import.job;
    let from = job.client.map(|client| format!(", from {}", place(client))).unwrap_or_default();
    format!("Import #{}, by {} on {}{from}", job.id, who(import), import.uploaded_at.in_words())
}

/// Who brought it: of a command, whoever gave that.
fn who(import: &Import) -> Cow<'_, str> {
    match &import.job.by {
        Actor::System(SystemTask::Import | SystemTask::Adopt) => "the command line".into(),
        by => by.words(),
    }
}

fn is_by_command(import: &Import) -> bool {
    matches!(import.job.work, Some(JobWork::CommandImport(_)))
}

/// The first rows that are wrong, as the file alone and the orders that were here have it.
fn wrong_rows(import: &Import) -> Vec<PreviewFault> {
    // One of another release may say what this one does not know.
    let preview =
        import.survey.as_deref().and_then(|survey| serde_json::from_str::<ImportPreview>(survey).ok());
    preview.filter(|_| import.counts.wrong > 0).map(|preview| preview.wrong_rows).unwrap_or_default()
}

/// How many are wrong beside those that are shown.
pub(super) fn more_wrong(shown: &[PreviewFault], wrong: u64) -> String {
    let rows = shown.iter().map(|fault| fault.row).collect::<HashSet<_>>();
    match wrong.saturating_sub(rows.len() as u64) {
        0 => String::new(),
        more => format!("and {} more", grouped(more)),
    }
}

fn counts(counts: RowCounts) -> Vec<Count> {
    let all = [
        ("Added", counts.added),
        ("Changed", counts.changed),
        ("Here already", counts.here),
        ("Here, and left as they are", counts.kept),
        ("Wrong", counts.wrong),
        ("Blank or repeated", counts.skipped),
        ("Added or changed by somebody else meanwhile", counts.overtaken),
    ];
    let shown = all.into_iter().enumerate().filter(|(nth, (_, count))| *nth == 0 || *count > 0);
    shown.map(|(_, (label, count))| Count { label, count: grouped(count) }).collect()
}

fn state_class(import: &Import) -> &'static str {
    match import.job.state {
        JobState::Collecting | JobState::Asking | JobState::Running => "waiting",
        JobState::Done => "delivered",
        JobState::Cancelled => "cancelled",
        JobState::Failed => "failed",
    }
}

fn state_label(import: &Import) -> &'static str {
    match (import.job.state, import.started_at) {
        (JobState::Collecting, _) => "Coming in",
        (JobState::Running, None) => "Being looked at",
        (JobState::Asking, _) => "Not begun",
        (JobState::Running, Some(_)) => "Under way",
        (JobState::Done, _) => "Done",
        (JobState::Cancelled, _) => "Stopped",
        (JobState::Failed, _) => "Broken off",
    }
}

/// What came of an import.
fn sentence(import: &Import) -> String {
    let counts = import.counts;
    let so_far = match (counts.added, counts.changed) {
        (0, 0) => "No order was added or changed.".to_owned(),
        (added, 0) => format!("{} added.", counted(added, "order")),
        (0, changed) => format!("{} changed.", counted(changed, "order")),
        (added, changed) => format!("{} added, {} changed.", counted(added, "order"), grouped(changed)),
    };
    let wrong = match counts.wrong {
        0 => String::new(),
        1 => " 1 row was wrong.".to_owned(),
        wrong => format!(" {} rows were wrong.", grouped(wrong)),
    };
    match (import.job.state, import.started_at) {
        (JobState::Collecting, _) => "The file is coming in.".to_owned(),
        (JobState::Running, None) => "Nothing is imported yet.".to_owned(),
        (JobState::Asking, _) => "It waits for somebody to say what to do.".to_owned(),
        (JobState::Cancelled, Some(_)) => {
            format!("{so_far}{wrong} It was stopped before its end; what is in stays.")
        }
        (JobState::Failed, _) if is_by_command(import) => {
            format!(
                "{so_far}{wrong} It broke off; what is in stays. The same command goes on, as an import of its own."
            )
        }
        (JobState::Failed, _) => {
            format!("{so_far}{wrong} The program could not go on. The desk’s log says why.")
        }
        _ => format!("{so_far}{wrong}"),
    }
}

#[cfg(test)]
pub(super) fn sample_import(state: JobState, is_started: bool) -> Import {
    let at = Timestamp::parse("2026-11-30 07:00:31").unwrap();
    let job = super::bulk::sample_job(state);
    let file_name = "orders of November.csv".to_owned();
    Import {
        job: crate::db::Job { work: Some(JobWork::Import(file_name.clone())), orders: 220, ..job },
        undone_by: None,
        file_name,
        bytes: 20_000,
        pieces: 1,
        fingerprint: Some("kdmocbahifjepgln".to_owned()),
        reading: None,
        mapping: None,
        revision: 2,
        survey: Some(
            "{\"wrong_rows\":[{\"row\":7,\"column\":\"Store\",\"found\":\"HI9B\",\"wanted\":\"Store code must look like HI-9B97EE4E\"}]}"
                .to_owned(),
        ),
        resume: None,
        position: 100,
        counts: RowCounts { added: if is_started { 212 } else { 0 }, wrong: 3, ..RowCounts::default() },
        uploaded_at: at,
        started_at: is_started.then_some(at),
        erased_at: None,
    }
}

#[cfg(test)]
impl NewImportPage {
    pub(super) fn samples() -> Vec<Self> {
        let page = || Self::new(Uuid::nil(), 7);
        vec![page(), page().with_problem("Choose a file, or paste rows.")]
    }
}

#[cfg(test)]
impl ImportsPage {
    pub(super) fn samples() -> Vec<Self> {
        let imports = [sample_import(JobState::Asking, false), sample_import(JobState::Done, true)];
        let page = |some| Self::new(&Imports { some, has_newer: true, has_older: true });
        vec![page(&imports), page(&[])]
    }
}

#[cfg(test)]
impl ImportPage {
    pub(super) fn samples() -> Vec<Self> {
        let now = Timestamp::parse("2026-11-30 07:00:31").unwrap();
        let undone = Import { undone_by: JobId::new(9), ..sample_import(JobState::Done, true) };
        let mut by_command = Import { erased_at: Some(now), ..sample_import(JobState::Failed, true) };
        by_command.job.work = Some(JobWork::CommandImport("orders.csv".to_owned()));
        by_command.job.by = Actor::System(SystemTask::Import);
        let erased = Import { erased_at: Some(now), ..sample_import(JobState::Cancelled, true) };
        [
            sample_import(JobState::Running, false),
            sample_import(JobState::Running, true),
            sample_import(JobState::Done, true),
            sample_import(JobState::Failed, true),
            undone,
            erased,
            by_command,
        ]
        .iter()
        .map(|import| Self::new(import, now, 7))
        .collect()
    }
}
