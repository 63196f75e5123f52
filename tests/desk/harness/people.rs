//! People who are signed in: sessions that stand in the database without anybody having asked a provider.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};

use crate::harness::database::Database;
use crate::harness::program::{Answer, Desk, Folder};

/// Where people reach the desk; by https, so that its cookies are for this host alone.
pub const PUBLIC: &str = "https://orders.example.com";
/// What a browser says of a form on the desk's own page.
pub const SAME_ORIGIN: (&str, &str) = ("sec-fetch-site", "same-origin");

const HOUR: i64 = 3600;

/// Settings of a desk where people sign in, at a provider that is away.
pub const SIGN_IN: [(&str, &str); 5] = [
    ("ORDERS_AUTH__MODE", "oidc"),
    ("ORDERS_AUTH__ISSUER", "http://127.0.0.1:9/"),
    ("ORDERS_AUTH__CLIENT_ID", "orders"),
    ("ORDERS_AUTH__ROLES__CLERK", "[\"clerk\"]"),
    ("ORDERS_SERVER__PUBLIC_URL", PUBLIC),
];

/// A browser in which somebody is signed in.
#[derive(Debug, Clone)]
pub struct Browser {
    pub token: String,
}

/// A session as it is put there.
pub struct Stored<'a> {
    pub name: &'a str,
    pub roles: &'a str,
    /// Seconds from now, before now if negative.
    pub seen: i64,
    pub ends: i64,
}

impl Browser {
    /// Signs somebody in who has these roles.
    pub fn of(folder: &Folder, name: &str, roles: &str) -> Self {
        Self::with(folder, &Stored { name, roles, seen: 0, ends: 24 * HOUR })
    }

    /// The same with a session of some age.
    pub fn with(folder: &Folder, Stored { name, roles, seen, ends }: &Stored<'_>) -> Self {
        static TOKENS: AtomicU32 = AtomicU32::new(0);
        let token = format!("{:042}A", TOKENS.fetch_add(1, Ordering::Relaxed));
        let mut database = folder.database();
        let (seen, ends) = (moment(&database, *seen), moment(&database, *ends));
        let hash = bytes(&database, &Sha256::digest(&token));
        database.execute(&format!(
            "INSERT INTO people (issuer, subject, name, created_at, seen_at) SELECT 'https://login.example', \
             '{name}', '{name}', {seen}, {seen} WHERE NOT EXISTS (SELECT 1 FROM people WHERE subject = '{name}')"
        ));
        database.execute(&format!(
            "INSERT INTO sessions (token_hash, person_id, roles, client, created_at, seen_at, ends_at) \
             SELECT {hash}, id, '{roles}', '192.0.2.7', {seen}, {seen}, {ends} FROM people WHERE subject = '{name}'"
        ));
        Self { token }
    }

    /// What it sends with every request.
    pub fn cookie(&self) -> String {
        format!("__Host-orders-session={}", self.token)
    }

    pub fn get(&self, desk: &Desk, path: &str) -> Answer {
        desk.get_with(path, &[("cookie", &self.cookie())])
    }

    /// Sends a form of the desk's own page.
    pub fn post(&self, desk: &Desk, path: &str, fields: &[(&str, &str)]) -> Answer {
        desk.post_with(path, fields, &[("cookie", &self.cookie()), SAME_ORIGIN])
    }

    /// Whether a desk knows who it is.
    pub fn is_known(&self, desk: &Desk) -> bool {
        let answer = self.get(desk, "/account");
        match answer.status {
            200 => true,
            303 if answer.location().starts_with("/sign-in") => false,
            status => panic!("{status}: {}", answer.text()),
        }
    }
}

impl Desk {
    /// A desk where people sign in.
    pub fn open_for_people() -> Self {
        Self::open_with(&SIGN_IN)
    }
}

/// Some seconds from now, in UTC.
fn moment(database: &Database, seconds: i64) -> String {
    match database {
        Database::Sqlite(_) => format!("datetime('now', '{seconds} seconds')"),
        Database::Server(_) => format!("DATEADD(second, {seconds}, SYSUTCDATETIME())"),
    }
}

fn bytes(database: &Database, bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in bytes {
        write!(hex, "{byte:02x}").unwrap();
    }
    match database {
        Database::Sqlite(_) => format!("x'{hex}'"),
        Database::Server(_) => format!("0x{hex}"),
    }
}
