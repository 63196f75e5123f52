//! A provider of identities on this machine: it signs people in by OpenID Connect, and lies where it is told to.
//!
//! Mounted a second time below `auth::oidc`, whose tests ask it without a desk in between.

mod endpoint;
mod keys;
mod lie;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

pub use endpoint::Fault;
use keys::SigningKey;
pub use lie::Lie;
use serde_json::{Value, json};

/// The id by which it knows the desk.
pub const CLIENT: &str = "order-desk";

/// Where people reach the desk.
pub const PUBLIC_URL: &str = "https://orders.example.com";

/// What somebody has agreed to, until the code for it is redeemed.
struct Grant {
    nonce: String,
    challenge: String,
    redirect: String,
}

/// A token request as it came.
#[derive(Debug, Clone)]
pub struct Redeemed {
    pub authorization: Option<String>,
    pub fields: BTreeMap<String, String>,
}

struct State {
    /// The claims of whoever signs in next, besides those that are about the token.
    person: Value,
    lie: Option<Lie>,
    /// By the path of an endpoint.
    faults: BTreeMap<&'static str, Fault>,
    /// What the client has to show in the header `Authorization`.
    authorization: Option<String>,
    key: SigningKey,
    published: Vec<SigningKey>,
    grants: BTreeMap<String, Grant>,
    redeemed: Vec<Redeemed>,
    /// Paths that were asked for.
    asked: Vec<String>,
    codes: u32,
    /// Whether it says to name itself in its answers (RFC 9207).
    names_itself: bool,
}

/// A provider on a port of its own, for as long as the test runs.
#[derive(Clone)]
pub struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Provider {
    pub const DISCOVERY: &str = "/tenant/.well-known/openid-configuration";
    pub const KEYS: &str = "/keys";
    pub const TOKEN: &str = "/token";

    /// An honest one, at which Anna works as a clerk.
    pub fn new() -> Self {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    pub fn on(listener: TcpListener) -> Self {
        let key = SigningKey::first();
        let state = State {
            person: json!({"sub": "anna-1", "name": "Anna Kowalska", "roles": ["clerk"]}),
            lie: None,
            faults: BTreeMap::new(),
            authorization: None,
            key,
            published: vec![key, SigningKey::elliptic()],
            grants: BTreeMap::new(),
            redeemed: Vec::new(),
            asked: Vec::new(),
            codes: 0,
            names_itself: false,
        };
        let double = Self { address: listener.local_addr().unwrap(), state: Arc::new(Mutex::new(state)) };
        let of_thread = double.clone();
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let double = of_thread.clone();
                std::thread::spawn(move || double.serve(caller));
            }
        });
        double
    }

    /// The same that says to name itself in its answers, or says nothing of it.
    pub fn naming_itself(self, names_itself: bool) -> Self {
        self.state.lock().unwrap().names_itself = names_itself;
        self
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL by which it calls itself.
    pub fn issuer(&self) -> String {
        format!("{}/tenant", self.url())
    }

    /// The settings of a desk at which people sign in here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        [
            ("ORDERS_SERVER__PUBLIC_URL", PUBLIC_URL),
            ("ORDERS_AUTH__MODE", "oidc"),
            ("ORDERS_AUTH__ISSUER", &self.issuer()),
            ("ORDERS_AUTH__CLIENT_ID", CLIENT),
            ("ORDERS_AUTH__ROLES__VIEWER", "viewer"),
            ("ORDERS_AUTH__ROLES__CLERK", "clerk"),
            ("ORDERS_AUTH__ROLES__AUDITOR", "auditor"),
            ("ORDERS_AUTH__ROLES__ADMIN", "admin"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Who signs in from now on, by their claims.
    pub fn person(&self, claims: Value) {
        self.state.lock().unwrap().person = claims;
    }

    /// From now on every token lies so.
    pub fn lie(&self, lie: Lie) {
        self.state.lock().unwrap().lie = Some(lie);
    }

    pub fn tell_the_truth(&self) {
        self.state.lock().unwrap().lie = None;
    }

    /// From now on an endpoint does so.
    pub fn fault(&self, path: &'static str, fault: Fault) {
        self.state.lock().unwrap().faults.insert(path, fault);
    }

    /// From now on no endpoint answers.
    pub fn go_away(&self) {
        for path in [Self::DISCOVERY, Self::KEYS, Self::TOKEN, endpoint::AUTHORIZE] {
            self.fault(path, Fault::HangUp);
        }
    }

    pub fn come_back(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    /// From now on the client has to show this in the header `Authorization`.
    pub fn want_authorization(&self, header: &str) {
        self.state.lock().unwrap().authorization = Some(header.to_owned());
    }

    /// Signs with another key from now on, and publishes that one alone.
    pub fn rotate(&self) {
        let mut state = self.state.lock().unwrap();
        state.key = SigningKey::second();
        state.published = vec![state.key];
    }

    /// No longer publishes the key by which it goes on signing.
    pub fn withdraw(&self) {
        self.state.lock().unwrap().published = vec![SigningKey::second()];
    }

    /// Signs by an elliptic curve from now on, or by RSA in its newer way.
    pub fn sign_otherwise(&self, algorithm: &str) {
        let mut state = self.state.lock().unwrap();
        state.key = match algorithm {
            "ES256" => SigningKey::elliptic(),
            "PS256" => SigningKey::first_with_pss(),
            other => panic!("{other}"),
        };
    }

    /// All token requests so far.
    pub fn redeemed(&self) -> Vec<Redeemed> {
        self.state.lock().unwrap().redeemed.clone()
    }

    /// How often a path was asked for.
    pub fn asked_for(&self, path: &str) -> usize {
        self.state.lock().unwrap().asked.iter().filter(|one| *one == path).count()
    }

    /// Signs somebody in without their browser: the code that would go back to the desk with it, and the state.
    pub fn consent(&self, url: &str) -> (String, String) {
        let query = url.split_once('?').unwrap().1;
        let back = self.authorize(&endpoint::fields(query));
        let fields = endpoint::fields(back.split_once('?').unwrap().1);
        (fields["code"].clone(), fields["state"].clone())
    }

    /// Where a browser is sent that comes for signing in.
    fn authorize(&self, fields: &BTreeMap<String, String>) -> String {
        let field =
            |name: &str| fields.get(name).unwrap_or_else(|| panic!("no {name} in {fields:?}")).clone();
        assert_eq!((field("response_type"), field("client_id")), ("code".to_owned(), CLIENT.to_owned()));
        assert_eq!(field("code_challenge_method"), "S256");
        assert!(field("scope").split(' ').any(|scope| scope == "openid"));
        for random in ["state", "nonce"] {
            assert!(field(random).len() >= 22, "128 bits: {}", field(random));
        }
        let mut state = self.state.lock().unwrap();
        state.codes += 1;
        let code = format!("code-{}-{}", state.codes, fastrand::u64(..));
        let grant = Grant {
            nonce: field("nonce"),
            challenge: field("code_challenge"),
            redirect: field("redirect_uri"),
        };
        let back =
            serde_urlencoded::to_string([("code", code.as_str()), ("state", &field("state"))]).unwrap();
        let back = format!("{}?{back}", grant.redirect);
        state.grants.insert(code, grant);
        back
    }

    /// The ID token of a grant, with the lie that was asked for.
    fn id_token(&self, state: &State, grant: &Grant) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "iss": self.issuer(), "aud": CLIENT, "iat": now, "nbf": now, "exp": now + 300, "nonce": grant.nonce,
        });
        for (name, value) in state.person.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let mut header = json!({"typ": "JWT", "alg": state.key.algorithm(), "kid": state.key.id()});
        match state.lie {
            Some(lie) => lie.sign(&mut header, &mut claims, state.key),
            None => state.key.token(&header, &claims),
        }
    }
}
