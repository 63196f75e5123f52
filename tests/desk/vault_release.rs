//! The release in a root that has nothing else, as a user without rights, with its secrets in a vault.
//!
//! `.ci/run` names the release and runs these, as root:
//! `ORDERS_TEST_RELEASE=FILE cargo test --test desk vault_release -- --ignored`

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use crate::harness::program::Desk;
use crate::harness::vault::{ASSERTION, Identity, VAULT};
use crate::harness::vault_program::{Tenant, assert_says};

const VARIABLE: &str = "ORDERS_TEST_RELEASE";
const NOBODY: u32 = 65532;

/// A folder that holds the release, the token of its pod, and of the devices that every container has (OCI runtime
/// specification, "Default Devices") those that are needed: for random numbers.
fn root() -> Tenant {
    let tenant = without_devices();
    let devices = tenant.folder.file("dev");
    fs::create_dir(&devices).unwrap();
    for (name, minor) in [("random", "8"), ("urandom", "9")] {
        let device = devices.join(name);
        assert!(Command::new("mknod").arg(&device).args(["c", "1", minor]).status().unwrap().success());
        fs::set_permissions(&device, Permissions::from_mode(0o666)).unwrap();
    }
    tenant
}

fn without_devices() -> Tenant {
    #[allow(clippy::disallowed_methods, reason = "it is no setting of the desk, but of its tests")]
    let release = std::env::var(VARIABLE).unwrap_or_else(|_| panic!("{VARIABLE} must name the release"));
    let tenant = Tenant::furnished();
    fs::copy(release, tenant.folder.file("orders")).unwrap();
    fs::write(tenant.folder.file("assertion"), ASSERTION).unwrap();
    fs::set_permissions(tenant.folder.path(), Permissions::from_mode(0o755)).unwrap();
    chown(tenant.folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    tenant
}

/// By its path: the emptied environment has none to look along.
const CHROOT: &str = "/usr/sbin/chroot";

/// The release, for whom that folder is all there is.
fn serve(tenant: &Tenant) -> Command {
    let mut command = Command::new(CHROOT);
    command.arg(format!("--userspec={NOBODY}:{NOBODY}")).arg(tenant.folder.path()).args(["/orders", "serve"]);
    command.env_clear().envs(tenant.double.environment(Identity::Workload));
    command.env("AZURE_FEDERATED_TOKEN_FILE", "/assertion").env("ORDERS_SERVER__LISTEN", "127.0.0.1:0");
    command.env_remove("SSL_CERT_FILE");
    command
}

/// The one sentence with which it ends.
fn complaint(tenant: &Tenant, command: Command) -> String {
    let assert = assert_cmd::Command::from_std(command).assert().code(1).stdout("");
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    tenant.double.assert_nothing_told(&[&said]);
    let sentences: Vec<&str> = said.lines().filter(|line| !line.contains(" WARN asking again ")).collect();
    let [sentence] = sentences[..] else { panic!("{said}") };
    assert!(sentence.starts_with("orders: "), "{said}");
    assert!(!tenant.folder.file_names().iter().any(|name| name.starts_with("orders.")), "nothing is made");
    sentence.to_owned()
}

#[test]
#[ignore = "needs the release, and to be root"]
fn without_random_numbers_nothing_is_begun() {
    let tenant = without_devices();
    let said = complaint(&tenant, serve(&tenant));
    assert_says(&said, &["no random numbers", "/dev/urandom"]);
    assert!(tenant.double.asked().is_empty());
}

#[test]
#[ignore = "needs the release, and to be root"]
fn without_certificates_a_private_authority_is_not_trusted() {
    let tenant = root();
    let said = complaint(&tenant, serve(&tenant));
    assert_says(&said, &["certificate", VAULT, "authority", "SSL_CERT_FILE"]);
    assert!(tenant.double.asked().is_empty(), "nothing is said to a stranger");
}

#[test]
#[ignore = "needs the release, and to be root"]
fn names_are_looked_up_without_a_file_about_it() {
    let tenant = root();
    let mut command = serve(&tenant);
    command.env_remove("HTTPS_PROXY").env("ORDERS_KEY_VAULT__URL", "https://orders.vault.invalid");
    assert_says(&complaint(&tenant, command), &["orders.vault.invalid", "key_vault.url"]);
}

#[test]
#[ignore = "needs the release, and to be root"]
fn with_the_authoritys_certificate_it_serves() {
    let tenant = root();
    fs::copy(tenant.double.authority_file(), tenant.folder.file("ca.pem")).unwrap();
    let mut command = serve(&tenant);
    command.env("SSL_CERT_FILE", "/ca.pem");
    let desk = Desk::start(&tenant.folder, command);
    desk.add(&[]);
    assert_eq!(desk.stored().orders.len(), 1);
    desk.close();
    assert_eq!(tenant.folder.file_names(), ["assertion", "ca.pem", "dev", "orders", "orders.db"]);
    tenant.double.assert_nothing_told(&[&tenant.folder.log()]);
}
