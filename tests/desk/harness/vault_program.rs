//! The built program with its secrets in the double's vault.

use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::harness::program::{Desk, Folder};
use crate::harness::vault::{Double, Identity};

/// A failure that waiting does not mend is told well before the deadline for fetching secrets, which is 20 seconds.
const AT_ONCE: Duration = Duration::from_secs(10);

/// A folder to run the program in, and the cloud around it.
pub struct Tenant {
    pub double: Double,
    pub folder: Folder,
    pub identity: Identity,
}

impl Tenant {
    /// A pod whose vault is empty.
    pub fn new() -> Self {
        Self::with(Identity::Workload)
    }

    pub fn with(identity: Identity) -> Self {
        Self { double: Double::open(), folder: Folder::without_server(), identity }
    }

    /// A vault with a secret of each kind.
    pub fn furnished() -> Self {
        let tenant = Self::new();
        tenant.double.keep("database--url", "sqlite:./orders.db");
        tenant.double.keep("webhooks--signing-key", SIGNING_KEY);
        tenant.double.keep("cards--seal-key", SEAL_KEY);
        tenant.double.keep("cards--hash-key", HASH_KEY);
        tenant
    }

    pub fn program(&self) -> Command {
        let mut command = self.folder.program();
        command.envs(self.double.environment(self.identity));
        command
    }

    /// A command line that ends by itself.
    pub fn orders(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = self.folder.orders(arguments);
        command.envs(self.double.environment(self.identity));
        command
    }

    pub fn open(&self) -> Desk {
        self.open_with(&[])
    }

    pub fn open_with(&self, variables: &[(&str, &str)]) -> Desk {
        let mut command = self.program();
        command.arg("serve").envs(variables.iter().copied());
        Desk::start(&self.folder, command)
    }

    /// What `orders config` shows, and what it logs; neither tells a secret.
    pub fn settings(&self, variables: &[(&str, &str)]) -> (String, String) {
        let mut command = self.orders(&["config"]);
        let assert = command.envs(variables.iter().copied()).assert();
        let output = assert.get_output();
        let shown = String::from_utf8(output.stdout.clone()).unwrap();
        let log = String::from_utf8(output.stderr.clone()).unwrap();
        self.double.assert_nothing_told(&[&shown, &log]);
        assert.success();
        (shown, log)
    }

    /// The sentence with which the program ends instead of serving, with all that it logs: at once, with exit code
    /// 1, without a file made or a secret told.
    pub fn complaint(&self, variables: &[(&str, &str)]) -> String {
        let (said, took) = self.complaint_and_time(variables);
        assert!(took < AT_ONCE, "{took:?}: {said}");
        said
    }

    /// The same for what may take a while.
    pub fn complaint_and_time(&self, variables: &[(&str, &str)]) -> (String, Duration) {
        let began = Instant::now();
        let mut command = self.orders(&["serve"]);
        command.env("ORDERS_LOG__LEVEL", "trace").env("RUST_BACKTRACE", "1");
        command.env("ORDERS_SERVER__LISTEN", "127.0.0.1:0");
        let assert = command.envs(variables.iter().copied()).assert();
        let took = began.elapsed();
        let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        self.double.assert_nothing_told(&[&said]);
        assert.code(1).stdout("");
        assert!(self.folder.file_names().is_empty(), "{:?}", self.folder.file_names());
        (sentence(&said), took)
    }
}

/// The one line that is no line of the log.
fn sentence(said: &str) -> String {
    let is_of_log = |line: &&str| line.starts_with("20") && line.contains('Z');
    let rest: Vec<_> = said.lines().filter(|line| !is_of_log(line)).collect();
    let [sentence] = rest[..] else { panic!("{rest:#?}") };
    assert!(said.ends_with(&format!("{sentence}\n")), "the sentence comes last");
    assert!(sentence.starts_with("orders: ") && sentence.ends_with('.'), "{sentence}");
    sentence.to_owned()
}

/// Asserts that a sentence has all of these words.
#[track_caller]
pub fn assert_says(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "{word:?} is missing: {sentence}");
    }
}

pub const SIGNING_KEY: &str = "whsec_bm9ib2R5IG1heSBiZSB0b2xkIHRoaXMgc2lnbmluZyBrZXk=";
pub const SEAL_KEY: &str = "c2VhbC1rZXktdGhhdC1ub2JvZHktbWF5LWJlLXRvbGQ=";
pub const HASH_KEY: &str = "aGFzaC1rZXktdGhhdC1ub2JvZHktbWF5LWJlLXRvbGQ=";

/// Another card key.
pub fn random_key() -> String {
    BASE64_STANDARD.encode([(); 32].map(|()| fastrand::u8(..)))
}
