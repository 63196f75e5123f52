//! What is asked before an order is added: whether it is another one than those that look the same.

use crate::harness::program::{Answer, Desk, Folder, form};
use crate::harness::server_database::is_skipped_on_server;

const KEY: &str = "7d3f1c52-6a0b-4c9e-b1de-58c0f3a49e21";
const OTHER_CARD: &str = "5555 5555 5555 4444";
const OTHER_CUSTOMER: &str = "11111111-1f0e-4d0b-9d3a-0c8b6a51e7f2";

/// The questions of a page, without tags.
fn questions(answer: &Answer) -> Vec<String> {
    let Some(list) = answer.page().between("before it is added</h2>", "</ul>") else { return Vec::new() };
    let text = |item: &str| {
        let parts = item.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        parts.collect::<String>().trim().replace(" (opens in a new tab)", "")
    };
    list.split("<li>").skip(1).map(text).collect()
}

fn asked(desk: &Desk, why: &str, fields: &[(&str, &str)]) -> Answer {
    desk.unchanged(409, why, || desk.post_as_clerk("/orders", &form(fields)))
}

/// Sends a form as it came back.
fn confirm(desk: &Desk, answer: &Answer, changes: &[(&str, &str)]) -> Answer {
    let fields = answer.page().form(changes);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.post_as_clerk("/orders", &fields)
}

#[test]
fn an_order_that_looks_the_same_is_told_and_added_once_somebody_says_so() {
    let desk = Desk::open();
    let first = desk.add(&[("order_date", "2024-03-01 08:00"), ("product_quantity", "7")]);
    let answer = asked(&desk, "the same", &[("card_number", OTHER_CARD)]);
    let page = answer.page();
    assert_eq!(page.title(), "Question: Add an order · Orders");
    let words = format!(
        "Order {first} looks the same: 7 of R7-3126933h for the same customer, ordered on 1 March 2024."
    );
    assert_eq!(questions(&answer), [words]);
    assert!(
        page.says(&format!("href=\"/orders/{first}\" target=\"_blank\" rel=\"noopener\"")),
        "{}",
        answer.text()
    );
    assert!(page.says("Add it all the same</button>"));
    assert_eq!((page.value("product_quantity"), page.value("store_code")), ("4", "HI-9B97EE4E"));

    // The card that was typed comes along.
    let added = confirm(&desk, &answer, &[]);
    assert_eq!((added.status, added.notice(&desk).contains("has been added")), (303, true));
    let second = added.number();
    assert_eq!(desk.stored().order(second).card.1, "4444");
    // Sent twice it is the same order still.
    let again = desk.unchanged(303, "again", || confirm(&desk, &answer, &[]));
    assert_eq!(again.number(), second);
}

#[test]
fn only_the_same_goods_on_the_same_day_or_a_card_of_a_moment_ago_are_alike() {
    let desk = Desk::open();
    let first = desk.add(&[]);
    let goods = |changes: &[(&'static str, &'static str)]| {
        let answer =
            desk.post_as_clerk("/orders", &form(&[&[("card_number", OTHER_CARD)], changes].concat()));
        (answer.status, questions(&answer).len())
    };
    assert_eq!(goods(&[("order_date", "2024-03-01 23:59:59")]), (409, 1));
    assert_eq!(goods(&[("order_date", "2024-03-01")]), (409, 1));
    // Goods of another day, another customer's, others; each with a card of its own.
    for (nth, (field, value)) in
        [("order_date", "2024-03-02"), ("user_id", OTHER_CUSTOMER), ("product_code", "R7-3126933H")]
            .into_iter()
            .enumerate()
    {
        let card = ["378282246310005", "6011111111111117", "3530111333300000"][nth];
        assert_eq!(
            desk.post_as_clerk("/orders", &form(&[(field, value), ("card_number", card)])).status,
            303
        );
    }
    // The same card for other goods.
    let other = [("user_id", OTHER_CUSTOMER), ("product_code", "R8-3126933h"), ("product_quantity", "2")];
    let answer = asked(&desk, "the same card", &other);
    let words = format!(
        "Order {first} was added with the same card just now: 4 of R7-3126933h, ordered on 1 March 2024."
    );
    assert_eq!(questions(&answer), [words]);
    assert_eq!(confirm(&desk, &answer, &[]).status, 303);
}

#[test]
fn a_card_of_longer_ago_and_cancelled_orders_are_not_alike() {
    if is_skipped_on_server() {
        return;
    }
    let desk = Desk::open();
    let number = desk.add(&[]);
    let other_goods = form(&[("product_code", "R8-3126933h")]);
    let status = || desk.post_as_clerk("/orders", &other_goods).status;
    assert_eq!(status(), 409);
    let earlier = "UPDATE orders SET created_at = strftime('%Y-%m-%d %H:%M:%S', created_at, '-11 minutes')";
    desk.folder.sqlite().execute_batch(earlier).unwrap();
    assert_eq!(status(), 303);
    assert_eq!(desk.post_as_clerk("/orders", &form(&[("card_number", OTHER_CARD)])).status, 409);
    let cancel = desk.get(&format!("/orders/{number}/cancel"));
    assert_eq!(desk.send(&format!("/orders/{number}/cancel"), &cancel.page().form(&[])).status, 303);
    assert_eq!(desk.post_as_clerk("/orders", &form(&[("card_number", OTHER_CARD)])).status, 303);
}

#[test]
fn what_was_asked_is_not_asked_again_and_what_is_new_is() {
    let desk = Desk::open();
    let first = desk.add(&[("card_number", OTHER_CARD)]);
    let second = desk.add(&[("product_code", "R8-3126933h"), ("card_number", "378282246310005")]);
    let answer = asked(&desk, "the first", &[]);
    assert_eq!(answer.page().value("confirmed"), format!("order-{first}"));
    // Changed meanwhile to look like yet another order.
    let changed = confirm(&desk, &answer, &[("product_code", "R8-3126933h")]);
    assert_eq!(changed.status, 409);
    assert!(
        questions(&changed)[0].starts_with(&format!("Order {second} looks the same")),
        "{}",
        changed.text()
    );
    assert_eq!(questions(&changed).len(), 1);
    assert_eq!(changed.page().value("confirmed"), format!("order-{first} order-{second}"));
    // A mistake between forgets nothing, and back at the first it is asked no third time.
    let mistake = confirm(&desk, &changed, &[("product_quantity", "0")]);
    assert_eq!(mistake.status, 422);
    let added = confirm(&desk, &mistake, &[("product_code", "R7-3126933h"), ("product_quantity", "4")]);
    assert_eq!(added.status, 303, "{}", added.text());
    // Somebody else adds one more in between.
    let answer = asked(&desk, "three", &[("card_number", "6011111111111117")]);
    let third = desk.add(&[("card_number", "3530111333300000")]);
    let again = confirm(&desk, &answer, &[]);
    assert!(questions(&again)[0].starts_with(&format!("Order {third} looks the same")), "{}", again.text());
    assert_eq!((again.status, questions(&again).len()), (409, 1));
    assert_eq!(confirm(&desk, &again, &[]).status, 303);
}

#[test]
fn an_order_with_the_same_goods_and_card_is_asked_about_once_and_no_more_than_a_few_are() {
    let desk = Desk::open();
    let numbers: Vec<i64> = (0..5).map(|_| desk.add(&[])).collect();
    let answer = asked(&desk, "five", &[]);
    let told = questions(&answer);
    assert_eq!(told.len(), 3, "{told:?}");
    for (question, number) in told.iter().zip(numbers.iter().rev()) {
        assert!(question.starts_with(&format!("Order {number} looks the same")), "{told:?}");
    }
    assert!(answer.page().says("3 questions before it is added"));
    assert_eq!(confirm(&desk, &answer, &[]).status, 303);
}

#[test]
fn programs_are_asked_by_a_problem_of_its_own_type_and_say_yes_by_a_field() {
    let desk = Desk::open();
    let post = |fields: &[(&str, &str)], prefer: &str| {
        let headers = [("idempotency-key", KEY), ("accept", "application/json"), ("prefer", prefer)];
        desk.post_with("/orders", &form(fields), &headers)
    };
    let first = desk.add(&[("card_number", OTHER_CARD)]);
    let answer = desk.unchanged(409, "asked", || post(&[], "handling=strict"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!(problem["type"], "urn:problem-type:orders:confirmation-needed");
    assert_eq!(problem["questions"][0]["order"], format!("/orders/{first}"));
    let words = format!(
        "Order {first} looks the same: 4 of R7-3126933h for the same customer, ordered on 1 March 2024."
    );
    assert_eq!(problem["questions"][0]["detail"], words);
    let confirmed = problem["confirmed"].as_str().unwrap();
    assert_eq!(confirmed, format!("order-{first}"));
    let number = post(&[("confirmed", confirmed)], "").number();
    // The key stands for that order from now on, asked or not.
    for fields in [&[][..], &[("confirmed", confirmed)]] {
        assert_eq!(desk.unchanged(303, "again", || post(fields, "")).number(), number);
    }
    let other = desk.unchanged(422, "another body", || post(&[("product_quantity", "5")], ""));
    assert!(other.json()["title"].as_str().unwrap().contains("Idempotency-Key"), "{}", other.text());
}

#[test]
fn a_program_that_wants_no_questions_gets_none_and_the_old_form_asks_too() {
    let desk = Desk::open();
    desk.add(&[]);
    let lenient = [("prefer", "respond-async, handling=lenient")];
    assert_eq!(desk.post_with("/orders", &form(&[]), &lenient).status, 303);
    let answer = desk.unchanged(409, "/add_order", || desk.post_as_clerk("/add_order", &form(&[])));
    assert_eq!(questions(&answer).len(), 2);
    let confirmed = answer.page().value("confirmed").to_owned();
    let yes = form(&[("confirmed", &confirmed)]);
    assert_eq!(desk.post_as_clerk("/add_order", &yes).status, 303);
}

#[test]
fn an_unusual_quantity_is_asked_about_once_together_with_the_rest() {
    let desk = Desk::open();
    let customers: Vec<String> =
        (0..21).map(|n| format!("11111111-1f0e-4d0b-9d3a-0c8b6a51e7{n:02}")).collect();
    let card = [("card_number", OTHER_CARD)];
    for customer in &customers[..19] {
        desk.add(&[("user_id", customer), card[0]]);
    }
    let many = |quantity| form_of(&[("user_id", &customers[20]), ("product_quantity", quantity)]);
    // Nineteen orders say too little.
    let few = desk.post_as_clerk("/orders", &refs(&many("9999")));
    assert_eq!(few.status, 303, "{}", few.text());
    let desk = Desk::open();
    for customer in &customers[..20] {
        desk.add(&[("user_id", customer), card[0]]);
    }
    let same = desk.add(&[("user_id", &customers[20]), card[0]]);
    let answer = desk.unchanged(409, "400", || desk.post_as_clerk("/orders", &refs(&many("400"))));
    let told = questions(&answer);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(&format!("Order {same} looks the same")), "{told:?}");
    assert_eq!(told[1], "R7-3126933h is usually ordered 4 at a time. 400 is unusual: is it right?");
    assert_eq!(answer.page().value("confirmed"), format!("order-{same} quantity-400-R7-3126933h"));
    // Another unusual one is another question; a usual one is none.
    let other = confirm(&desk, &answer, &[("product_quantity", "500")]);
    assert_eq!((other.status, questions(&other).len()), (409, 1));
    assert_eq!(confirm(&desk, &other, &[("product_quantity", "400")]).status, 303);
    let asked = desk.post_as_clerk("/orders", &refs(&many("40")));
    assert!(questions(&asked).iter().all(|question| question.starts_with("Order ")), "{}", asked.text());
}

fn form_of(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    form(changes).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn refs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[test]
fn a_look_that_fails_asks_nothing_and_stops_no_order() {
    if is_skipped_on_server() {
        return;
    }
    let folder = Folder::new();
    let desk = folder.open();
    let first = desk.add(&[]);
    // A row that cannot be read breaks the look, and no order.
    let sqlite = folder.sqlite();
    sqlite.execute_batch("UPDATE orders SET created_at = 'unreadable-datetime'").unwrap();
    let second = desk.post_as_clerk("/orders", &form(&[("card_number", OTHER_CARD)])).number();
    assert!(second > first);
    assert!(desk.folder.log().contains("an order is added without a question"), "{}", desk.folder.log());
}
