//! The built program: run in a folder of its own, served on a free port, asked over HTTP and stopped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use ureq::http::{HeaderMap, Method, Request};

use crate::harness::database::{Database, Value, verdict};
use crate::harness::page::Page;
use crate::harness::server_database::{ServerDatabase, server};
use crate::harness::stored::Stored;
use crate::harness::wire::Wire;

/// How long anything may take before a test gives up; nothing is expected to come near it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The end of demo orders, before all that tests add.
const SEEDED_UNTIL: &str = "2022-12-30 17:00";

const LOG: &str = "log";

/// The request whose line in the log comes after all that happened before it.
const MARK: &str = "mark-of-the-tests-";
/// For that line.
const MARKED: Duration = Duration::from_secs(2);

/// A right order, as the form sends it.
const RIGHT: [(&str, &str); 6] = [
    ("order_date", "2024-03-01 09:30"),
    ("store_code", "HI-9B97EE4E"),
    ("product_code", "R7-3126933h"),
    ("product_quantity", "4"),
    ("user_id", "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2"),
    ("card_number", "4111 1111 1111 1111"),
];

/// A right order with some fields changed or added.
pub fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = RIGHT.to_vec();
    for &(name, value) in changes {
        match fields.iter_mut().find(|field| field.0 == name) {
            Some(field) => field.1 = value,
            None => fields.push((name, value)),
        }
    }
    fields
}

/// Asserts that a command has said nothing on standard output but what it was about to change.
pub fn assert_only_begun(output: &Output) {
    let said = std::str::from_utf8(&output.stdout).unwrap();
    assert!(said.is_empty() || said.lines().count() == 1 && said.ends_with(" …\n"), "{said}");
}

/// Has a desk log a line that is like no other, and that no trace tells of; what is in it.
fn leave_mark(desk: SocketAddr) -> Option<String> {
    static MARKS: AtomicU32 = AtomicU32::new(0);
    let mark = format!("{MARK}{}", MARKS.fetch_add(1, Ordering::Relaxed));
    let mut wire = Wire::connect(desk).ok()?;
    let untraced = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let request = format!(
        "GET /mark HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {mark}-\r\n{untraced}\r\nConnection: close\r\n\r\n"
    );
    wire.send(request).ok()?;
    wire.answer().ok()?;
    Some(format!("{mark}-"))
}

/// Waits until something has come about: on a server that many tests use at once, the first batch of a command may
/// take its time.
pub fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < 4 * PATIENCE, "it does not come to that");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a command that succeeded printed.
pub fn stdout(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// A working directory and, where the tests run on a server, a database there; both go with their last owner.
#[derive(Clone)]
pub struct Folder {
    directory: Arc<TempDir>,
    on_server: Option<Arc<ServerDatabase>>,
    /// Desks that log here.
    desks: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Folder {
    pub fn new() -> Self {
        let on_server = server().map(|server| Arc::new(ServerDatabase::create(server)));
        Self { on_server, ..Self::without_server() }
    }

    /// For what has nothing to do with the database that the tests run on.
    pub fn without_server() -> Self {
        Self { directory: Arc::new(tempfile::tempdir().unwrap()), on_server: None, desks: Arc::default() }
    }

    /// A folder with a database of demo orders, which are the same whenever they are made, and all older than today.
    pub fn seeded(rows: u32) -> Self {
        Self::seeded_with(rows, &[])
    }

    /// The same with the dirt of real files, which about one order in twenty has.
    pub fn seeded_dirty(rows: u32) -> Self {
        Self::seeded_with(rows, &["--dirty"])
    }

    fn seeded_with(rows: u32, arguments: &[&str]) -> Self {
        let folder = Self::new();
        let rows = rows.to_string();
        let seed = [&["seed", "--rows", &rows, "--until", SEEDED_UNTIL], arguments].concat();
        folder.orders(&seed).assert().success();
        folder
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The program in this folder on its database, without a variable of whoever runs the tests.
    pub fn program(&self) -> Command {
        let mut command = self.in_here(env!("CARGO_BIN_EXE_orders"));
        if let Some(database) = &self.on_server {
            command.env("ORDERS_DATABASE__URL", database.url()).env("ORDERS_CARDS__KEY_FILE", "orders.keys");
            // How fast the server lets in or finds a deadlock is not what is tested.
            command.env("ORDERS_DATABASE__WAIT_SECONDS", "20").env("ORDERS_DATABASE__RETRY_SECONDS", "20");
        }
        command
    }

    pub fn in_here(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).env_clear();
        command
    }

    /// A command line that ends by itself.
    pub fn orders(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = self.program();
        command.args(arguments);
        let mut command = assert_cmd::Command::from_std(command);
        command.timeout(PATIENCE);
        command
    }

    /// What a command that fails says: one line, which is a sentence.
    pub fn complaint(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let assert = self.orders(arguments).envs(variables.iter().copied()).assert().code(1);
        assert_only_begun(assert.get_output());
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        assert!(said.starts_with("orders: ") && said.lines().count() == 1, "{said}");
        assert!(said.ends_with(".\n") || said.ends_with("?\n"), "{said}");
        said
    }

    /// Serves this folder's database.
    pub fn open(&self) -> Desk {
        self.open_with(&[])
    }

    pub fn open_with(&self, variables: &[(&str, &str)]) -> Desk {
        let mut command = self.program();
        command.arg("serve").envs(variables.iter().copied());
        Desk::start(self, command)
    }

    /// The database, for looking into it or for getting in the desk's way.
    pub fn database(&self) -> Database {
        match &self.on_server {
            Some(database) => Database::Server(Box::new(database.session())),
            None => Database::Sqlite(self.sqlite()),
        }
    }

    /// SQLite's file.
    pub fn sqlite(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.file("orders.db")).unwrap();
        database.busy_timeout(PATIENCE).unwrap();
        database
    }

    /// Asserts that SQLite finds nothing wrong with its file, if there is one.
    pub fn assert_file_is_sound(&self) {
        if self.on_server.is_none() {
            assert_eq!(verdict(&self.sqlite()), "ok");
        }
    }

    /// The database on the server, in a test that needs one.
    pub fn on_server(&self) -> &ServerDatabase {
        self.on_server.as_ref().expect("a server")
    }

    /// The database, as the program calls it.
    pub fn database_name(&self) -> String {
        self.on_server.as_ref().map_or_else(|| "orders.db".to_owned(), |database| database.called())
    }

    /// All that the database knows of orders.
    pub fn stored(&self) -> Stored {
        self.database().stored()
    }

    /// What desks have logged here. They write it a moment after it has happened: what has until now is in it.
    pub fn log(&self) -> String {
        let desks = self.desks.lock().unwrap().clone();
        for desk in desks {
            // One that has gone has written everything.
            if let Some(mark) = leave_mark(desk) {
                let began = Instant::now();
                // Some log no requests.
                while !self.text_of_log().contains(&mark) && began.elapsed() < MARKED {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        self.text_of_log().split_inclusive('\n').filter(|line| !line.contains(MARK)).collect()
    }

    fn text_of_log(&self) -> String {
        fs::read_to_string(self.file(LOG)).unwrap()
    }

    /// Whether the database is no file, or one that was closed cleanly, and there is nothing else but some files.
    pub fn has_beside_its_database(&self, files: &[&str]) -> bool {
        let database = if self.on_server.is_some() { &[][..] } else { &["orders.db"] };
        self.file_names() == [database, files].concat()
    }

    /// The names of all files but the log, sorted.
    pub fn file_names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != LOG).collect();
        names.sort();
        names
    }
}

/// The program, serving. It is killed when it is dropped.
pub struct Desk {
    pub folder: Folder,
    pub address: SocketAddr,
    /// The line that it printed when it was open.
    pub announcement: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    agent: ureq::Agent,
    said: Mutex<Vec<u8>>,
}

/// What the desk answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location").expect("a redirect")
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn page(&self) -> Page<'_> {
        Page::new(self.text())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// What the page of the order that this leads to says has happened.
    pub fn notice(&self, desk: &Desk) -> String {
        assert_eq!(self.status, 303, "{}", self.text());
        let cookie = self.header("set-cookie").expect("a notice").split(';').next().unwrap();
        let answer = desk.get_with(self.location(), &[("cookie", cookie)]);
        answer.page().between("role=\"status\">\n<p>", "</p>").expect("a notice").to_owned()
    }

    /// The number of the order that was added.
    pub fn number(&self) -> i64 {
        assert_eq!(self.status, 303, "{}", self.text());
        self.location().strip_prefix("/orders/").unwrap().parse().unwrap()
    }
}

impl Desk {
    /// An empty desk.
    pub fn open() -> Self {
        Folder::new().open()
    }

    pub fn open_with(variables: &[(&str, &str)]) -> Self {
        Folder::new().open_with(variables)
    }

    /// Starts a command that serves, on a free port unless it names one, with its log in a file.
    pub fn start(folder: &Folder, command: Command) -> Self {
        Self::try_start(folder, command).unwrap_or_else(|_| panic!("the desk did not open: {}", folder.log()))
    }

    /// The same with how it ended, if it did not open.
    pub fn try_start(folder: &Folder, command: Command) -> Result<Self, ExitStatus> {
        let log = File::options().create(true).append(true).open(folder.file(LOG)).unwrap();
        let desk = Self::try_start_logging_to(folder, command, log)?;
        folder.desks.lock().unwrap().push(desk.address);
        Ok(desk)
    }

    /// The same with its log elsewhere.
    pub fn start_logging_to(folder: &Folder, command: Command, log: File) -> Self {
        Self::try_start_logging_to(folder, command, log)
            .unwrap_or_else(|status| panic!("the desk did not open: {status}"))
    }

    fn try_start_logging_to(folder: &Folder, mut command: Command, log: File) -> Result<Self, ExitStatus> {
        if !command.get_envs().any(|(name, _)| name == "ORDERS_SERVER__LISTEN") {
            command.env("ORDERS_SERVER__LISTEN", "127.0.0.1:0");
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, said) = mpsc::channel();
        std::thread::spawn(move || {
            let mut announcement = String::new();
            stdout.read_line(&mut announcement).unwrap();
            // Nobody waits any more where it took too long.
            let _ = send.send((stdout, announcement));
        });
        let Ok((stdout, announcement)) = said.recv_timeout(PATIENCE) else {
            child.kill().unwrap();
            panic!("the desk neither opens nor ends: {}", folder.log());
        };
        if announcement.is_empty() {
            return Err(child.wait().unwrap());
        }
        let address = announcement
            .split_once("http://")
            .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("the desk did not open: {announcement}{}", folder.log()));
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let (folder, said) = (folder.clone(), Mutex::default());
        Ok(Self { folder, address, announcement, child, stdout, agent, said })
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], None)
    }

    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, None)
    }

    /// Sends a form.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[])
    }

    /// Unless the headers say otherwise, as a program that wants no questions: most tests add orders that are alike.
    pub fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let lenient = [("prefer", "handling=lenient")];
        let is_said = headers.iter().any(|(name, _)| *name == "prefer");
        self.send_form(path, fields, &[if is_said { &[] } else { &lenient[..] }, headers].concat())
    }

    /// As a browser does: with questions.
    pub fn post_as_clerk(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send_form(path, fields, &[])
    }

    fn send_form(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &[&form, headers].concat(), Some(body.as_bytes()))
    }

    /// Adds a right order with some fields changed; its number.
    pub fn add(&self, changes: &[(&str, &str)]) -> i64 {
        self.post("/orders", &form(changes)).number()
    }

    /// The form to change an order as it comes, with some fields changed: what a browser would send.
    pub fn edit_form(&self, number: i64, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let answer = self.get(&format!("/orders/{number}/edit"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.page().form(changes)
    }

    /// Sends what a browser would send.
    pub fn send(&self, path: &str, fields: &[(String, String)]) -> Answer {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &fields)
    }

    /// Changes some fields of an order, as it is now.
    pub fn edit(&self, number: i64, changes: &[(&str, &str)]) -> Answer {
        self.send(&format!("/orders/{number}"), &self.edit_form(number, changes))
    }

    /// Every column of orders, their warnings and their history, those that no page shows included.
    pub fn rows(&self) -> Vec<Vec<Value>> {
        let mut database = self.folder.database();
        let orders = database.rows("SELECT * FROM orders ORDER BY number");
        let warnings = database.rows("SELECT * FROM order_warnings ORDER BY order_number, kind");
        [orders, warnings, database.rows("SELECT * FROM order_events ORDER BY order_number, version")]
            .concat()
    }

    /// Asserts that a request is answered with a status and leaves everything as it is, messages of webhooks included.
    pub fn unchanged(&self, status: u16, why: &str, request: impl FnOnce() -> Answer) -> Answer {
        let messages = || self.folder.database().rows("SELECT * FROM outbox ORDER BY id");
        let before = (self.rows(), self.stored(), messages());
        let answer = request();
        assert_eq!(answer.status, status, "{why}: {}", answer.text());
        assert!((self.rows(), self.stored(), messages()) == before, "{why}: something was changed");
        answer
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
        let (parts, mut body) = response.into_parts();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.read_to_vec().unwrap(),
        };
        self.remember(&answer);
        answer
    }

    fn remember(&self, answer: &Answer) {
        let mut said = self.said.lock().unwrap();
        for (name, value) in &answer.headers {
            said.extend_from_slice(name.as_str().as_bytes());
            said.push(b':');
            said.extend_from_slice(value.as_bytes());
            said.push(b'\n');
        }
        said.extend_from_slice(&answer.body);
    }

    /// Everything that this desk has answered to `ask` and its like.
    pub fn said(&self) -> Vec<u8> {
        self.said.lock().unwrap().clone()
    }

    /// Where machines ask, if that is another address.
    pub fn ops_address(&self) -> SocketAddr {
        let (_, rest) = self.announcement.split_once("metrics at http://").expect("an address for machines");
        rest.split('/').next().unwrap().parse().unwrap()
    }

    /// A connection to write bytes to.
    pub fn connect(&self) -> Wire {
        Wire::connect(self.address).unwrap()
    }

    pub fn stored(&self) -> Stored {
        self.folder.stored()
    }

    /// Sends a signal by its name, such as TERM.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for the end of the program.
    pub fn wait(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.folder.desks.lock().unwrap().retain(|desk| *desk != self.address);
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "the desk does not end: {}", self.folder.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops the desk as an operator does and returns what else it printed to standard output.
    pub fn close(mut self) -> String {
        self.signal("TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{}", self.folder.log());
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        rest
    }

    /// Ends the desk as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Ok(mut desks) = self.folder.desks.lock() {
            desks.retain(|desk| *desk != self.address);
        }
        if std::thread::panicking() {
            let log = fs::read_to_string(self.folder.file(LOG)).unwrap_or_default();
            log.lines().filter(|line| !line.contains(" INFO ")).for_each(|line| eprintln!("{line}"));
        }
    }
}
