//! Files that are begun, broken off, put in place, and refused.

use std::io::Write;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    (folder, place)
}

fn begun(place: &Path) -> NewFile {
    let file = NewFile::create(place).unwrap();
    file.file().write_all(b"whole").unwrap();
    file
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn no_links(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::Error::from(ErrorKind::PermissionDenied))
}

#[test]
fn a_file_has_its_name_when_it_is_whole() {
    let (folder, place) = folder();
    let file = begun(&place);
    assert_eq!(names(&folder), ["place.new"]);
    file.publish().unwrap();
    assert_eq!(names(&folder), ["place"]);
    assert_eq!(fs::read(&place).unwrap(), b"whole");
    assert_eq!(mode(&fs::metadata(&place).unwrap()), 0o600);
    drop(begun(&place));
    assert_eq!(names(&folder), ["place"], "what is broken off leaves nothing");
}

#[test]
fn publishing_replaces_nothing_with_and_without_links() {
    let (folder, place) = folder();
    fs::write(&place, "mine").unwrap();
    for link in [|from: &Path, to: &Path| fs::hard_link(from, to), no_links] {
        let refused = begun(&place).publish_by(link).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&place).unwrap(), b"mine");
        assert_eq!(names(&folder), ["place"]);
    }
    begun(&place).replace().unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"whole");
}

#[test]
fn a_file_system_without_links_is_no_hindrance() {
    let (folder, place) = folder();
    begun(&place).publish_by(no_links).unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"whole");
    assert_eq!(names(&folder), ["place"]);
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let (folder, place) = folder();
    let precious = folder.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    for to in [precious.as_path(), Path::new("nowhere")] {
        symlink(to, folder.path().join("place.new")).unwrap();
        let refused = NewFile::create(&place).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        assert!(refused.to_string().contains("place.new is in the way"), "{refused}");
        assert_eq!(fs::read(&precious).unwrap(), b"mine");
        assert_eq!(names(&folder), ["place.new", "precious"]);
        fs::remove_file(folder.path().join("place.new")).unwrap();
    }
}

#[test]
fn one_program_writes_a_file_and_a_leftover_is_removed() {
    let (folder, place) = folder();
    let file = begun(&place);
    assert_eq!(NewFile::create(&place).unwrap_err().kind(), ErrorKind::ResourceBusy);
    drop(file);
    fs::write(folder.path().join("place.new"), "what a killed program has left").unwrap();
    begun(&place).publish().unwrap();
    assert_eq!(fs::read(&place).unwrap(), b"whole");
}

#[test]
fn an_empty_file_is_made_its_owners_alone_and_another_stays() {
    let (folder, place) = folder();
    let link = folder.path().join("link");
    symlink("place", &link).unwrap();
    claim(&link).unwrap();
    assert_eq!(mode(&fs::metadata(&place).unwrap()), 0o600);
    fs::set_permissions(&place, Permissions::from_mode(0o644)).unwrap();
    assert!(is_open_to_others(&link));
    claim(&link).unwrap();
    assert!(!is_open_to_others(&place));
    fs::write(&place, "mine").unwrap();
    fs::set_permissions(&place, Permissions::from_mode(0o644)).unwrap();
    claim(&link).unwrap();
    assert_eq!((mode(&fs::metadata(&place).unwrap()), fs::read(&place).unwrap()), (0o644, b"mine".to_vec()));
}

#[test]
fn links_are_followed_to_where_they_lead() {
    let (folder, place) = folder();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    symlink("two", &one).unwrap();
    symlink(&place, &two).unwrap();
    assert_eq!(behind_links(&one).unwrap(), place);
    assert_eq!(behind_links(&place).unwrap(), place);
    fs::remove_file(&two).unwrap();
    symlink("one", &two).unwrap();
    assert!(behind_links(&one).is_err());
}
