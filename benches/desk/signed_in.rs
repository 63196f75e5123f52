//! What it costs that people sign in: page 1 for somebody who has, beside page 1 of a desk where nobody does.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::load::{self, Ask};
use crate::programs::{Program, Seeded};
use crate::rates;

/// A provider that nobody answers for: who is in stays in, and the desk tries again.
const SETTINGS: [(&str, &str); 5] = [
    ("ORDERS_SERVER__PUBLIC_URL", "http://127.0.0.1:5000"),
    ("ORDERS_AUTH__MODE", "oidc"),
    ("ORDERS_AUTH__ISSUER", "http://127.0.0.1:9"),
    ("ORDERS_AUTH__CLIENT_ID", "orders"),
    ("ORDERS_AUTH__ROLES__CLERK", "clerk"),
];

/// Prints both rates, and the one by the other.
pub fn measure(seeded: &Seeded) -> Result<()> {
    let copies = [seeded.copy()?, seeded.copy()?];
    let [signed_in, open] = copies.each_ref().map(|copy| copy.path().join("orders.db"));
    // A desk has made its tables by the time that it was seeded.
    let token = begin_session(&signed_in)?;
    let both = [Program::desk_with(&signed_in, &SETTINGS)?, Program::desk(&open)?];
    let page = load::page(both[0].address, Ask::SignedIn(&token))?;
    ensure!(page.contains("Anna Berg"), "nobody is signed in: {}", page.lines().next().unwrap_or_default());
    // A desk where nobody signs in looks at no cookie.
    let [signed_in, open] = rates(Ask::SignedIn(&token), &both)?;
    println!(
        "\nList, page 1, for somebody who has signed in: {}; where nobody does: {}; {:.2} of it.",
        signed_in.cell().shown,
        open.cell().shown,
        signed_in.per_second / open.per_second
    );
    Ok(())
}

/// A person's session, as signing in would have begun it; its token.
fn begin_session(database: &Path) -> Result<String> {
    let token = URL_SAFE_NO_PAD.encode([7; 32]);
    let hash = Sha256::digest(token.as_bytes());
    let file = Connection::open(database)?;
    file.execute_batch(
        "INSERT INTO people (id, issuer, subject, name, created_at, seen_at) \
         VALUES (1, 'http://127.0.0.1:9', 'anna', 'Anna Berg', datetime('now'), datetime('now'))",
    )
    .context("people")?;
    file.execute(
        "INSERT INTO sessions (token_hash, person_id, roles, created_at, seen_at, ends_at) \
         VALUES (?1, 1, 'clerk', datetime('now'), datetime('now'), datetime('now', '+1 day'))",
        [&hash[..]],
    )
    .context("sessions")?;
    Ok(token)
}
