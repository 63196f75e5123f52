//! The command line.

use std::fs;
use std::net::TcpListener;

use crate::harness::database::{Database, verdict};
use crate::harness::program::{Folder, form};
use crate::harness::server_database::is_skipped_on_server;

fn stdout(folder: &Folder, arguments: &[&str]) -> String {
    let assert = folder.orders(arguments).assert().success().stderr("");
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn help_tells_a_stranger_what_there_is() {
    let folder = Folder::without_server();
    let mut all = String::new();
    for command in [
        &[][..],
        &["serve"],
        &["migrate"],
        &["adopt"],
        &["seed"],
        &["webhooks"],
        &["webhooks", "list"],
        &["webhooks", "resend"],
        &["webhooks", "discard"],
        &["jobs"],
        &["jobs", "list"],
        &["jobs", "follow"],
        &["jobs", "stop"],
        &["backup"],
        &["restore"],
        &["move"],
        &["check"],
        &["key"],
        &["key", "list"],
        &["key", "new"],
        &["key", "rotate"],
        &["key", "reseal"],
        &["key", "retire"],
        &["config"],
        &["healthcheck"],
        &["smoke"],
        &["completions"],
    ] {
        let help = stdout(&folder, &[command, &["--help"]].concat());
        all = format!("{all}$ orders {}\n{help}\n", [command, &["--help"]].concat().join(" "));
    }
    insta::assert_snapshot!("help", all);
    assert!(folder.file_names().is_empty(), "help makes no files");
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(
        stdout(&Folder::without_server(), &["--version"]),
        format!("orders {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn what_is_not_understood_ends_with_code_2_and_does_nothing() {
    let folder = Folder::without_server();
    for arguments in [
        &["sell"][..],
        &["seed", "--rows", "0"],
        &["seed", "--rows", "many"],
        &["seed", "--seed", "-1"],
        &["backup"],
        &["migrate", "now"],
        &["key"],
        &["key", "rotate", "both"],
        &["key", "retire", "seal"],
        &["key", "retire", "seal", "first"],
        &["key", "reseal", "--batch", "0"],
        &["jobs"],
        &["jobs", "follow"],
        &["jobs", "stop", "0"],
        &["jobs", "follow", "x"],
        &["completions", "tcl"],
        &["--config"],
    ] {
        folder.orders(arguments).assert().code(2).stdout("");
    }
    assert!(folder.file_names().is_empty());
}

#[test]
fn seed_tells_how_far_it_is_where_there_is_no_terminal() {
    let folder = Folder::new();
    let said = folder.orders(&["seed", "--rows", "40"]).assert().success();
    said.stderr("40 of 40 orders\n");
}

#[test]
fn a_desk_serves_while_it_is_seeded() {
    let folder = Folder::new();
    let desk = folder.open();
    folder.orders(&["seed", "--rows", "60"]).assert().success();
    assert!(desk.get("/").page().says("1 to 25 of 60, newest first"));
    desk.add(&[]);
    desk.stored().assert_sound();
}

#[test]
fn a_dry_run_of_migrate_lists_what_is_pending_and_makes_nothing() {
    let folder = Folder::new();
    let pending = stdout(&folder, &["migrate", "--dry-run"]);
    assert!(
        pending.lines().count() >= 1 && pending.lines().all(|line| line.starts_with("pending: ")),
        "{pending}"
    );
    assert!(folder.file_names().is_empty());

    let begun = format!("{}: bringing the schema up to date …\n", folder.database_name());
    assert_eq!(stdout(&folder, &["migrate"]), begun + &pending.replace("pending: ", "applied: "));
    let up_to_date = format!("{} is up to date\n", folder.database_name());
    assert_eq!(stdout(&folder, &["migrate"]), up_to_date);
    assert_eq!(stdout(&folder, &["migrate", "--dry-run"]), up_to_date);
    assert_eq!(folder.stored().orders, []);
    assert!(folder.has_beside_its_database(&[]), "keys are made by who needs them");
}

#[test]
fn a_backup_holds_everything_and_can_be_taken_while_the_desk_serves() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(60);
    let desk = folder.open();
    desk.add(&[]);
    let said = stdout(&folder, &["backup", "copy.db"]);
    assert!(said.starts_with("copy.db: copying orders.db …\ncopy.db: 61 orders, checked\n"), "{said}");
    assert!(said.contains("orders.keys"), "{said}");
    desk.add(&[]);

    let copy = rusqlite::Connection::open(folder.file("copy.db")).unwrap();
    assert_eq!(verdict(&copy), "ok");
    let copied = Database::Sqlite(copy).stored();
    copied.assert_sound();
    let newest = folder.stored().orders.into_iter().filter(|row| row.number <= 61).collect::<Vec<_>>();
    assert_eq!(copied.orders, newest);
    assert!(!folder.file("copy.db.new").exists());
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owners_eyes_only() {
    use std::os::unix::fs::PermissionsExt;
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(1);
    stdout(&folder, &["backup", "copy.db"]);
    assert_eq!(fs::metadata(folder.file("copy.db")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_backup_takes_the_place_of_a_lost_database() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(30);
    stdout(&folder, &["backup", "copy.db"]);
    let stored = folder.stored();
    fs::rename(folder.file("copy.db"), folder.file("orders.db")).unwrap();
    let desk = folder.open();
    assert!(desk.stored() == stored);
    assert_eq!(desk.add(&[]), 31);
}

#[test]
fn a_backup_replaces_nothing_and_makes_nothing_up() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(1);
    fs::write(folder.file("there"), "mine").unwrap();
    assert!(folder.complaint(&["backup", "there"], &[]).contains("there is there already"));
    assert_eq!(fs::read_to_string(folder.file("there")).unwrap(), "mine");
    assert!(
        folder.complaint(&["backup", "no/folder.db"], &[]).contains("cannot write the backup no/folder.db")
    );

    let empty = Folder::new();
    assert!(empty.complaint(&["backup", "copy.db"], &[]).contains("there is no database orders.db"));
    assert!(empty.file_names().is_empty());
    fs::write(empty.file("orders.db"), "this is no database at all, but some text".repeat(40)).unwrap();
    let said = empty.complaint(&["backup", "copy.db"], &[]);
    assert!(said.contains("orders.db is damaged or not an SQLite database"), "{said}");
    assert_eq!(empty.file_names(), ["orders.db"]);
}

#[test]
fn a_damaged_database_makes_no_backup() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::seeded(5);
    folder.database().execute("UPDATE order_counts SET orders = orders + 1 WHERE period <= 9999");
    let said = folder.complaint(&["backup", "copy.db"], &[]);
    assert!(said.contains("failed its check: 5 orders, but"), "{said}");
    assert!(!folder.file("copy.db").exists() && !folder.file("copy.db.new").exists());
}

#[test]
fn config_shows_every_setting() {
    insta::assert_snapshot!("config", stdout(&Folder::without_server(), &["config"]));
}

#[test]
fn config_tells_where_each_value_comes_from() {
    let folder = Folder::without_server();
    fs::write(
        folder.file("config.toml"),
        "[default.server]\nmax_connections = 7\n[prod.log]\nlevel = \"warn\"\n",
    )
    .unwrap();
    let said = folder
        .orders(&["config"])
        .env("ORDERS_PROFILE", "prod")
        .env("ORDERS_DESK__TIME_ZONE", "Europe/Berlin")
        .assert()
        .success();
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    assert!(said.starts_with("profile prod\n"), "{said}");
    let line = |name: &str| {
        let line =
            said.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {said}"));
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("server.max_connections"), "7 config.toml");
    assert_eq!(line("log.level"), "\"warn\" config.toml");
    assert_eq!(line("desk.time_zone"), "\"Europe/Berlin\" ORDERS_DESK__TIME_ZONE");
    assert_eq!(line("log.format"), "\"json\" built in");
    assert_eq!(line("database.migrate"), "false built in");
    assert_eq!(folder.file_names(), ["config.toml"]);
}

#[test]
fn a_variable_comes_over_a_file_and_a_file_over_what_is_built_in() {
    let folder = Folder::without_server();
    let value = |file: &str, variables: &[(&str, &str)]| {
        fs::write(folder.file("other.toml"), file).unwrap();
        let said =
            folder.orders(&["--config", "other.toml", "config"]).envs(variables.iter().copied()).assert();
        let said = String::from_utf8(said.success().get_output().stdout.clone()).unwrap();
        let line = said.lines().find(|line| line.starts_with("database.readers")).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(value("", &[]), "4");
    assert_eq!(value("[default.database]\nreaders = 5\n", &[]), "5");
    assert_eq!(value("[default.database]\nreaders = 5\n[dev.database]\nreaders = 6\n", &[]), "6");
    assert_eq!(value("[dev.database]\nreaders = 6\n", &[("ORDERS_DATABASE__READERS", "7")]), "7");
    // What Kubernetes gives every pod for a Service called `orders`.
    let service = [("ORDERS_SERVICE_HOST", "10.0.0.1"), ("ORDERS_PORT", "tcp://10.0.0.1:80")];
    assert_eq!(value("", &service), "4");
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let folder = Folder::without_server();
    for (file, words) in [
        (
            "[default.server]\nlisten_on = \"x\"\n",
            "server.listen_on, which is no setting. Did you mean server.listen?",
        ),
        ("[default.databse]\nurl = \"x\"\n", "databse.url, which is no setting. Did you mean database.url?"),
        ("[staging.log]\nlevl = \"info\"\n", "log.levl, which is no setting. Did you mean log.level?"),
        (
            "[server]\nlisten = \"127.0.0.1:1\"\n",
            "has a section [server]. Settings stand in a profile: write [default.server]",
        ),
        ("[default.server\n", "config.toml"),
    ] {
        fs::write(folder.file("config.toml"), file).unwrap();
        let said = folder.complaint(&["config"], &[]);
        assert!(said.contains(words) && said.contains("config.toml"), "{file}: {said}");
    }
    fs::remove_file(folder.file("config.toml")).unwrap();
    for (name, words) in [
        (
            "ORDERS_SERVER__LISTN",
            "ORDERS_SERVER__LISTN, which is no setting. Did you mean ORDERS_SERVER__LISTEN?",
        ),
        ("ORDERS_LISTEN", "Did you mean ORDERS_SERVER__LISTEN?"),
        ("ORDERS_LOG_LEVEL", "Did you mean ORDERS_LOG__LEVEL?"),
        ("ORDERS_PROFIL", "ORDERS_PROFIL"),
    ] {
        let said = folder.complaint(&["config"], &[(name, "x")]);
        assert!(said.contains(words), "{name}: {said}");
    }
    for (profile, nearest) in [("prodd", "prod"), ("production", "prod"), ("development", "dev")] {
        let said = folder.complaint(&["config"], &[("ORDERS_PROFILE", profile)]);
        assert!(said.contains(&format!("there is no profile {profile}. Did you mean {nearest}?")), "{said}");
    }
    let said = folder.complaint(&["--config", "no.toml", "config"], &[]);
    assert!(said.contains("there is no settings file no.toml"), "{said}");
}

#[test]
fn a_section_of_a_profile_that_counts_nowhere_is_refused() {
    let folder = Folder::without_server();
    fs::write(folder.file("config.toml"), "[prd.server]\nmax_connections = 5\n").unwrap();
    for profile in ["dev", "prod"] {
        let said = folder.complaint(&["config"], &[("ORDERS_PROFILE", profile)]);
        assert!(said.contains("config.toml has settings for a profile prd"), "{said}");
        assert!(said.contains("Did you mean prod?"), "{said}");
    }
}

#[test]
fn what_kubernetes_says_of_services_is_no_setting() {
    let folder = Folder::without_server();
    let foreign = [
        ("ORDERS_SERVICE_HOST", "10.0.0.1"),
        ("ORDERS_SERVICE_PORT", "80"),
        ("ORDERS_SERVICE_PORT_HTTP", "80"),
        ("ORDERS_PORT", "tcp://10.0.0.1:80"),
        ("ORDERS_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("ORDERS_PORT_80_TCP_PROTO", "tcp"),
        ("ORDERS_PORT_80_TCP_PORT", "80"),
        ("ORDERS_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("ORDERS_DB_SERVICE_HOST", "10.0.0.2"),
        ("ORDERS_DB_SERVICE_PORT", "1433"),
        ("ORDERS_DB_SERVICE_PORT_TDS", "1433"),
        ("ORDERS_DB_PORT", "tcp://10.0.0.2:1433"),
        ("ORDERS_DB_PORT_1433_TCP", "tcp://10.0.0.2:1433"),
    ];
    let plain = folder.orders(&["config"]).assert().success().get_output().stdout.clone();
    folder.orders(&["config"]).envs(foreign).assert().success().stdout(plain);
    let said = folder.complaint(&["config"], &[foreign[0], ("ORDERS_PORT", "5000")]);
    assert!(said.contains("ORDERS_PORT, which is no setting"), "{said}");
}

#[test]
fn a_list_in_a_variable_has_commas_between() {
    let folder = Folder::without_server();
    let lists = [
        ("ORDERS_SERVER__HOSTS", "orders.example.com, bücher.example"),
        ("ORDERS_WEBHOOKS__URLS", "https://a.example/1,https://b.example/2"),
        ("ORDERS_WEBHOOKS__SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ];
    let assert = folder.orders(&["config"]).envs(lists).assert().success();
    let said = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(said.contains(r#"["https://a.example/1", "https://b.example/2"]"#), "{said}");
    for (name, value, words) in [
        ("ORDERS_SERVER__HOSTS", "orders.example.com:443", "; write orders.example.com"),
        ("ORDERS_SERVER__HOSTS", "*.example.com", "; write example.com"),
        ("ORDERS_SERVER__HOSTS", "https://orders.example.com", "; write orders.example.com"),
        ("ORDERS_SERVER__HOSTS", "::1", "; write [::1]"),
        ("ORDERS_WEBHOOKS__URLS", "https://a.example/1,2", "webhooks.urls must be a list of URLs"),
        ("ORDERS_SERVER__REQUEST_TIMEOUT_SECONDS", "0", "server.request_timeout_seconds must be more than 0"),
        ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "0", "server.header_timeout_seconds must be more than 0"),
    ] {
        let said = folder.complaint(&["config"], &[(name, value)]);
        assert!(said.contains(words), "{name}={value}: {said}");
    }
}

#[test]
fn made_up_orders_get_into_production_only_if_somebody_insists() {
    let folder = Folder::new();
    folder.orders(&["migrate"]).assert().success();
    let prod = [("ORDERS_PROFILE", "prod")];
    let said = folder.complaint(&["seed", "--rows", "3"], &prod);
    assert!(said.contains("--yes") && said.contains("profile prod"), "{said}");
    assert_eq!(folder.stored().orders.len(), 0);
    folder.orders(&["seed", "--rows", "3", "--yes"]).envs(prod).assert().success();
    assert_eq!(folder.stored().orders.len(), 3);
    let many = folder.orders(&["seed", "--rows", "1,200", "--seed", "2"]).assert().success();
    let said = String::from_utf8(many.get_output().stdout.clone()).unwrap();
    assert!(said.contains("adding 1,200 orders") && said.contains("1,200 orders added"), "{said}");
    folder.orders(&["seed", "--rows", "1.200"]).assert().code(2);
}

#[test]
fn values_that_cannot_be_used_are_refused_with_their_place() {
    let folder = Folder::without_server();
    for (name, value, words) in [
        ("ORDERS_SERVER__LISTEN", "here", "server.listen"),
        ("ORDERS_SERVER__MAX_CONNECTIONS", "0", "server.max_connections must be 1 or more"),
        ("ORDERS_SERVER__MAX_CONNECTIONS", "-5", "server.max_connections"),
        ("ORDERS_SERVER__HEADER_TIMEOUT_SECONDS", "never", "server.header_timeout_seconds"),
        ("ORDERS_SERVER__MAX_BODY_BYTES", "1", "server.max_body_bytes must be from 1024 to 16777216"),
        ("ORDERS_DATABASE__READERS", "0", "database.readers must be from 1 to 64"),
        (
            "ORDERS_DATABASE__URL",
            "postgres://orders:secret@db/orders",
            "database.url must look like sqlite:orders.db",
        ),
        ("ORDERS_DATABASE__URL", "sqlite::memory:", "database.url must name a file"),
        ("ORDERS_CARDS__KEY_FILE", "orders.db", "cards.key_file and database.url name the same file"),
        ("ORDERS_DESK__TIME_ZONE", "Europe/Berln", "did you mean Europe/Berlin?"),
        (
            "ORDERS_AUTH__MODE",
            "noone",
            "auth.mode must be none, oidc, or empty, and is \"noone\"; did you mean none?",
        ),
        (
            "ORDERS_AUTH__MODE",
            "OIDC",
            "auth.mode must be none, oidc, or empty, and is \"OIDC\"; did you mean oidc?",
        ),
        ("ORDERS_AUTH__MODE", "oidc", "auth.mode is oidc, but auth.issuer is not set"),
        ("ORDERS_AUTH__ISSUER", "http://login.example.com", "auth.issuer must begin with https://"),
        (
            "ORDERS_AUTH__ROLES__CLERKS",
            "clerk",
            "ORDERS_AUTH__ROLES__CLERKS, which is no setting. Did you mean ORDERS_AUTH__ROLES__CLERK?",
        ),
        ("ORDERS_LOG__LEVEL", "loud", "log.level"),
        ("ORDERS_LOG__REQUESTS", "maybe", "log.requests"),
    ] {
        let said = folder.complaint(&["config"], &[(name, value)]);
        assert!(said.contains(words), "{name}={value}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn healthcheck_tells_whether_the_desk_is_ready() {
    let folder = Folder::new();
    let desk = folder.open();
    let listen = desk.address.to_string();
    folder
        .orders(&["healthcheck"])
        .env("ORDERS_SERVER__LISTEN", &listen)
        .assert()
        .success()
        .stdout("ready\n");
    let everywhere = format!("0.0.0.0:{}", desk.address.port());
    folder.orders(&["healthcheck"]).env("ORDERS_SERVER__LISTEN", everywhere).assert().success();
    desk.close();
    let said = folder.complaint(&["healthcheck"], &[("ORDERS_SERVER__LISTEN", &listen)]);
    assert!(said.contains(&format!("nobody answers at {listen}")), "{said}");
}

#[test]
fn healthcheck_fails_where_the_desk_is_stopping_or_mute() {
    let folder = Folder::new();
    let desk = folder.open_with(&[("ORDERS_SERVER__DRAIN_SECONDS", "60")]);
    let listen = desk.address.to_string();
    desk.signal("TERM");
    while desk.get("/readyz").status == 200 {}
    let said = folder.complaint(&["healthcheck"], &[("ORDERS_SERVER__LISTEN", &listen)]);
    assert!(said.contains("is not ready (status 503)"), "{said}");

    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = mute.local_addr().unwrap().to_string();
    assert!(
        folder.complaint(&["healthcheck"], &[("ORDERS_SERVER__LISTEN", &listen)]).contains("nobody answers")
    );
}

#[test]
fn completions_know_every_command() {
    let folder = Folder::without_server();
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&folder, &["completions", shell]);
        for command in [
            "serve",
            "migrate",
            "adopt",
            "seed",
            "backup",
            "key",
            "config",
            "healthcheck",
            "smoke",
            "completions",
        ] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    assert!(folder.file_names().is_empty());
}

#[test]
fn commands_use_the_database_and_keys_that_settings_name() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.file("data")).unwrap();
    fs::create_dir(folder.file("secret")).unwrap();
    let variables =
        [("ORDERS_DATABASE__URL", "sqlite:data/desk.db"), ("ORDERS_CARDS__KEY_FILE", "secret/keys.toml")];
    folder.orders(&["seed", "--rows", "3"]).envs(variables).assert().success();
    let desk = folder.open_with(&variables);
    assert!(desk.announcement.contains("SQLite data/desk.db"), "{}", desk.announcement);
    assert_eq!(desk.post("/orders", &form(&[])).number(), 4);
    assert!(folder.file("secret/keys.toml").exists());
    assert_eq!(folder.file_names(), ["data", "secret"]);
}
