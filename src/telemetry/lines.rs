//! Lines on their way to standard error, whose reader nobody waits for.
//!
//! A thread of its own writes them. What finds no room is lost, counted, and said once reading goes on. The library for
//! this, `tracing-appender`, prints to standard output while the program ends where nobody reads, which blocks or panics
//! in its turn, and does not say where lines are missing.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes that wait to be written: thousands of lines.
const ROOM: usize = 512 * 1024;
/// What the room is shrunk to when it is not needed.
const USUAL_ROOM: usize = 16 * 1024;
/// For the last lines before an exit.
const LAST_LINES_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two tries where standard error takes nothing and does not block.
const PAUSE: Duration = Duration::from_millis(10);
/// The target of the line that says how many were lost.
const OF_LOSS: &str = "orders::lost_lines";

/// A process has one standard error.
static QUEUE: Queue = Queue::new();

/// Writes lines until it is dropped, which waits a moment for the last ones.
#[derive(Debug)]
#[must_use = "the last lines are written when this is dropped"]
pub struct Lines(());

impl Drop for Lines {
    fn drop(&mut self) {
        finish();
    }
}

/// Begins to write to standard error what is logged and said, panics among it.
pub fn begin() -> Lines {
    let writer = thread::Builder::new().name("lines".to_owned());
    if writer.spawn(|| QUEUE.write(&mut io::stderr())).is_ok() {
        QUEUE.lock().has_writer = true;
    }
    panic::set_hook(Box::new(tell_panic));
    Lines(())
}

/// Says a line to whoever runs the program, however many wait.
pub fn say(line: impl Display) {
    QUEUE.push(format!("{line}\n").as_bytes(), Place::Kept);
}

/// Waits a moment for the last lines to be written.
pub fn finish() {
    QUEUE.finish(&mut io::stderr());
}

/// Like any other line: the usual hook would wait for whoever reads.
fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let reason = panic.payload_as_str().unwrap_or("it gave no reason");
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(place, reason, backtrace, "the program has a fault: a thread panicked");
    } else {
        say(format_args!("orders: the program has a fault: {reason} ({place})."));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// To the end, if there is room.
    End,
    Kept,
    Front,
}

#[derive(Debug)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something to write.
    filled: Condvar,
    /// Nothing is left to write.
    emptied: Condvar,
    /// Lines that were lost since the program began.
    lost: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    lines: Vec<u8>,
    /// How many found no room; they came after those that did.
    lost: u64,
    is_writing: bool,
    has_writer: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.lost == 0
    }
}

impl Queue {
    const fn new() -> Self {
        let waiting = Waiting { lines: Vec::new(), lost: 0, is_writing: false, has_writer: false };
        Self {
            waiting: Mutex::new(waiting),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            lost: AtomicU64::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8], place: Place) {
        let mut waiting = self.lock();
        let was_empty = waiting.is_empty();
        let is_full = waiting.lost > 0 || waiting.lines.len() + line.len() > ROOM;
        match place {
            // Once one is lost, so are the next: those that are written have no gaps but where it is said.
            Place::End if is_full => {
                waiting.lost += 1;
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
            Place::End | Place::Kept => waiting.lines.extend_from_slice(line),
            Place::Front => drop(waiting.lines.splice(..0, line.iter().copied())),
        }
        drop(waiting);
        if was_empty {
            self.filled.notify_one();
        }
    }

    /// Writes whatever comes, for ever.
    fn write(&self, out: &mut impl Write) {
        let (mut lines, mut unsaid) = (Vec::new(), 0);
        loop {
            unsaid += self.take(&mut lines);
            let unwritten = write_all(out, &lines);
            if unwritten > 0 {
                self.lost.fetch_add(unwritten, Ordering::Relaxed);
                unsaid += unwritten;
            } else if unsaid > 0 {
                tracing::warn!(target: OF_LOSS, lines = unsaid, "lines of the log were lost while nobody read them");
                unsaid = 0;
            }
        }
    }

    /// Waits for lines and takes them all; how many were lost after them.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        lines.clear();
        lines.shrink_to(USUAL_ROOM);
        let mut waiting = self.lock();
        waiting.is_writing = false;
        while waiting.is_empty() {
            self.emptied.notify_all();
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.is_writing = true;
        std::mem::swap(&mut waiting.lines, lines);
        std::mem::take(&mut waiting.lost)
    }

    /// Waits a moment until all is written; writes it itself if there is no thread that does.
    fn finish(&self, out: &mut impl Write) {
        let mut waiting = self.lock();
        if waiting.has_writer {
            let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.is_empty();
            drop(self.emptied.wait_timeout_while(waiting, LAST_LINES_TIMEOUT, is_busy));
        } else {
            write_all(out, &std::mem::take(&mut waiting.lines));
        }
    }
}

/// Writes lines; how many could not be.
fn write_all(out: &mut impl Write, lines: &[u8]) -> u64 {
    let mut rest = lines;
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => break,
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(_) => break,
        }
    }
    rest.split_inclusive(|byte| *byte == b'\n').map(|_| 1).sum()
}

/// Where the lines of the log go.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToQueue(Place);

impl ToQueue {
    pub(super) const fn new() -> Self {
        Self(Place::End)
    }
}

impl<'a> MakeWriter<'a> for ToQueue {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }

    fn make_writer_for(&'a self, about: &tracing::Metadata<'_>) -> Self {
        if about.target() == OF_LOSS { Self(Place::Front) } else { *self }
    }
}

impl Write for ToQueue {
    /// A whole line each time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        QUEUE.push(line, self.0);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many lines were lost, as a metric.
#[derive(Debug)]
pub(super) struct LostLines;

impl EncodeMetric for LostLines {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.encode_counter::<NoLabelSet, _, u64>(&QUEUE.lost.load(Ordering::Relaxed), None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Takes what is written when it is told to, and fails when it is told to.
    struct Reader {
        may: Receiver<bool>,
        read: Sender<String>,
    }

    impl Write for Reader {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            if !self.may.recv().unwrap() {
                return Err(ErrorKind::StorageFull.into());
            }
            self.read.send(String::from_utf8(lines.to_vec()).unwrap()).unwrap();
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue() -> (&'static Queue, Sender<bool>, Receiver<String>) {
        let queue: &Queue = Box::leak(Box::new(Queue::new()));
        queue.lock().has_writer = true;
        let ((allow, may), (read, got)) = (channel(), channel());
        thread::spawn(move || queue.write(&mut Reader { may, read }));
        (queue, allow, got)
    }

    #[test]
    fn what_finds_no_room_is_lost_and_nothing_in_between() {
        let (queue, allow, got) = queue();
        let line = format!("{}\n", "x".repeat(ROOM / 4));
        queue.push(b"first\n", Place::End);
        while !queue.lock().is_writing {
            thread::yield_now();
        }
        for _ in 0..6 {
            queue.push(line.as_bytes(), Place::End);
        }
        queue.push(b"short\n", Place::End);
        queue.push(b"kept\n", Place::Kept);
        assert_eq!(queue.lost.load(Ordering::Relaxed), 4);
        allow.send(true).unwrap();
        allow.send(true).unwrap();
        assert_eq!(got.recv().unwrap(), "first\n");
        assert_eq!(got.recv().unwrap(), format!("{}kept\n", line.repeat(3)));
        queue.push(b"last\n", Place::End);
        allow.send(true).unwrap();
        assert_eq!(got.recv().unwrap(), "last\n");
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        let (queue, allow, got) = queue();
        queue.push(b"one\ntwo\nthree\n", Place::End);
        allow.send(false).unwrap();
        queue.finish(&mut io::sink());
        assert_eq!(queue.lost.load(Ordering::Relaxed), 3);
        queue.push(b"four\n", Place::End);
        allow.send(true).unwrap();
        assert_eq!(got.recv().unwrap(), "four\n");
    }

    #[test]
    fn an_end_waits_for_the_last_lines_and_not_for_ever() {
        let (queue, allow, got) = queue();
        queue.push(b"last\n", Place::End);
        queue.finish(&mut io::sink());
        assert!(got.try_recv().is_err(), "nobody reads");
        allow.send(true).unwrap();
        queue.finish(&mut io::sink());
        assert_eq!(got.try_recv().unwrap(), "last\n");
    }

    #[test]
    #[ignore = "run by the next one, in a process of its own"]
    fn panics() {
        let _lines = begin();
        assert!(thread::spawn(|| panic!("a fault")).join().is_err());
    }

    #[test]
    fn a_panic_is_a_line_like_others() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "telemetry::lines::tests::panics", "--ignored", "--nocapture"]);
        let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
        assert!(
            said.starts_with("orders: the program has a fault: a fault (src/telemetry/lines.rs:"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }

    #[test]
    fn without_a_thread_the_end_writes_the_lines_itself() {
        let (queue, mut out) = (Queue::new(), Vec::new());
        queue.push(b"orders: cannot start threads.\n", Place::Kept);
        queue.finish(&mut out);
        assert_eq!(out, b"orders: cannot start threads.\n");
    }
}
