//! Logs whose reader stops, goes on or goes away, by a real pipe.
//!
//! Requests, probes and the end of the desk never wait for it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use crate::harness::program::{Desk, Folder, until};

const LOST: &str = "orders_log_lines_lost_total";
/// More than a pipe and the desk's own room hold, of lines as long as they get.
const REQUESTS: usize = 3000;
/// What nobody would call hanging, on a machine that other tests keep busy.
const SOON: Duration = Duration::from_secs(10);
/// `O_NONBLOCK` on Linux.
const NONBLOCK: i32 = 0o4000;

/// A pipe with a name, and the end of it that a reader of logs would have.
struct Pipe {
    name: &'static str,
    folder: Folder,
    reader: File,
}

impl Pipe {
    fn new(folder: &Folder, name: &'static str) -> Self {
        let made = std::process::Command::new("mkfifo").arg(folder.file(name)).status().unwrap();
        assert!(made.success());
        // Both ends: opening one of them waits for the other.
        let both = File::options().read(true).write(true).open(folder.file(name)).unwrap();
        let reader = File::open(folder.file(name)).unwrap();
        drop(both);
        Self { name, folder: folder.clone(), reader }
    }

    fn writer(&self) -> File {
        File::options().write(true).open(self.folder.file(self.name)).unwrap()
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut options = File::options();
        let mut writer =
            options.write(true).custom_flags(NONBLOCK).open(self.folder.file(self.name)).unwrap();
        while writer.write(b"\n").is_ok() {}
        assert_eq!(writer.write(b"\n").unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    /// Reads until nobody writes any more.
    fn read(mut self) -> JoinHandle<String> {
        spawn(move || {
            let mut text = String::new();
            self.reader.read_to_string(&mut text).unwrap();
            text
        })
    }
}

/// A desk that logs to a pipe which nobody reads for now.
fn open(folder: &Folder) -> (Desk, Pipe) {
    let pipe = Pipe::new(folder, "pipe");
    fs::write(folder.file("log"), "").unwrap();
    let mut command = folder.program();
    command.arg("serve").env("ORDERS_LOG__FORMAT", "json");
    (Desk::start_logging_to(folder, command, pipe.writer()), pipe)
}

/// Asks for what is not there, so that the log has a long line each time.
fn ask_in_vain(desk: &Desk) {
    let (path, id) = (format!("/{}", "x".repeat(199)), "y".repeat(64));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/problem+json\r\nX-Request-Id: {id}\r\n\r\n"
    );
    let mut wire = desk.connect();
    for _ in 0..REQUESTS {
        wire.send(&request).unwrap();
        assert_eq!(wire.answer().unwrap().status, 404);
    }
}

fn assert_answers_soon(desk: &Desk) {
    for path in ["/healthz", "/readyz", "/", "/orders/new", "/metrics"] {
        let began = Instant::now();
        assert_eq!(desk.get(path).status, 200, "{path}");
        assert!(began.elapsed() < SOON, "{path} took {:?}", began.elapsed());
    }
}

fn lost(desk: &Desk) -> u64 {
    let metrics = desk.get("/metrics");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(LOST)?.strip_prefix(' '));
    line.expect("the metric").parse().unwrap()
}

/// A program that is killed when it is dropped.
struct Killed(Child);

impl Killed {
    fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until(|| {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_reader_that_stops_stops_nothing_else() {
    let folder = Folder::new();
    let (mut desk, pipe) = open(&folder);
    ask_in_vain(&desk);
    assert_answers_soon(&desk);
    assert!(lost(&desk) > 0);
    let began = Instant::now();
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(0));
    assert!(began.elapsed() < SOON, "it took {:?} to stop", began.elapsed());
    drop(pipe);
}

#[test]
fn a_second_signal_ends_a_desk_whose_log_nobody_reads() {
    let folder = Folder::new();
    let pipe = Pipe::new(&folder, "pipe");
    fs::write(folder.file("log"), "").unwrap();
    let mut command = folder.program();
    command.arg("serve").env("ORDERS_SERVER__DRAIN_SECONDS", "60");
    let mut desk = Desk::start_logging_to(&folder, command, pipe.writer());
    pipe.fill();
    let began = Instant::now();
    desk.signal("TERM");
    until(|| desk.get("/readyz").status == 503);
    desk.signal("TERM");
    assert_eq!(desk.wait().code(), Some(1));
    assert!(began.elapsed() < SOON, "it took {:?} to stop", began.elapsed());
}

#[test]
fn a_reader_that_goes_on_is_told_once_how_much_it_missed() {
    let folder = Folder::new();
    let (desk, pipe) = open(&folder);
    ask_in_vain(&desk);
    let missed = lost(&desk);
    assert!(missed > 0);
    let read = pipe.read();
    // It is said before later lines are written.
    until(|| {
        let before = lost(&desk);
        desk.get("/");
        lost(&desk) == before
    });
    let counted = lost(&desk);
    desk.close();
    let text = read.join().unwrap();

    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a whole line")).collect();
    let about = |message: &str| lines.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    let said = about("lines of the log were lost while nobody read them");
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((said[0]["level"].as_str(), said[0]["lines"].as_u64()), (Some("WARN"), Some(counted)));
    assert!(counted >= missed);
    let in_vain = about("request").into_iter().filter(|line| line["status"] == 404).count();
    assert!(in_vain + usize::try_from(counted).unwrap() >= REQUESTS, "{in_vain} and {counted}");
    assert_eq!(lines.last().unwrap()["message"], "closed", "the last line before the exit");
}

#[test]
fn a_reader_that_goes_away_takes_nothing_along() {
    let folder = Folder::new();
    let (desk, pipe) = open(&folder);
    drop(pipe);
    for _ in 0..3 {
        assert_answers_soon(&desk);
    }
    until(|| lost(&desk) > 0);
    desk.close();
}

/// Both outputs are pipes that are full to the last byte before it starts.
#[test]
fn a_desk_opens_and_closes_where_nobody_reads_from_the_start() {
    let folder = Folder::new();
    let (out, log) = (Pipe::new(&folder, "out"), Pipe::new(&folder, "pipe"));
    out.fill();
    log.fill();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = folder.program();
    command.arg("serve").env("ORDERS_SERVER__LISTEN", &free).stdin(Stdio::null());
    let mut child = Killed(command.stdout(out.writer()).stderr(log.writer()).spawn().unwrap());
    let is_ready = || {
        let output = folder.orders(&["healthcheck"]).env("ORDERS_SERVER__LISTEN", &free).output();
        output.unwrap().status.success()
    };
    until(is_ready);
    let kill = std::process::Command::new("kill").arg(child.0.id().to_string()).status();
    assert!(kill.unwrap().success());
    let began = Instant::now();
    assert_eq!(child.wait().code(), Some(0));
    assert!(began.elapsed() < SOON, "it took {:?} to stop", began.elapsed());
}

/// A failed start's sentence, to readers that read, read late and never do.
#[test]
fn the_last_sentence_is_written_and_waits_for_nobody_for_ever() {
    let folder = Folder::without_server();
    let fail = |log: File| {
        let mut command = folder.program();
        command.arg("serve").env("ORDERS_SERVER__LISTEN", "here").stdout(Stdio::null());
        let began = Instant::now();
        let mut child = Killed(command.stderr(log).spawn().unwrap());
        drop(command);
        assert_eq!(child.wait().code(), Some(1));
        assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    };
    let is_whole = |text: &str| text.lines().last().is_some_and(|line| line.contains("server.listen"));

    let pipe = Pipe::new(&folder, "read");
    let writer = pipe.writer();
    let read = pipe.read();
    fail(writer);
    assert!(is_whole(&read.join().unwrap()));

    let pipe = Pipe::new(&folder, "read_late");
    fail(pipe.writer());
    assert!(is_whole(&pipe.read().join().unwrap()));

    let pipe = Pipe::new(&folder, "never_read");
    pipe.fill();
    fail(pipe.writer());
}
