//! A whole desk from a file to a server, and back: what comes back is what went.

use rusqlite::Connection;

use crate::harness::database::Database;
use crate::harness::program::{Folder, PATIENCE, form, stdout};
use crate::harness::server_database::is_skipped_without_server;
use crate::relocation::contents;

#[test]
fn a_desk_goes_to_a_server_and_comes_back() {
    if is_skipped_without_server() {
        return;
    }
    let (file, server) = (Folder::without_server(), Folder::new());
    for arguments in [&["seed", "--rows", "9000", "--dirty"][..], &["seed", "--rows", "50", "--seed", "2"]] {
        file.orders(arguments).timeout(4 * PATIENCE).assert().success();
    }
    let desk = file.open();
    desk.edit(7, &[("note", "Ring the bell ☎ twice")]);
    desk.post("/views?store=HI", &[("name", "Über HI")]);
    desk.close();
    let keys = file.file("orders.keys");
    let keys = [("ORDERS_CARDS__KEY_FILE", keys.to_str().unwrap())];
    let there = ["move", "--to", &server.on_server().url()];
    let said = file.program().args([&there[..], &["--rehearse"]].concat()).output().unwrap();
    assert!(stdout(&said).contains("all the same"));
    assert!(stdout(&file.program().args(there).output().unwrap()).contains("all the same"));
    server.stored().assert_sound();

    let back = file.file("back.db");
    let url = format!("sqlite:{}", back.display());
    stdout(&server.program().args(["move", "--to", &url]).envs(keys).output().unwrap());
    let [went, came] = [file.file("orders.db"), back].map(|path| Connection::open(path).unwrap());
    let (went, came) = (contents(Database::Sqlite(went)), contents(Database::Sqlite(came)));
    assert!(went == came, "what came back is not what went");

    let desk = server.open_with(&keys);
    assert_eq!(desk.post("/orders", &form(&[])).number(), 9051);
}
