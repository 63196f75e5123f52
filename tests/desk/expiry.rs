//! When the certificate ends that people are shown, as a metric of the desk that is behind it.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::program::{Desk, Folder, until};
use crate::harness::tls::{Authority, days_ago, in_days, unix};
use crate::metrics::value;

const SERIES: &str = "orders_certificate_expiry_timestamp_seconds";

/// Whoever people meet before the desk: shows a certificate, and counts what is said to him after that.
struct Front {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    tls: Mutex<Arc<ServerConfig>>,
    looks: AtomicUsize,
    heard: AtomicUsize,
    is_away: AtomicBool,
}

impl Front {
    fn new(tls: Arc<ServerConfig>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            tls: Mutex::new(tls),
            looks: AtomicUsize::new(0),
            heard: AtomicUsize::new(0),
            is_away: AtomicBool::new(false),
        };
        let state = Arc::new(state);
        let of_thread = Arc::clone(&state);
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                if !of_thread.is_away.load(Ordering::SeqCst) {
                    let tls = Arc::clone(&of_thread.tls.lock().unwrap());
                    let mut stream = StreamOwned::new(ServerConnection::new(tls).unwrap(), caller);
                    let heard = stream.read(&mut [0; 4096]).unwrap_or(0);
                    of_thread.heard.fetch_add(heard, Ordering::SeqCst);
                }
                of_thread.looks.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, state }
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    fn show(&self, tls: Arc<ServerConfig>) {
        *self.state.tls.lock().unwrap() = tls;
    }

    fn go_away(&self, is_away: bool) {
        self.state.is_away.store(is_away, Ordering::SeqCst);
    }

    fn looks(&self) -> usize {
        self.state.looks.load(Ordering::SeqCst)
    }

    /// Opens a desk behind this front, which has been looked at when the desk is returned.
    fn open(&self, folder: &Folder, authority: &Authority) -> Desk {
        let file = folder.file("authority.pem");
        std::fs::write(&file, authority.pem()).unwrap();
        let (url, file) = (self.url(), file.to_str().unwrap().to_owned());
        let desk = folder.open_with(&[("ORDERS_SERVER__PUBLIC_URL", &url), ("SSL_CERT_FILE", &file)]);
        until(|| self.looks() > 0);
        desk
    }

    /// Has the desk look again, and waits until it has.
    fn look_again(&self, desk: &Desk) {
        let looks = self.looks();
        // The first signal may come before the desk waits for one.
        until(|| {
            desk.signal("HUP");
            std::thread::sleep(Duration::from_millis(100));
            self.looks() > looks
        });
    }
}

fn warnings(desk: &Desk) -> usize {
    let log = desk.folder.log();
    log.lines().filter(|line| line.contains(" WARN ") && line.contains("certificate that people")).count()
}

#[test]
fn it_is_told_whether_it_is_near_or_past() {
    let authority = Authority::new();
    let soon = in_days(5);
    let front = Front::new(authority.tls("localhost", soon));
    let desk = front.open(&Folder::new(), &authority);
    until(|| desk.get("/metrics").text().contains(SERIES));
    assert_eq!(value(&desk.get("/metrics"), SERIES), unix(soon).to_string());
    assert_eq!(warnings(&desk), 0, "{}", desk.folder.log());

    // One that nobody trusts is the one that matters most.
    let past = days_ago(2);
    front.show(authority.tls("localhost", past));
    front.look_again(&desk);
    until(|| value(&desk.get("/metrics"), SERIES) == unix(past).to_string());
    until(|| warnings(&desk) == 1);
    assert!(desk.folder.log().contains("it has expired"), "{}", desk.folder.log());
    let foreign = in_days(90);
    front.show(Authority::new().tls("elsewhere.example", foreign));
    front.look_again(&desk);
    until(|| value(&desk.get("/metrics"), SERIES) == unix(foreign).to_string());
    assert_eq!(front.state.heard.load(Ordering::SeqCst), 0, "nothing is said to whom it looks at");
}

#[test]
fn while_nobody_is_there_it_stays_as_it_was() {
    let authority = Authority::new();
    let end = in_days(50);
    let front = Front::new(authority.tls("localhost", end));
    front.go_away(true);
    let desk = front.open(&Folder::new(), &authority);
    until(|| warnings(&desk) == 1);
    assert!(!desk.get("/metrics").text().contains(SERIES), "not known is not told");
    for _ in 0..3 {
        front.look_again(&desk);
    }
    assert_eq!(warnings(&desk), 1, "it is told once: {}", desk.folder.log());

    front.go_away(false);
    front.look_again(&desk);
    until(|| desk.folder.log().contains("is well again"));
    assert_eq!(value(&desk.get("/metrics"), SERIES), unix(end).to_string());

    front.go_away(true);
    front.look_again(&desk);
    until(|| warnings(&desk) == 2);
    assert_eq!(value(&desk.get("/metrics"), SERIES), unix(end).to_string());
    assert_eq!(desk.get("/readyz").status, 200);
}

#[test]
fn without_tls_there_is_nothing_to_tell() {
    for url in ["", "http://desk.example"] {
        let desk = Desk::open_with(&[("ORDERS_SERVER__PUBLIC_URL", url)]);
        assert!(!desk.get("/metrics").text().contains(SERIES));
    }
}

#[test]
fn the_desk_answers_to_where_people_reach_it() {
    let desk = Desk::open_with(&[
        ("ORDERS_SERVER__PUBLIC_URL", "http://desk.example:8080"),
        ("ORDERS_SERVER__HOSTS", "[\"other.example\"]"),
    ]);
    for (host, status) in
        [("desk.example:8080", 200), ("desk.example", 200), ("other.example", 200), ("evil.example", 421)]
    {
        assert_eq!(desk.get_with("/", &[("host", host)]).status, status, "{host}");
    }
}

#[test]
fn an_address_that_is_none_is_refused_without_its_password() {
    for (url, words) in [
        ("desk.example", "must begin with https:// or http://"),
        ("https://desk.example/orders", "must end with the host or its port"),
        ("https://clerk:hunter2@desk.example", "must not have a user or a password"),
    ] {
        let folder = Folder::without_server();
        let refused = folder.orders(&["serve"]).env("ORDERS_SERVER__PUBLIC_URL", url).assert().code(1);
        let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(said.contains("server.public_url") && said.contains(words), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(folder.file_names().is_empty());
    }
}
