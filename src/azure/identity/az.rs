//! The Azure CLI as a child process, killed when its caller goes away.

use std::ffi::OsStr;
use std::io;
use std::process::Output;

use async_trait::async_trait;
use azure_identity::Executor;

use super::TokenFailure;

/// Runs `az` through the shell, as the SDK wants it.
#[derive(Debug)]
pub(super) struct Az;

#[async_trait]
impl Executor for Az {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let output = tokio::process::Command::new(program).args(args).kill_on_drop(true).output().await;
        let output = output.map_err(|_| io::Error::other(TokenFailure::NoCli))?;
        if output.status.success() {
            return Ok(output);
        }
        // What it says may name people; the reader can run it.
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(match output.status.code() {
            Some(127) => TokenFailure::NoCli,
            _ if said.contains("az login") => TokenFailure::NotLoggedIn,
            _ => TokenFailure::Cli,
        }))
    }
}
