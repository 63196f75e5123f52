//! `database.url`: what is taken, how it is shown, and that no password is ever said.

use std::fs;

use crate::harness::program::Folder;

const PASSWORD: &str = "hunter2";

/// What a database on a server wants besides its URL.
const KEY_FILE: (&str, &str) = ("ORDERS_CARDS__KEY_FILE", "desk.keys");
const TOKEN_FILE: (&str, &str) = ("ORDERS_DATABASE__TOKEN_FILE", "token");
const PROD: (&str, &str) = ("ORDERS_PROFILE", "prod");

/// The URL as `orders config` shows it, with where it came from.
fn shown(folder: &Folder, variables: &[(&str, &str)]) -> String {
    let assert = folder.orders(&["config"]).envs(variables.iter().copied()).assert().success().stderr("");
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("database.url ")).unwrap();
    assert!(!said.contains(PASSWORD), "{said}");
    line.trim().replace("  ", " ")
}

/// Asserts that a command fails with one sentence, says no password and makes nothing; the sentence.
fn refusal(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let before = folder.file_names();
    let said = folder.complaint(arguments, variables);
    assert!(!said.contains(PASSWORD) && !said.contains("clerk"), "{said}");
    assert_eq!(folder.file_names(), before, "{said}");
    said
}

/// A refusal of what the variable says.
fn refusal_of(url: &str) -> String {
    let folder = Folder::without_server();
    let variables = [("ORDERS_DATABASE__URL", url)];
    let said = refusal(&folder, &["serve"], &variables);
    assert_eq!(refusal(&folder, &["config"], &variables), said);
    said
}

#[test]
fn every_form_is_shown_in_its_own_form_without_the_password() {
    let folder = Folder::without_server();
    for (url, text) in [
        ("sqlite:data/orders.db", "sqlite:data/orders.db"),
        ("mssql://clerk:hunter2@host/orders", "mssql://clerk:•••@host:1433/orders"),
        ("\"mssql://clerk:hunter2@host/orders\"", "mssql://clerk:•••@host:1433/orders"),
        (" mssql://clerk:hunter2@[::1]/orders\n", "mssql://clerk:•••@[::1]:1433/orders"),
        (
            "sqlserver://clerk:hunter2%2C%7B%5B@[::1]:1434/orders?ca=ca.pem&encrypt=strict",
            "mssql://clerk:•••@[::1]:1434/orders?ca=ca.pem&encrypt=strict",
        ),
        ("mssql://clerk:hunter2,{[]}='\"@host/orders", "mssql://clerk:•••@host:1433/orders"),
        (
            "Server=tcp:orders.database.windows.net,1433;Initial Catalog=orders;Persist Security Info=False;User ID=clerk;Password={hunter2;a,b};MultipleActiveResultSets=False;Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;",
            "Server=tcp:orders.database.windows.net,1433;Initial Catalog=orders;User ID=clerk;Password=•••;Encrypt=True",
        ),
        (
            "Server=host;Database=orders;UID=clerk;PWD='hunter2 = \"it''s\" [1,2]';Encrypt=Strict",
            "Server=tcp:host,1433;Initial Catalog=orders;User ID=clerk;Password=•••;Encrypt=Strict",
        ),
        (
            "Password=\"hunter2\";User=clerk;Database=orders;Server=host",
            "Server=tcp:host,1433;Initial Catalog=orders;User ID=clerk;Password=•••;Encrypt=True",
        ),
    ] {
        let variables = [("ORDERS_DATABASE__URL", url), KEY_FILE];
        assert_eq!(shown(&folder, &variables), format!("{text:?} ORDERS_DATABASE__URL"), "{url}");
    }
    assert!(folder.file_names().is_empty());
}

#[test]
fn a_login_by_token_is_shown_as_one() {
    let text = "Server=tcp:host,1433;Initial Catalog=orders;Encrypt=True;TrustServerCertificate=False;Connection Timeout=30;Authentication=\"Active Directory Default\";";
    let variables = [("ORDERS_DATABASE__URL", text), KEY_FILE, TOKEN_FILE, PROD];
    assert_eq!(
        shown(&Folder::without_server(), &variables),
        r#""Server=tcp:host,1433;Initial Catalog=orders;Authentication=\"Active Directory Default\";Encrypt=True" ORDERS_DATABASE__URL"#
    );
    let variables = [("ORDERS_DATABASE__URL", "mssql://host/orders"), KEY_FILE, TOKEN_FILE, PROD];
    assert_eq!(
        shown(&Folder::without_server(), &variables),
        "\"mssql://host:1433/orders\" ORDERS_DATABASE__URL"
    );
}

#[test]
fn the_password_is_masked_whatever_layer_it_comes_from() {
    let folder = Folder::without_server();
    let url = "mssql://clerk:hunter2@host/orders";
    let masked = "\"mssql://clerk:•••@host:1433/orders\"";
    for section in ["default", "dev"] {
        let file =
            format!("[{section}.database]\nurl = \"{url}\"\n[default.cards]\nkey_file = \"desk.keys\"\n");
        fs::write(folder.file("config.toml"), file).unwrap();
        assert_eq!(shown(&folder, &[]), format!("{masked} config.toml"));
    }
    let over = [("ORDERS_DATABASE__URL", "Server=a;Database=b;User=c;Password=hunter2d")];
    assert_eq!(
        shown(&folder, &over),
        "\"Server=tcp:a,1433;Initial Catalog=b;User ID=c;Password=•••;Encrypt=True\" ORDERS_DATABASE__URL"
    );
}

#[test]
fn what_has_none_of_the_three_forms_is_refused() {
    for url in
        ["hunter2", "postgres://clerk:hunter2@host/orders?ssl=on", "{a=\"hunter2\"}", "[hunter2]", "1234567"]
    {
        let said = refusal_of(url);
        assert!(
            said.contains(
                "setting database.url must look like sqlite:orders.db, mssql://user:password@host/database, \
                 or an ADO.NET connection string (set in ORDERS_DATABASE__URL)"
            ),
            "{said}"
        );
        assert!(!said.contains("1234567"), "{said}");
    }
}

#[test]
fn urls_that_cannot_be_used_are_refused() {
    for (url, words) in [
        ("mssql://clerk:hunter2@/orders", "database.url must name the server's host"),
        ("mssql://clerk:hunter2@host", "database.url must name a database"),
        ("mssql://clerk:1433/hunter2@host/orders", "database.url must be percent-encoded"),
        ("mssql://clerk:1433?hunter2@host/orders", "database.url must be percent-encoded"),
        ("mssql://hunter2@host/orders", "database.url must give both a user and a password"),
        ("mssql://clerk:hunter2@host:70000/orders", "database.url must give a port"),
        ("mssql://clerk:hunter2@host/orders?encript=strict", "did you mean encrypt?"),
        ("mssql://clerk:hunter2@host/orders?hunter2", "none of ca, encrypt, trust and hostname"),
        ("mssql://clerk:hunter2@host/orders?encrypt=no", "database.url turns encryption off"),
        (
            "mssql://clerk:hunter2@host/orders?encrypt=hunter2",
            "database.url must say true or strict for encrypt",
        ),
        ("mssql://clerk:hunter2@host/orders?ca=a&trust=any", "a certificate's file or trust any certificate"),
        ("mssql://clerk:hunter2@host/orders?trust=any&trust=any", "database.url gives trust twice"),
    ] {
        let said = refusal_of(url);
        assert!(said.contains(words), "{url}: {said}");
    }
}

#[test]
fn connection_strings_that_cannot_be_used_are_refused() {
    for (rest, words) in [
        (
            "Password=a;hunter2;Encrypt=True",
            "an unknown keyword behind Password, where a value that holds ; must",
        ),
        ("Password=a;hunter2=1", "an unknown keyword behind Password"),
        ("Password=hunter2;Encript=True", "did you mean Encrypt?"),
        ("Password=\"hunter2\"b", "has a quoted value that does not end"),
        ("Password={hunter2;Encrypt=True", "has a quoted value that does not end"),
        ("Password=hunter2;Encrypt=False", "database.url turns encryption off"),
        ("Password=hunter2;Encrypt=hunter2", "must say true or strict for Encrypt"),
        ("Password=hunter2;PWD=hunter2", "gives Password twice"),
        ("Password=hunter2;Integrated Security=SSPI", "asks for Integrated Security, which is not supported"),
        ("Authentication=Active Directory Interactive", "asks for Active Directory Interactive"),
        ("Password=hunter2;Authentication=Active Directory Password", "asks for Active Directory Password"),
        ("Password=hunter2;Authentication=Active Directory Service Principal", "leave the password out"),
        ("Encrypt=True", "must give both a user and a password"),
    ] {
        let said = refusal_of(&format!("Server=tcp:host,1433;Database=orders;User ID=clerk;{rest}"));
        assert!(said.contains(words), "{rest}: {said}");
    }
    for (server, words) in [
        (r"tcp:host\hunter2", "names an instance"),
        (r"np:\\host\pipe", "must reach the server by TCP"),
        ("tcp:host:1433", "must name the server's host"),
    ] {
        let said = refusal_of(&format!("Server={server};Database=orders;User ID=clerk;Password=hunter2"));
        assert!(said.contains(words), "{server}: {said}");
    }
}

#[test]
fn a_file_with_a_mistake_is_refused_without_its_lines() {
    let folder = Folder::without_server();
    for line in [
        "url = mssql://clerk:hunter2@host/orders",
        "url = \"mssql://clerk:hunter2@host/orders",
        "url = \"Server=host;Password=\"hunter2\"\"",
        "url = [\"hunter2\"]",
        "url = { password = \"hunter2\" }",
        "url = \"clerk:hunter2@host\"",
    ] {
        fs::write(folder.file("config.toml"), format!("[default.database]\n{line}\n")).unwrap();
        let said = refusal(&folder, &["config"], &[]);
        assert!(said.contains("config.toml"), "{line}: {said}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let folder = Folder::without_server();
    let url = |url: &'static str| ("ORDERS_DATABASE__URL", url);
    let (user, any) = ("mssql://clerk:hunter2@host/orders", "mssql://clerk:hunter2@host/orders?trust=any");
    let connection = "Server=host;Database=orders;UID=clerk;PWD=hunter2;TrustServerCertificate=True";
    for (variables, words) in [
        (&[url(user)][..], "cards.key_file must name the key file where database.url is not an SQLite file"),
        (&[url(user), KEY_FILE, TOKEN_FILE], "database.token_file is another login: keep one of them"),
        (&[url(any), KEY_FILE, PROD], "trusts any certificate, which the profile prod does not allow"),
        (&[url(connection), KEY_FILE, PROD], "trusts any certificate, which the profile prod does not allow"),
    ] {
        let said = refusal(&folder, &["serve"], variables);
        assert!(said.contains(words), "{variables:?}: {said}");
    }
}

#[test]
fn settings_of_a_server_have_their_bounds() {
    let folder = Folder::without_server();
    for (name, value, words) in [
        ("CONNECTIONS", "0", "database.connections must be from 1 to 200"),
        ("CONNECTIONS", "201", "database.connections must be from 1 to 200"),
        ("CONNECT_TIMEOUT_SECONDS", "0.5", "database.connect_timeout_seconds must be 1 or more"),
        ("COMMAND_TIMEOUT_SECONDS", "0", "database.command_timeout_seconds must be 1 or more"),
        ("WAIT_SECONDS", "-1", "database.wait_seconds must be from 0 to 3600 seconds"),
        ("RETRY_SECONDS", "3601", "database.retry_seconds must be from 0 to 3600 seconds"),
    ] {
        let said = refusal(&folder, &["config"], &[(&format!("ORDERS_DATABASE__{name}"), value)]);
        assert!(said.contains(words), "{name}={value}: {said}");
    }
}
