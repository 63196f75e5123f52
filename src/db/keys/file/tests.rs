//! The key file: read, made, added to.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn keys_of(path: &Path, purpose: Purpose) -> Vec<(String, Vec<u8>)> {
    let keys = read(path).unwrap().unwrap();
    keys.of(purpose).iter().map(|key| (key.name.clone(), key.key.bytes().to_vec())).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_that_is_not_there_is_made_once_and_read_by_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    assert!(read(&path).unwrap().is_none());
    let made = make(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    for purpose in Purpose::ALL {
        assert_eq!(keys_of(&path, purpose), [("1".to_owned(), made.of(purpose)[0].key.bytes().to_vec())]);
    }
    let text = fs::read(&path).unwrap();
    assert!(make(&path).is_err(), "nothing is replaced");
    assert_eq!(fs::read(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_new_key_comes_last_and_all_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    make(&path).unwrap();
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str("# a note of mine");
    fs::write(&path, &text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    for (purpose, other) in [(Purpose::Seal, Purpose::Hash), (Purpose::Hash, Purpose::Seal)] {
        let (before, others) = (keys_of(&path, purpose), keys_of(&path, other));
        add_to_key_file(&path, purpose).unwrap();
        let after = keys_of(&path, purpose);
        assert_eq!(after[..after.len() - 1], before);
        assert_eq!(after.last().unwrap().0, "2");
        assert_eq!(keys_of(&path, other), others);
    }
    assert!(fs::read_to_string(&path).unwrap().starts_with(&text));
    assert_eq!(mode(&path), 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn keys_that_are_added_at_once_are_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    make(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..5).for_each(|_| add_to_key_file(&path, Purpose::Seal).unwrap()));
        }
    });
    let mut keys = keys_of(&path, Purpose::Seal);
    assert_eq!(
        keys.iter().map(|(name, _)| name.parse().unwrap()).collect::<Vec<i16>>(),
        (1..=41).collect::<Vec<_>>()
    );
    keys.sort_by(|one, other| one.1.cmp(&other.1));
    keys.dedup_by(|one, other| one.1 == other.1);
    assert_eq!(keys.len(), 41);
}

#[test]
fn a_file_behind_a_link_is_added_to_and_the_link_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("keys"), folder.path().join("link"));
    make(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    add_to_key_file(&link, Purpose::Hash).unwrap();
    assert_eq!(keys_of(&path, Purpose::Hash).len(), 2);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn nothing_is_added_to_a_file_that_is_broken_full_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    assert!(matches!(add_to_key_file(&path, Purpose::Seal), Err(KeyError::Io(_))));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    make(&path).unwrap();
    let right = fs::read_to_string(&path).unwrap();
    for broken in [right.replace("[[hash]]", "[[hush]]"), right.replacen("id = 1", "id = 32767", 1)] {
        fs::write(&path, &broken).unwrap();
        let refused = add_to_key_file(&path, Purpose::Seal).unwrap_err();
        assert!(matches!(refused, KeyError::Shape(_) | KeyError::Full(Purpose::Seal)), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
}

#[test]
fn broken_files_are_named_without_being_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    make(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let secret = text.split('"').nth(1).unwrap();
    for (broken, sentence) in [
        (text.replace("[[hash]]", "[[hush]]"), "line"),
        (text.replace(secret, &secret[1..]), "the seal key 1 is not 32 bytes in Base64"),
        (text.replace("[[hash]]", "[[seal]]") + "\nhash = 1", "line"),
        (
            text.replace("[[hash]]", "[[seal]]") + "\n[[hash]]\nid = 1\nkey = \"\"",
            "two seal keys have the id 1",
        ),
        ("seal = []\nhash = []".to_owned(), "it holds no seal key"),
    ] {
        fs::write(&path, broken).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(error.contains(sentence), "{error}");
        assert!(!error.contains(&secret[1..]), "{error}");
    }
}
