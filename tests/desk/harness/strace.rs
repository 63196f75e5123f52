//! The program under strace, which makes system calls fail as a bad disk or a poor file system would.

use std::process::Command;

use crate::harness::program::Folder;
use crate::harness::server_database::say;

/// Whether a test is skipped because system calls cannot be made to fail here, which is said in a line.
pub fn is_skipped_without_strace() -> bool {
    let tried = Command::new("strace").args(["-qq", "-e", "trace=none", "true"]).output();
    let why = match tried {
        Ok(output) if output.status.success() => return false,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    say(&format!("skipped: strace does not run here ({why})"));
    true
}

/// The program in a folder, with faults that strace injects: `fsync,fdatasync:error=EIO`, for example.
pub fn failing(folder: &Folder, faults: &[&str], arguments: &[&str]) -> Command {
    let mut command = folder.in_here("strace");
    // The tracer as a grandchild: whoever runs the command has the program itself for a child.
    command.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", "signal=none"]);
    let calls: Vec<&str> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
    command.args(["-e", &format!("trace={}", calls.join(","))]);
    command.args(faults.iter().flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]));
    command.arg(env!("CARGO_BIN_EXE_orders")).args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}
