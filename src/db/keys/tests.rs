//! Keys of a source held against those that a database knows.

use proptest::prelude::*;

use super::*;
use crate::clock;
use crate::db::cards::CardKeys;

fn key(name: &str) -> SourceKey {
    SourceKey { name: name.to_owned(), created: None, key: CardKey::generate().unwrap() }
}

fn given(seal: &[&SourceKey], hash: &[&SourceKey]) -> KeySource {
    let keys = |all: &[&SourceKey]| all.iter().map(|key| (*key).clone()).collect();
    let place = "the key vault https://desk.vault.example".to_owned();
    KeySource::Given { place, keys: SourceKeys { seal: keys(seal), hash: keys(hash) } }
}

fn known(purpose: Purpose, id: i16, key: &SourceKey) -> KnownKey {
    let check_value = key.key.check_value().unwrap();
    KnownKey { purpose, id, check_value, registered_at: None, retired_at: None }
}

fn retired(key: KnownKey) -> KnownKey {
    KnownKey { retired_at: Some(clock::utc()), ..key }
}

fn held(source: &KeySource) -> Keyring<'_> {
    Keyring { source, database: "orders.db" }
}

fn ids(keys: &CardKeys, purpose: Purpose) -> Vec<i16> {
    keys.ids(purpose).collect()
}

#[test]
fn keys_have_the_ids_of_the_database_whatever_they_are_called() {
    let (old, new, hash) = (key("7"), key("2"), key("ffff"));
    let source = given(&[&old, &new], &[&hash]);
    let known =
        [known(Purpose::Seal, 1, &old), known(Purpose::Seal, 2, &new), known(Purpose::Hash, 5, &hash)];
    let keys = held(&source).fitting(&known).unwrap().unwrap();
    assert_eq!((ids(&keys, Purpose::Seal), ids(&keys, Purpose::Hash)), (vec![1, 2], vec![5]));
    assert_eq!(held(&source).fitting(&known[..2]).unwrap().map(drop), None, "one is to be registered");
    assert_eq!(held(&source).give(&known[..2]).unwrap().new.len(), 1);
}

#[test]
fn the_last_of_the_source_writes_even_if_the_database_heard_of_it_first() {
    let (one, two, hash) = (key("a"), key("b"), key("c"));
    let known =
        [known(Purpose::Seal, 1, &two), known(Purpose::Seal, 2, &one), known(Purpose::Hash, 1, &hash)];
    let keys = held(&given(&[&one, &two], &[&hash])).fitting(&known).unwrap().unwrap();
    assert_eq!(keys.newest(Purpose::Seal), Some(1));
}

#[test]
fn a_key_that_the_source_has_twice_is_one_and_as_new_as_its_last_place() {
    let (one, two, hash) = (key("a"), key("b"), key("c"));
    let source = given(&[&one, &two, &one], &[&hash]);
    let new = held(&source).give(&[]).unwrap().new;
    assert_eq!(new.iter().filter(|key| key.purpose == Purpose::Seal).count(), 2);
    let known =
        [known(Purpose::Seal, 1, &one), known(Purpose::Seal, 2, &two), known(Purpose::Hash, 1, &hash)];
    let keys = held(&source).fitting(&known).unwrap().unwrap();
    assert_eq!(ids(&keys, Purpose::Seal), [2, 1]);
}

#[test]
fn what_is_missing_is_named_with_where_it_was_looked_for() {
    let (one, two, hash) = (key("a"), key("b"), key("c"));
    let known =
        [known(Purpose::Seal, 1, &one), known(Purpose::Seal, 2, &two), known(Purpose::Hash, 1, &hash)];
    for (source, cause) in [
        (given(&[&one], &[&hash]), "it lacks the seal key 2."),
        (given(&[&two], &[]), "it lacks the seal key 1, the hash key 1."),
        (given(&[], &[&hash]), "it lacks the seal key 1, the seal key 2."),
        (
            given(&[&key("a"), &key("b")], &[&key("c")]),
            "it lacks the seal key 1, the seal key 2, the hash key 1.",
        ),
    ] {
        for refused in [held(&source).check(&known), held(&source).renewed(&known).map(drop)] {
            let said = refused.unwrap_err().to_string();
            let words = "the key vault https://desk.vault.example does not fit the database orders.db: ";
            assert!(said.starts_with(&format!("{words}{cause}")), "{said}");
        }
    }
}

#[test]
fn a_source_without_keys_for_a_new_database_names_the_command_that_makes_them() {
    for (source, purpose) in [(given(&[], &[]), "seal"), (given(&[&key("a")], &[]), "hash")] {
        for refused in
            [held(&source).check(&[]), held(&source).check_source(), held(&source).give(&[]).map(drop)]
        {
            let said = refused.unwrap_err().to_string();
            assert!(
                said.contains(&format!("holds no {purpose} key")) && said.contains("`orders key new`"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_retired_key_may_be_missing_reads_if_it_is_there_and_never_writes() {
    let (one, two, hash) = (key("a"), key("b"), key("c"));
    let hash_known = known(Purpose::Hash, 1, &hash);
    let known = [retired(known(Purpose::Seal, 1, &one)), known(Purpose::Seal, 2, &two), hash_known];
    let without = held(&given(&[&two], &[&hash])).fitting(&known).unwrap().unwrap();
    assert_eq!(ids(&without, Purpose::Seal), [2]);
    let with = held(&given(&[&two, &one], &[&hash])).fitting(&known).unwrap().unwrap();
    assert_eq!(ids(&with, Purpose::Seal), [1, 2]);
    let alone = [known[0].clone(), known[2].clone()];
    let said = held(&given(&[&one], &[&hash])).fitting(&alone).unwrap_err().to_string();
    assert!(said.contains("holds no seal key"), "{said}");
}

#[test]
fn a_desk_that_serves_makes_no_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let source = KeySource::File(folder.path().join("orders.keys"));
    let said = held(&source).renewed(&[]).map(drop).unwrap_err().to_string();
    assert!(said.contains("it is not there"), "{said}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn sources_print_no_key() {
    let key = key("a");
    let shown = format!("{:?}", given(&[&key], &[]));
    assert!(shown.contains("\"a\""), "{shown}");
    for secret in [key.key.reveal().to_string(), format!("{:?}", key.key.bytes())] {
        assert!(!shown.contains(&secret[1..secret.len() - 1]), "{shown}");
    }
}

fn state(id: i16, name: Option<&str>, orders: u64, registered: Option<Timestamp>, writes: bool) -> KeyState {
    let (purpose, name) = (Purpose::Seal, name.map(str::to_owned));
    KeyState { purpose, id: Some(id), name, created: None, registered, retired: None, orders, writes }
}

#[test]
fn a_key_is_retired_only_if_nobody_needs_it() {
    let now = Timestamp::parse("2026-11-02 12:00:00").unwrap();
    let at = |text: &str| Timestamp::parse(text);
    let check = |states: &[KeyState], id, lost| {
        check_retirement(states, (Purpose::Seal, id), lost, now).map_err(|refused| refused.to_string())
    };
    let writing = state(2, Some("2"), 10, at("2026-11-02 11:00:00"), true);
    let unused = state(1, Some("1"), 0, None, false);
    assert_eq!(check(&[unused.clone(), writing.clone()], 1, false), Ok(()));
    assert_eq!(check(&[KeyState { name: None, ..unused.clone() }, writing.clone()], 1, false), Ok(()));
    for (states, id, lost, words) in [
        (vec![unused.clone(), writing.clone()], 3, false, "knows no seal key 3"),
        (vec![unused.clone(), writing.clone()], 2, false, "is the one that writes"),
        (vec![unused.clone(), writing.clone()], 2, true, "is the one that writes"),
        (vec![unused.clone(), writing.clone()], 1, true, "is not lost"),
        (vec![state(1, Some("1"), 4, None, false), writing.clone()], 1, false, "`orders key reseal`"),
        (
            vec![state(1, None, 4, None, false), writing.clone()],
            1,
            false,
            "4 orders use the seal key 1, which is not there",
        ),
        (
            vec![KeyState { retired: Some(now), ..unused.clone() }, writing.clone()],
            1,
            false,
            "retired already",
        ),
        (
            vec![unused.clone(), state(2, Some("2"), 10, at("2026-11-02 11:00:01"), true)],
            1,
            false,
            "Try again in 1 minutes",
        ),
        (
            vec![unused.clone(), state(2, Some("2"), 10, at("2026-11-02 11:59:59"), true)],
            1,
            false,
            "Try again in 60 minutes",
        ),
    ] {
        let said = check(&states, id, lost).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(check(&[state(1, None, 4, None, false), writing], 1, true), Ok(()));
}

proptest! {
    /// Whatever happened: each key keeps its id, and the source's last writes.
    #[test]
    fn any_history_of_rotations_keeps_ids_and_the_newest_writes(steps in prop::collection::vec(any::<bool>(), 0..12)) {
        let (mut seal, mut hash) = (vec![key("s")], vec![key("h")]);
        let mut all: Vec<KnownKey> = Vec::new();
        for of_seal in steps.into_iter().chain([true]) {
            let source = given(&seal.iter().collect::<Vec<_>>(), &hash.iter().collect::<Vec<_>>());
            let before = all.clone();
            for NewKey { purpose, check_value } in held(&source).give(&all).unwrap().new {
                let id = all.iter().filter(|one| one.purpose == purpose).map(|one| one.id).max().unwrap_or(0) + 1;
                all.push(KnownKey { purpose, id, check_value, registered_at: None, retired_at: None });
            }
            prop_assert_eq!(&all[..before.len()], &before[..]);
            let keys = held(&source).fitting(&all).unwrap().unwrap();
            prop_assert_eq!(ids(&keys, Purpose::Seal), (1..=i16::try_from(seal.len()).unwrap()).collect::<Vec<_>>());
            prop_assert_eq!(ids(&keys, Purpose::Hash), (1..=i16::try_from(hash.len()).unwrap()).collect::<Vec<_>>());
            if of_seal { seal.push(key("s")) } else { hash.push(key("h")) }
        }
    }
}
