//! The program as a user who is not root.

use std::os::unix::fs::chown;
use std::process::Command;

use crate::harness::program::Folder;
use crate::harness::server_database::say;

/// The program as another user, in a folder that is this user's, run by a program such as prlimit if one is named; none
/// where that cannot be, which is said in a line.
pub fn as_user(folder: &Folder, user: u32, run_by: &[&str]) -> Option<Command> {
    let command = |run_by: &[&str]| {
        let mut command = folder.in_here("setpriv");
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
        command.args(run_by).arg(env!("CARGO_BIN_EXE_orders"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    };
    let files = folder.file_names().into_iter().map(|name| folder.file(&name));
    for path in std::iter::once(folder.path().to_owned()).chain(files) {
        if chown(&path, Some(user), Some(user)).is_err() {
            say("skipped: only root can become another user");
            return None;
        }
    }
    match command(&[]).arg("--version").output() {
        Ok(output) if output.status.success() => Some(command(run_by)),
        _ => {
            say("skipped: another user cannot run the program here (setpriv)");
            None
        }
    }
}
