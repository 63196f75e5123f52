//! The variables with which a program finds itself in the double's cloud, and the programs that are there.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::tokens::{self, CLIENT, CLIENT_SECRET, HEADER, TENANT};
use super::{Double, VAULT};

/// By what a program shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    Workload,
    Managed,
    Environment,
    Cli,
}

impl Double {
    /// The variables of a program that is at home in this cloud and has an identity there.
    pub fn environment(&self, identity: Identity) -> Vec<(&'static str, String)> {
        let mut variables = self.way();
        variables.push(("ORDERS_KEY_VAULT__URL", format!("https://{VAULT}")));
        variables.extend(self.identity(identity));
        variables
    }

    /// The variables of a program that is at home in this cloud.
    pub fn way(&self) -> Vec<(&'static str, String)> {
        vec![
            ("HTTPS_PROXY", format!("http://{}", self.address)),
            ("SSL_CERT_FILE", self.authority_file().display().to_string()),
        ]
    }

    /// Azure's own variables for an identity.
    pub fn identity(&self, identity: Identity) -> Vec<(&'static str, String)> {
        let tenant = ("AZURE_TENANT_ID", TENANT.to_owned());
        let client = ("AZURE_CLIENT_ID", CLIENT.to_owned());
        match identity {
            Identity::Workload => {
                let file = self.folder.path().join("assertion").display().to_string();
                vec![tenant, client, ("AZURE_FEDERATED_TOKEN_FILE", file)]
            }
            Identity::Environment => vec![tenant, client, ("AZURE_CLIENT_SECRET", CLIENT_SECRET.to_owned())],
            Identity::Managed => vec![
                ("IDENTITY_ENDPOINT", format!("http://{}/msi/token", self.address)),
                ("IDENTITY_HEADER", HEADER.to_owned()),
            ],
            Identity::Cli => vec![("PATH", self.azure_cli())],
        }
    }

    /// The certificate of the double's authority.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A folder with an `az` that gives tokens of the double.
    fn azure_cli(&self) -> String {
        let bin = self.folder.path().join("bin");
        if !bin.join("az").exists() {
            let mut answers = String::new();
            for resource in [tokens::VAULT_RESOURCE, tokens::SQL_RESOURCE] {
                let token = self.locked().tokens.issue(resource);
                answers = format!("{answers}*\"{resource}\"*) echo '{}' ;;\n", tokens::of_azure_cli(&token));
            }
            self.azure_cli_does(&format!("case \"$*\" in\n{answers}esac"));
        }
        bin.display().to_string()
    }

    /// Lets `az` do this instead of giving tokens; it writes down how it was called.
    pub fn azure_cli_does(&self, does: &str) {
        let bin = self.folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let calls = self.folder.path().join("calls");
        let script = format!("#!/bin/sh\necho \"$*\" >> '{}'\n{does}\n", calls.display());
        let text = self.folder.path().join("az");
        fs::write(&text, script).unwrap();
        fs::set_permissions(&text, Permissions::from_mode(0o755)).unwrap();
        // A file that this process has open for writing, if only in a child of another test, cannot be run.
        assert!(Command::new("cp").args([&text, &bin.join("az")]).status().unwrap().success());
    }

    /// How `az` was called, a line each.
    pub fn azure_cli_calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default()
    }
}
