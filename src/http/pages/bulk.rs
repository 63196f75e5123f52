//! Actions on many orders: asked for from the list, chosen and looked at before they run, followed, stopped and undone.

use std::sync::Arc;

use poem::http::{HeaderMap, StatusCode, Uri};
use poem::web::{Data, Path};
use poem::{Response, handler};
use uuid::Uuid;

use crate::auth::Principal;
use crate::db::{
    Collected, InsertJob, Job, JobLease, JobOutcome, JobState, JobWork, MAX_JOB_ORDERS, SeenOrder,
};
use crate::http::accept::wants_json;
use crate::http::address::{Query, list_of};
use crate::http::client::ClientAddress;
use crate::http::form::Form;
use crate::http::list_page::list_as_it_is;
use crate::http::respond::{go_to, html, leave_notice, problem};
use crate::http::{AppState, Error};
use crate::jobs;
use crate::order::{
    BulkAction, BulkDateError, Field, JobId, LeftOut, ListQuery, Note, Now, OrderNumber, PerPage, Submission,
    grouped,
};
use crate::view::{
    ActionNotice, Actions, BulkForm, ChoosePage, EXPORTS, ErrorPage, FirstShown, JobPage, JobsPage,
    LIST_PATH, Preview, PreviewPage, actions_url, import_url, job_export_url, job_url, list_url,
};

/// Jobs on a page of all, and orders on a page of one.
const ROWS: usize = 50;

/// Asks for an action on the orders that are ticked, or on all of a list.
///
/// What is ticked is a page's worth at most, and done before this answers.
#[handler]
pub async fn create(
    Data(state): Data<&Arc<AppState>>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let list = list_of(uri);
    let what = form.take("do")?.unwrap_or_default();
    let on = form.take("on")?.unwrap_or_default();
    let ticked = ticked(&mut form)?;
    let asked = Asked { state, headers, list: &list, ticked: &ticked, on: &on };
    let job = InsertJob {
        work: None,
        state: JobState::Asking,
        submission: Uuid::new_v4().to_string(),
        orders: ticked.len() as u64,
        list: list.clone(),
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        leased_until: None,
    };
    if what == "all" {
        return match state.db.collect_job(job, &list, state.clock.local()).await? {
            Collected::Asking(id) => Ok(go_to(StatusCode::SEE_OTHER, &job_url(id, ""))),
            Collected::Empty => asked.again("", "The list has no orders any more.").await,
            Collected::TooMany => {
                let most = grouped(MAX_JOB_ORDERS as u64);
                let error =
                    format!("More than {most} orders match. Filter the list first: nothing was changed.");
                asked.again("", &error).await
            }
        };
    }
    if ticked.is_empty() {
        return asked.again("", "Tick the orders first. Nothing was changed.").await;
    }
    let now = state.clock.now();
    let action = match &*what {
        "ship" => BulkAction::ship(&on, now),
        "deliver" => BulkAction::deliver(&on, now),
        what => {
            // To look at them, or to take them out: nothing is done with them yet.
            let file = EXPORTS.iter().find(|choice| choice.word == what);
            if what != "more" && file.is_none() {
                return Err(Error::BadRequest("it does not say what to do"));
            }
            let id = state.db.insert_job(job, ticked).await?.id();
            let url =
                file.map_or_else(|| job_url(id, ""), |choice| job_export_url(id, choice.format, choice.more));
            return Ok(go_to(StatusCode::SEE_OTHER, &url));
        }
    };
    let action = match action {
        Ok(action) => action,
        Err(error) => return asked.again("on", &error.to_string()).await,
    };
    let submission = submission_of(&action, &ticked).as_str().to_owned();
    let job = InsertJob { work: Some(action.into()), submission, ..job };
    let (id, lease) = state.db.insert_leased_job(job, ticked).await?;
    run_at_once(state, lease).await;
    Ok(back_to_list(id, &list))
}

/// The orders that are ticked, as the page showed them, each once.
fn ticked(form: &mut Form) -> Result<Vec<SeenOrder>, Error> {
    let most = PerPage::ALL.map(PerPage::get).into_iter().max().unwrap_or_default() as usize;
    let mut ticked: Vec<SeenOrder> = Vec::new();
    for value in form.take_all("order") {
        let seen = value.split_once('.').and_then(|(number, version)| {
            Some((OrderNumber::parse(number)?, version.parse::<i32>().ok().filter(|version| *version > 0)?))
        });
        let seen = seen.ok_or(Error::BadRequest("it names an order as no page does"))?;
        if ticked.iter().all(|(number, _)| *number != seen.0) {
            ticked.push(seen);
        }
    }
    if ticked.len() > most {
        return Err(Error::BadRequest("it names more orders than a page has"));
    }
    Ok(ticked)
}

/// What is the same in a form that is sent twice: the action, and the very versions of the orders.
fn submission_of(action: &BulkAction, orders: &[SeenOrder]) -> Submission {
    let orders = orders.iter().map(|(number, version)| format!("{number}.{version}"));
    Submission::of_action(&action.words(), orders)
}

/// Runs a job as this request's own work, unless another desk has taken it up.
async fn run_at_once(state: &AppState, lease: Option<JobLease>) {
    if let Some(lease) = lease {
        jobs::run_logged(&state.db, state.clock, lease, || false).await;
    }
}

/// The list, which says once what came of an action.
fn back_to_list(id: JobId, list: &ListQuery) -> Response {
    let mut response = go_to(StatusCode::SEE_OTHER, &list_url(list));
    leave_notice(&mut response, LIST_PATH, &ActionNotice::word(id));
    response
}

/// What was asked for from the list.
struct Asked<'a> {
    state: &'a Arc<AppState>,
    headers: &'a HeaderMap,
    list: &'a ListQuery,
    ticked: &'a [SeenOrder],
    on: &'a str,
}

impl Asked<'_> {
    /// The list again, with what has to be put right; what was ticked still is.
    async fn again(&self, field: &'static str, error: &str) -> Result<Response, Error> {
        if wants_json(self.headers) {
            let title = "The action cannot be begun";
            return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, title, error, &serde_json::Value::Null));
        }
        let numbers: Vec<OrderNumber> = self.ticked.iter().map(|(number, _)| *number).collect();
        let page = list_as_it_is(self.state, self.list, &numbers).await?;
        html(self.state, StatusCode::UNPROCESSABLE_ENTITY, &page.without_action(field, self.on, error))
    }
}

/// All actions, newest first.
#[handler]
pub async fn index(Data(state): Data<&Arc<AppState>>, uri: &Uri) -> Result<Response, Error> {
    let before = Query::of(uri).first("before").and_then(JobId::parse);
    let found = state.db.list_jobs(before, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    if found.is_empty() && before.is_some() {
        return Ok(go_to(StatusCode::FOUND, &actions_url()));
    }
    let some = found.get(..ROWS).unwrap_or(&found);
    let actions = Actions { some, has_newer: before.is_some(), has_older: found.len() > ROWS };
    html(state, StatusCode::OK, &JobsPage::new(&actions))
}

/// What to do with the orders that were noted, what will come of it, or what has.
#[handler]
pub async fn show(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    uri: &Uri,
) -> Result<Response, Error> {
    let (job, undone_by) = find_any(state, &id).await?;
    if job.work.as_ref().is_some_and(JobWork::is_import) {
        return Ok(go_to(StatusCode::FOUND, &import_url(job.id, "")));
    }
    let query = Query::of(uri);
    match (job.state, job.action()) {
        (JobState::Asking, Some(action)) if query.first("choose").is_none() => {
            let preview = preview(state, &job, action).await?;
            let shown = shown_action(action);
            html(state, StatusCode::OK, &PreviewPage::new(&job, action, &preview, &shown))
        }
        (JobState::Asking, _) => choose_page(state, &job, &BulkForm::default(), None, StatusCode::OK).await,
        _ => {
            let outcome = query.first("show").and_then(JobOutcome::parse);
            let after = query.first("after").and_then(|after| after.parse().ok()).unwrap_or(0);
            let one_more = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
            let orders = state.db.list_job_orders(job.id, outcome, after, one_more).await?;
            let page = JobPage::new(&job, undone_by, state.clock.utc());
            html(state, StatusCode::OK, &page.with_orders(&orders, ROWS, outcome, after))
        }
    }
}

/// Notes what to do with the orders that were noted, and leads to what will come of it.
#[handler]
pub async fn choose(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, Error> {
    let (job, _) = find(state, &id).await?;
    let typed = BulkForm {
        what: form.take("do")?.unwrap_or_default(),
        on: form.take("on")?.unwrap_or_default(),
        field: form.take("field")?.unwrap_or_default(),
        reason: form.take("reason")?.unwrap_or_default(),
        is_no_card: form.take("no_card")?.as_deref() == Some("yes"),
    };
    if job.state == JobState::Asking {
        match action_of(&typed, state.clock.now()) {
            Some(Ok(action)) => {
                state.db.choose_action(job.id, action, job.list.clone()).await?;
            }
            Some(Err(error)) => {
                return choose_page(state, &job, &typed, Some(&error), StatusCode::UNPROCESSABLE_ENTITY)
                    .await;
            }
            None => return Err(Error::BadRequest("it does not say what to do")),
        }
    }
    Ok(go_to(StatusCode::SEE_OTHER, &job_url(job.id, "")))
}

/// The action that a form asks for; none if there is no such action.
fn action_of(typed: &BulkForm, now: Now) -> Option<Result<BulkAction, String>> {
    let words = |error: BulkDateError| error.to_string();
    Some(match &*typed.what {
        "ship" => BulkAction::ship(&typed.on, now).map_err(words),
        "deliver" => BulkAction::deliver(&typed.on, now).map_err(words),
        "correct" => {
            let dates = [Field::OrderDate, Field::ShippingDate, Field::DeliveryDate];
            let field = dates.into_iter().find(|field| field.name() == typed.field)?;
            BulkAction::correct(field, &typed.on, now).map_err(words)
        }
        "cancel" => Note::parse(&typed.reason, typed.is_no_card)
            .map(BulkAction::Cancel)
            .map_err(|error| error.words("The reason")),
        "reopen" => Ok(BulkAction::Reopen),
        _ => return None,
    })
}

/// Lets an action run that was looked at.
#[handler]
pub async fn start(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    mut form: Form,
) -> Result<Response, Error> {
    let (job, _) = find(state, &id).await?;
    let shown = form.take("shown")?;
    let to_job = || Ok(go_to(StatusCode::SEE_OTHER, &job_url(job.id, "")));
    let Some(action) = job.action().filter(|action| shown == Some(shown_action(action))) else {
        // Somebody has chosen another action meanwhile: that is shown.
        return to_job();
    };
    if job.orders > u64::from(PerPage::Hundred.get()) {
        state.db.start_job(&job, action).await?;
        return to_job();
    }
    let Some(lease) = state.db.start_leased_job(&job, action, state.clock.utc()).await? else {
        return to_job();
    };
    run_at_once(state, Some(lease)).await;
    Ok(back_to_list(job.id, &job.list))
}

/// What tells one action from another.
fn shown_action(action: &BulkAction) -> String {
    submission_of(action, &[]).as_str().to_owned()
}

/// Stops a job: what it has done stays, and nothing more is done.
#[handler]
pub async fn stop(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let (job, _) = find(state, &id).await?;
    state.db.cancel_job(job.id, state.clock.utc()).await?;
    let is_begun = !matches!(job.state, JobState::Collecting | JobState::Asking);
    let url = if is_begun { job_url(job.id, "") } else { list_url(&job.list) };
    Ok(go_to(StatusCode::SEE_OTHER, &url))
}

/// Undoes an action, in the orders that nobody touched since.
#[handler]
pub async fn undo(
    Data(state): Data<&Arc<AppState>>,
    Path(id): Path<String>,
    principal: Principal,
    client: ClientAddress,
    uri: &Uri,
    headers: &HeaderMap,
    mut form: Form,
) -> Result<Response, Error> {
    let (job, undone_by) = find(state, &id).await?;
    let is_from_list = form.take("from")?.as_deref() == Some("list");
    if let (None, Some(refusal)) = (undone_by, job.why_not_undone(state.clock.utc())) {
        return not_undone(state, headers, &job, refusal);
    }
    let list = list_of(uri);
    let undo = InsertJob {
        work: Some(BulkAction::Undo(job.id).into()),
        state: JobState::Running,
        submission: format!("undo/{}", job.id),
        orders: job.changed,
        list: if is_from_list { list.clone() } else { job.list },
        by: principal.actor(),
        client: client.ip,
        at: state.clock.utc(),
        leased_until: None,
    };
    let is_short = job.changed <= u64::from(PerPage::Hundred.get());
    let id = if is_short {
        let (id, lease) = state.db.insert_leased_job(undo, Vec::new()).await?;
        run_at_once(state, lease).await;
        id
    } else {
        state.db.insert_job(undo, Vec::new()).await?.id()
    };
    if is_short && is_from_list {
        return Ok(back_to_list(id, &list));
    }
    Ok(go_to(StatusCode::SEE_OTHER, &job_url(id, "")))
}

fn not_undone(
    state: &AppState,
    headers: &HeaderMap,
    job: &Job,
    refusal: &'static str,
) -> Result<Response, Error> {
    let heading = format!("Action #{} cannot be undone", job.id);
    if wants_json(headers) {
        return Ok(problem(StatusCode::CONFLICT, &heading, refusal, &serde_json::Value::Null));
    }
    let (url, link) = (job_url(job.id, ""), format!("Look at action #{}", job.id));
    let page = ErrorPage::new(StatusCode::CONFLICT.as_u16(), &heading, refusal, "Nothing was changed.", "")
        .leading_to([(&*url, &*link)]);
    html(state, StatusCode::CONFLICT, &page)
}

/// Who opens the address of a button finds the action.
#[handler]
pub async fn go_to_job(Data(state): Data<&Arc<AppState>>, Path(id): Path<String>) -> Result<Response, Error> {
    let (job, _) = find(state, &id).await?;
    Ok(go_to(StatusCode::FOUND, &job_url(job.id, "")))
}

/// A job, and the one that undoes it.
async fn find(state: &AppState, id: &str) -> Result<(Job, Option<JobId>), Error> {
    let (job, undone_by) = find_any(state, id).await?;
    // An import has pages of its own.
    if job.work.as_ref().is_some_and(JobWork::is_import) {
        return Err(Error::NotFound);
    }
    Ok((job, undone_by))
}

async fn find_any(state: &AppState, id: &str) -> Result<(Job, Option<JobId>), Error> {
    let id = JobId::parse(id).ok_or(Error::NotFound)?;
    state.db.find_job(id).await?.ok_or(Error::NotFound)
}

/// What an action would make of the orders as they are now.
async fn preview(state: &AppState, job: &Job, action: &BulkAction) -> Result<Preview, Error> {
    let (mut preview, now) = (Preview::default(), state.clock.now());
    let each = |shown: crate::db::ShownOrder| {
        let result = match action.apply(&shown.order, now) {
            Ok(_) if shown.order.version != shown.seen => Err(LeftOut::Changed),
            Ok(_) => Ok(()),
            Err(left_out) => Err(left_out),
        };
        preview.count(shown.order.number, result.err());
    };
    state.db.for_each_shown_order(job.id, each).await?;
    Ok(preview)
}

async fn choose_page(
    state: &AppState,
    job: &Job,
    typed: &BulkForm,
    error: Option<&str>,
    status: StatusCode,
) -> Result<Response, Error> {
    let first = state.db.list_first_shown(job.id).await?;
    let (now, late_days) = (state.clock.local(), state.policy.late_days);
    let first = FirstShown { orders: &first, now, late_days };
    let page = ChoosePage::new(&state.view, job, &first, typed, error);
    html(state, status, &page)
}
