//! A double of Key Vault and of the endpoints that give tokens for it, which Azure's own client takes for the real ones.
//!
//! The program finds it as its proxy: the double answers `CONNECT` for every host itself, under certificates of an
//! authority of its own, so that the program asks for the names of Azure. An App Service's endpoint for managed
//! identities, which is plain HTTP, is the same listener. It remembers what it was asked, and misbehaves when told.

mod certificates;
mod environment;
mod exchange;
mod fault;
mod listener;
mod secrets;
mod tokens;
mod told;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use certificates::Authority;
pub use certificates::Paper;
pub use environment::Identity;
pub use fault::{Fault, Gate, Place};
use secrets::Secrets;
use tokens::Tokens;
pub use tokens::{ASSERTION, CLIENT, CLIENT_SECRET, TENANT};
pub use told::Asked;
use told::Told;

use crate::harness::program::until;

/// The vault's host.
pub const VAULT: &str = "orders.vault.azure.net";
/// The host that gives tokens to workloads and to clients with a secret.
pub const ENTRA: &str = "login.microsoftonline.com";

/// The double; it listens until it is dropped.
pub struct Double {
    pub address: SocketAddr,
    folder: TempDir,
    state: Arc<Mutex<State>>,
}

struct State {
    authority: Authority,
    secrets: Secrets,
    tokens: Tokens,
    /// What nobody may be told besides.
    hidden: Vec<String>,
    gates: Vec<(String, Gate)>,
    /// What goes wrong where, and how often still.
    faults: Vec<(Place, Fault, usize)>,
    told: Told,
    is_over: bool,
}

impl Double {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Others than the owner of the tests may run the program.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let authority = Authority::new("the double");
        fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        fs::write(folder.path().join("assertion"), ASSERTION).unwrap();
        let state = Arc::new(Mutex::new(State {
            authority,
            secrets: Secrets::default(),
            tokens: Tokens::default(),
            hidden: Vec::new(),
            gates: Vec::new(),
            faults: Vec::new(),
            told: Told::default(),
            is_over: false,
        }));
        let address = listener::start(&state);
        Self { address, folder, state }
    }

    /// Adds a version of a secret, newer than all others; the version.
    pub fn keep(&self, name: &str, value: &str) -> String {
        self.locked().secrets.keep(name, value)
    }

    /// Adds a version of a secret that was made at a given second.
    pub fn keep_created(&self, name: &str, value: &str, created: u64) -> String {
        self.locked().secrets.keep_created(name, value, created)
    }

    pub fn disable(&self, name: &str, version: &str) {
        self.locked().secrets.disable(name, version);
    }

    /// The ids and values of all versions of a secret, oldest first.
    pub fn versions_of(&self, name: &str) -> Vec<(String, String)> {
        self.locked().secrets.versions_of(name)
    }

    /// Takes something for a secret that is not in the vault.
    pub fn hide(&self, value: &str) {
        self.locked().hidden.push(value.to_owned());
    }

    /// Lists this many secrets or versions a page.
    pub fn page_by(&self, length: usize) {
        self.locked().secrets.page_length = length;
    }

    /// Lets something go wrong from now on.
    pub fn misbehave(&self, place: Place, fault: Fault) {
        self.misbehave_times(usize::MAX, place, fault);
    }

    /// Lets something go wrong for the next few times.
    pub fn misbehave_times(&self, times: usize, place: Place, fault: Fault) {
        self.locked().faults.push((place, fault, times));
    }

    /// Decides how a host meets whoever comes.
    pub fn gate(&self, host: &str, gate: Gate) {
        self.locked().gates.push((host.to_owned(), gate));
    }

    /// Hangs up on everybody, and lets nobody connect again.
    pub fn leave(&self) {
        self.locked().is_over = true;
        listener::wake(self.address);
        until(|| TcpStream::connect(self.address).is_err());
    }

    /// Lets nothing go wrong any more.
    pub fn behave(&self) {
        let mut state = self.locked();
        state.faults.clear();
        state.gates.clear();
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.locked().told.asked.clone()
    }

    /// How many requests there were at a place.
    pub fn count(&self, place: Place) -> usize {
        self.asked().iter().filter(|asked| place.is_of(asked)).count()
    }

    /// How many connections to a host were wanted.
    pub fn visits(&self, host: &str) -> usize {
        self.locked().told.visits.iter().filter(|visited| *visited == host).count()
    }

    /// How many requests for values were open at the same time at most.
    pub fn most_at_once(&self) -> usize {
        self.locked().told.most_at_once
    }

    /// Asserts that none of the texts, and no URL that was asked for, tells what is secret; and that every request
    /// was one that Azure knows.
    pub fn assert_nothing_told(&self, texts: &[&str]) {
        let state = self.locked();
        let secrets = [state.secrets.values(), state.tokens.values(), state.hidden.clone()].concat();
        let urls = state.told.asked.iter().map(|asked| asked.url.as_str());
        for text in texts.iter().copied().chain(urls) {
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{secret} is told: {text}");
            }
        }
        for asked in &state.told.asked {
            assert_ne!(asked.place, Place::Nowhere, "{} {}", asked.method, asked.url);
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.locked().is_over = true;
        listener::wake(self.address);
    }
}

impl State {
    fn gate_of(&self, host: &str) -> Gate {
        let gate = self.gates.iter().rev().find(|(of, _)| of == host);
        gate.map_or(Gate::Open, |(_, gate)| *gate)
    }

    /// What goes wrong with a request this time.
    fn fault(&mut self, asked: &Asked) -> Option<Fault> {
        let (_, fault, times) =
            self.faults.iter_mut().find(|(place, _, times)| *times > 0 && place.is_of(asked))?;
        *times -= 1;
        Some(*fault)
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a silent host is silent: longer than anybody waits.
const SILENCE: Duration = Duration::from_mins(5);
