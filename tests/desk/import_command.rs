//! `orders import`: what is read, what becomes of it at the desk, and what is left where it is not taken.

use std::fs;
use std::process::Stdio;

use crate::harness::database::Value;
use crate::harness::program::{Folder, stdout, until};
use crate::harness::receiver::{Receiver, variables};
use crate::webhooks::states;

const CARD: &str = "4111111111111111";
const USER: &str = "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2";
const NAMES: &str = "order_date,store_code,product_code,product_quantity,user_id,card_number";

fn row(day: u32, quantity: &str) -> String {
    format!("2025-11-{day:02} 09:30:00,HI-9B97EE4E,R7-3126933h,{quantity},{USER},{CARD}")
}

fn file(rows: &[String]) -> String {
    format!("{NAMES}\n{}\n", rows.join("\n"))
}

/// Everything that a run says; its exit code is checked.
fn import(folder: &Folder, arguments: &[&str], code: i32) -> String {
    let done = folder.orders(&[&["import"], arguments].concat()).assert().code(code);
    let output = done.get_output();
    let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said)).concat();
    assert!(!said.contains(CARD), "{said}");
    said
}

/// All orders, their warnings and their history.
fn rows(folder: &Folder) -> [Vec<Vec<Value>>; 3] {
    let mut database = folder.database();
    [
        "SELECT * FROM orders ORDER BY number",
        "SELECT * FROM order_warnings ORDER BY order_number, kind",
        "SELECT * FROM order_events ORDER BY order_number, version",
    ]
    .map(|query| database.rows(query))
}

fn counts(said: &str) -> &str {
    said.lines().rfind(|line| line.ends_with(" wrong")).unwrap()
}

#[test]
fn orders_of_a_file_are_added_once() {
    let folder = Folder::seeded(2);
    fs::write(folder.file("new.csv"), file(&[row(3, "4"), row(4, "5")])).unwrap();
    let before = rows(&folder);
    let said = import(&folder, &["new.csv", "--dry-run"], 0);
    assert!(
        said.contains("row 2 new: 2025-11-03 09:30, HI-9B97EE4E, 4 × R7-3126933h, Visa •••• 1111"),
        "{said}"
    );
    assert_eq!(counts(&said), "2 new, 0 wrong");
    assert_eq!(rows(&folder), before, "a dry run writes nothing");

    assert_eq!(counts(&import(&folder, &["new.csv"], 0)), "2 added, 0 wrong");
    let after = rows(&folder);
    assert_eq!(after[0].len(), 4);
    let desk = folder.open();
    let page = desk.get("/orders/3");
    assert!(page.text().contains("an import by the command line"), "{}", page.text());
    assert!(page.text().contains("Visa •••• 1111") && !page.text().contains(CARD));
    drop(desk);

    assert_eq!(counts(&import(&folder, &["new.csv"], 0)), "0 added, 2 here already, 0 wrong");
    let piped =
        folder.orders(&["import", "-"]).write_stdin(file(&[row(3, "4"), row(4, "5")])).assert().success();
    assert_eq!(counts(stdout(piped.get_output())), "0 added, 2 here already, 0 wrong");
    assert_eq!(rows(&folder), after);
}

#[test]
fn an_export_comes_back_as_it_was() {
    let folder = Folder::seeded_dirty(120);
    let before = rows(&folder);
    for name in ["a.csv", "a.ndjson", "a.json", "a.xlsx"] {
        folder.orders(&["export", name]).assert().success();
        let said = import(&folder, &[name, "--update"], 0);
        assert_eq!(counts(&said), "0 added, 120 here already, 0 wrong", "{said}");
    }
    assert_eq!(rows(&folder), before);
    // Elsewhere its orders are new, and have no card.
    let elsewhere = Folder::seeded(1);
    fs::copy(folder.file("a.csv"), elsewhere.file("a.csv")).unwrap();
    let before = rows(&elsewhere);
    let said = import(&elsewhere, &["a.csv"], 1);
    assert!(said.contains("Enter the card number"), "{said}");
    assert_eq!(counts(&said), "0 added, 120 wrong");
    assert_eq!(rows(&elsewhere), before);
}

#[test]
fn orders_change_only_where_that_was_chosen() {
    let folder = Folder::seeded(3);
    folder.orders(&["export", "a.csv", "--excel", "--semicolons"]).assert().success();
    let text = fs::read_to_string(folder.file("a.csv")).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = lines.last_mut().unwrap();
    last.push_str("Call first");
    fs::write(folder.file("a.csv"), lines.join("\r\n")).unwrap();
    let before = rows(&folder);
    let said = import(&folder, &["a.csv", "--dry-run", "--update"], 0);
    assert!(said.contains("row 4 would change order 1: Note nothing → Call first"), "{said}");
    let said = import(&folder, &["a.csv"], 0);
    assert_eq!(
        counts(&said),
        "0 added, 2 here already, 1 would change an order, left as they are without --update, 0 wrong"
    );
    assert_eq!(rows(&folder), before);

    assert_eq!(
        counts(&import(&folder, &["a.csv", "--update"], 0)),
        "0 added, 2 here already, 1 changed, 0 wrong"
    );
    assert_eq!(counts(&import(&folder, &["a.csv", "--update"], 0)), "0 added, 3 here already, 0 wrong");
    let after = rows(&folder);
    assert_eq!((&after[0][1..], after[2].len()), (&before[0][1..], before[2].len() + 1));
    let desk = folder.open();
    let page = desk.get("/orders/1");
    assert!(page.text().contains("Call first") && page.text().contains("an import by the command line"));
}

#[test]
fn what_was_wrong_is_put_right_in_a_file_of_its_own() {
    let folder = Folder::seeded(1);
    fs::write(folder.file("in.csv"), file(&[row(3, "4"), row(4, "four"), row(5, "4111111111111111")]))
        .unwrap();
    let said = import(&folder, &["in.csv", "--wrong", "wrong.csv"], 1);
    assert_eq!(counts(&said), "1 added, 2 wrong");
    assert!(said.contains("2 rows were not imported"), "{said}");
    let wrong = fs::read_to_string(folder.file("wrong.csv")).unwrap();
    assert!(!wrong.contains(CARD) && wrong.contains("Visa •••• 1111 (card "), "{wrong}");
    assert!(wrong.contains("Row 3: Quantity must be a whole number, like 4 or 1,000."), "{wrong}");
    assert_eq!(wrong.lines().count(), 3);

    fs::write(folder.file("wrong.csv"), wrong.replace(",four,", ",4,")).unwrap();
    let said = import(&folder, &["wrong.csv"], 1);
    assert!(said.contains("the file that this one refers to is not kept any more"), "{said}");
    let said = import(&folder, &["wrong.csv", "--cards-from", "in.csv"], 1);
    assert_eq!(counts(&said), "1 added, 1 wrong");
    // It is the order of its row: the file that it came from says the same by now.
    let mend = ["in.csv", "--mend", "quantity:four=4"];
    assert_eq!(counts(&import(&folder, &mend, 1)), "0 added, 2 here already, 1 wrong");
    assert_eq!(rows(&folder)[0].len(), 3);
}

#[test]
fn what_has_to_be_said_first_is_asked_and_nothing_is_done() {
    let folder = Folder::seeded(1);
    let open = file(&[row(3, "4").replace("2025-11-03 09:30:00", "3/11/2025")]);
    fs::write(folder.file("open.csv"), &open).unwrap();
    fs::write(
        folder.file("cut.csv"),
        open.replace("3/11", "13/11").trim_end().trim_end_matches(CARD).trim_end_matches(','),
    )
    .unwrap();
    fs::write(folder.file("empty.csv"), "").unwrap();
    fs::write(folder.file("bomb.xlsx"), "PK\u{3}\u{4}").unwrap();
    let before = rows(&folder);
    for (arguments, words) in [
        (&["open.csv"][..], "Add --day-first if 3/4/2026 is 3 April, or --month-first if it is 4 March"),
        (&["cut.csv"], "the file ends in the middle of row 2, and nothing was imported"),
        (&["empty.csv"], "cannot import empty.csv: the file is empty"),
        (&["bomb.xlsx"], "the workbook is damaged or cut"),
        (&["nowhere.csv"], "cannot import nowhere.csv"),
        (&["."], "it is a folder"),
        (&["open.csv", "--map", "Nowhere=note"], "the file has no column Nowhere. It has: order_date"),
        (&["open.csv", "--default", "card_number=1"], "Card number is each order’s own"),
        (&["open.csv", "--default", "note=4111111111111111"], "this looks like a card number"),
    ] {
        let said = import(&folder, arguments, 1);
        assert!(said.contains(words), "{said}");
        assert_eq!(rows(&folder), before, "{arguments:?}");
    }
    for arguments in [
        &["open.csv", "--day-first", "--month-first"][..],
        &["open.csv", "--map", "a=nowhere"],
        &["open.csv", "--encoding", "klingon"],
    ] {
        import(&folder, arguments, 2);
    }
    assert_eq!(counts(&import(&folder, &["open.csv", "--day-first"], 0)), "1 added, 0 wrong");
    assert!(folder.open().get("/orders/2").text().contains("3 November 2025"));
}

#[test]
fn columns_can_be_named_and_filled_up() {
    let folder = Folder::seeded(1);
    let text = format!("Wann;Was;Stück;Wer;Karte\n2025-11-03;R7-3126933h;4;{USER};?4111111111111110\n");
    fs::write(folder.file("shop.csv"), text).unwrap();
    let said = import(&folder, &["shop.csv"], 1);
    assert!(said.contains("Wann: left out") && said.contains("no column is the store code"), "{said}");
    let arguments = [
        "shop.csv",
        "--map",
        "Wann=order_date",
        "--map",
        "wer=Customer ID",
        "--default",
        "store code=WEB-1388012W",
    ];
    let said = import(&folder, &arguments, 1);
    assert!(said.contains("Add --rounded-cards to take such with a warning"), "{said}");
    let said = import(&folder, &[&arguments[..], &["--rounded-cards"]].concat(), 0);
    assert_eq!(counts(&said), "1 added, 0 wrong");
    let desk = folder.open();
    assert!(
        desk.get("/orders/2").text().contains("fails its check digit"),
        "{}",
        desk.get("/orders/2").text()
    );
}

#[test]
fn a_run_is_an_import_with_a_page_and_can_be_undone_there() {
    let folder = Folder::seeded(2);
    fs::write(folder.file("new.csv"), file(&[row(3, "4"), row(4, "5"), row(5, CARD)])).unwrap();
    import(&folder, &["new.csv", "--dry-run"], 1);
    assert_eq!(folder.database().number("SELECT COUNT(*) FROM imports"), 0, "a dry run is none");
    let said = import(&folder, &["new.csv"], 1);
    assert!(said.contains("\nthis is import #1\n"), "{said}");
    assert_eq!(counts(&said), "2 added, 1 wrong");

    let desk = folder.open();
    let page = desk.get("/imports/1");
    for words in [
        "Import new.csv",
        "by the command line on ",
        "2 orders added. 1 row was wrong.",
        "This looks like a card number",
        "product_quantity",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(!page.text().contains(CARD) && !page.text().contains("The file "), "{}", page.text());
    assert_eq!(desk.get("/imports/1/wrong").status, 404, "the file is where the command was given");
    assert_eq!(desk.get("/?import=1").page().numbers(), [4, 3]);
    let history = desk.get("/orders/3").page().history()[0].clone();
    assert!(history.starts_with("Added by an import by the command line, import #1 of new.csv"), "{history}");
    assert!(desk.get("/imports").text().contains("new.csv"));
    assert_eq!(desk.get("/bulk/1").location(), "/imports/1");
    let followed = folder.orders(&["jobs", "follow", "1"]).assert().success();
    assert!(stdout(followed.get_output()).contains("job #1, done: "));

    let undo = desk.post("/imports/1/undo", &[]);
    until(|| desk.get(undo.location()).text().contains(">Done<"));
    let stored = desk.stored();
    stored.assert_sound();
    assert!([3, 4].iter().all(|number| stored.order(*number).cancelled_at.is_some()));
    drop(desk);
    // What was undone stays so, and the run is an import of its own.
    let said = import(&folder, &["new.csv"], 1);
    assert_eq!(counts(&said), "0 added, 2 here already, 1 wrong");
    assert!(said.contains("this is import #3"), "{said}");
}

#[test]
fn webhooks_are_told_of_orders_that_a_command_imports() {
    let (folder, receiver) = (Folder::seeded(1), Receiver::new());
    fs::write(folder.file("new.csv"), file(&[row(3, "4"), row(4, "5")])).unwrap();
    folder.orders(&["import", "new.csv"]).envs(receiver.settings()).assert().success();
    assert_eq!(states(&folder).len(), 2);
    let desk = folder.open_with(&variables(&receiver.settings()));
    until(|| states(&folder).iter().all(|state| state == "delivered"));
    drop(desk);
}

#[test]
fn a_run_that_was_killed_is_over_and_the_next_goes_on() {
    const MANY: u32 = 12_000;
    let folder = Folder::new();
    folder.orders(&["migrate"]).assert().success();
    let text: Vec<String> = (0..MANY).map(|nth| row(nth % 28 + 1, &(nth % 9 + 1).to_string())).collect();
    fs::write(folder.file("many.csv"), file(&text)).unwrap();
    let mut child = folder
        .program()
        .args(["import", "many.csv", "--keep-repeats"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let orders = "SELECT COUNT(*) FROM orders";
    until(|| folder.database().number(orders) > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    let in_already = folder.database().number(orders);
    assert!(in_already < i64::from(MANY), "it was killed too late to show anything");
    assert_eq!(folder.database().number("SELECT COUNT(*) FROM job_orders"), in_already);
    folder.stored().assert_sound();

    // Ten minutes later.
    let long_ago = "UPDATE jobs SET claimed_until = '2026-01-01 00:00:00' WHERE id = 1";
    folder.database().execute(long_ago);
    let said = import(&folder, &["many.csv", "--keep-repeats"], 0);
    let expected = format!("{} added, {in_already} here already, 0 wrong", i64::from(MANY) - in_already);
    assert_eq!(counts(&said).replacen(',', "", 2).replace(',', ""), expected.replace(',', ""), "{said}");
    let stored = folder.stored();
    stored.assert_sound();
    assert_eq!(stored.orders.len(), MANY as usize);
    let desk = folder.open();
    let page = desk.get("/imports/1");
    assert!(page.text().contains(">Broken off<"), "{}", page.text());
    assert!(page.text().contains("The same command goes on, as an import of its own."));
    assert!(page.text().contains("/imports/1/undo"));
    assert!(desk.get("/imports/2").text().contains(">Done<"));
}
