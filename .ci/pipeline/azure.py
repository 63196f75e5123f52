#!/usr/bin/env python3
"""Stands in for the commands that docs/deployment.md uses, and refuses what Azure refuses.

Under the name of each command it is called by (az, terraform, …). What there is in Azure is in $AZURE_STATE, a file. It
knows groups, resources, roles and who has them, locks, and Terraform's state in a storage account. Above all:
    ScopeLocked           a role in the scope of a lock cannot be changed, and what is locked not deleted. (Azure lets one
                          be given there, which a lock of the other kind would not. Nothing here needs that.)
    AuthorizationFailed   the state, and what is in a vault, opens for nobody who has no role there
And of Entra what concerns signing in: a registration, its roles, who has them, and whose word counts for it.
A command, an option or a resource that it does not know is an error: the page would do something that nobody has tried.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

SUBSCRIPTION = "5e6a1c1e-3f0b-4a57-9d7e-2b8f1f0c9a41"
TENANT = "8d1f6f0a-7d43-4a0e-8a7c-0c5b2f9e6d12"
ME = "b3a0c5f2-1d2e-4f6a-9b8c-7d6e5f4a3b21"
SUFFIX = "qx7r2"
GROUPS = ["orders-cluster-admins", "orders-sql-admins", "orders-secrets"]
STATE = Path(os.environ["AZURE_STATE"])
OWN_ROLES = ["Orders plan", "Orders apply"]
ROOT = f"/subscriptions/{SUBSCRIPTION}"


# Options that are right where they stand on the page and in bootstrap.sh, and change nothing here.
PLAIN = set("""
    --allow-blob-public-access --allow-shared-key-access --assignee-principal-type --audiences --branch --client-version
    --condition --condition-version --container-delete-retention-days --curve --delete-retention-days
    --enable-container-delete-retention --enable-delete-retention --enable-versioning --encoding --file --https-only
    --issuer --kind --kty --kubelogin-version --location --lock-type --mail-nickname --min-tls-version --name --namespace
    --notes --ops --organization --output --project --query --record-set-name --registration-enabled --repository
    --repository-type --resource-group --resource-type --skip-first-run --sku --subject --wait --yes
""".split())


class Refused(Exception):
    """What Azure, or Terraform, answers instead of doing it."""


def made_id(*what):
    digest = hashlib.sha256(" ".join(what).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def options(words):
    """Words before the first option, and the options: a name and its values."""
    command, given, name = [], {}, None
    for word in words:
        if word.startswith("--") or re.fullmatch(r"-[a-z]", word):
            name = word
            given[name] = []
        elif name is None:
            command.append(word)
        else:
            given[name].append(word)
    return " ".join(command), Options({name: " ".join(values) for name, values in given.items()})


class Options(dict):
    """What was given to a command, and which of it the command has looked at."""

    def __init__(self, given):
        super().__init__(given)
        self.seen = set()

    def __getitem__(self, name):
        self.seen.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.seen.add(name)
        return super().get(name, default)


class Azure:
    def __init__(self):
        self.state = json.loads(STATE.read_text()) if STATE.exists() else {
            "groups": [], "resources": [], "roles": [], "locks": {}, "members": [], "definitions": [], "applied": {}, "secrets": {}, "trusts": [], "apps": []}

    def save(self):
        STATE.write_text(json.dumps(self.state, indent=1))

    # Scopes.

    def group(self, name):
        if name not in self.state["groups"]:
            raise Refused(f"ResourceGroupNotFound: {name}")
        return f"{ROOT}/resourceGroups/{name}"

    def resource(self, group, kind, name):
        return f"{self.group(group)}/providers/{kind}/{name}"

    def exists(self, scope):
        known = [ROOT, *(f"{ROOT}/resourceGroups/{name}" for name in self.state["groups"]), *self.state["resources"]]
        if not any(scope == one or scope.startswith(f"{one}/") and one in self.state["resources"] for one in known):
            raise Refused(f"ResourceNotFound: {scope}")

    def unlocked(self, scope, doing):
        for lock, locked in self.state["locks"].items():
            if scope == locked or scope.startswith(f"{locked}/"):
                raise Refused(f"ScopeLocked: The scope '{scope}' cannot perform {doing} operation because following scope(s) are locked: '{lock}'. Please remove the lock and try again.")

    def nothing_locked_in(self, scope, doing):
        for lock, locked in self.state["locks"].items():
            if locked == scope or locked.startswith(f"{scope}/"):
                raise Refused(f"ScopeLocked: The scope '{scope}' cannot perform {doing} operation because following scope(s) are locked: '{lock}'. Please remove the lock and try again.")

    def may(self, roles, scope):
        """Whether I have one of these roles there: myself, or by a group that I am in. Owner is none of them."""
        mine = {ME, *self.state["members"]}
        for given in self.state["roles"]:
            if given["principal"] in mine and given["role"] in roles and (scope == given["scope"] or scope.startswith(f"{given['scope']}/")):
                return
        raise Refused(f"AuthorizationFailed: The client '{ME}' does not have authorization to perform this action over scope '{scope}'. Nobody gave it one of {roles}, or somebody took it away.")

    def assign(self, principal, role, scope):
        self.exists(scope)
        self.unlocked(scope, "write")
        given = {"principal": principal, "role": role, "scope": scope}
        if given not in self.state["roles"]:
            self.state["roles"].append(given)

    # az

    def az(self, words):
        command, given = options(words)
        method = "az_" + re.sub(r"[ -]", "_", command)
        if not hasattr(self, method):
            raise Refused(f"unknown here: az {command}")
        said = getattr(self, method)(given)
        if unknown := set(given) - given.seen - PLAIN:
            raise Refused(f"unknown here: az {command} {unknown}")
        if said is not None and given.get("--output") != "none":
            print(said)

    def az_login(self, given):
        return "[]"

    def az_account_set(self, given):
        if given["--subscription"] != SUBSCRIPTION:
            raise Refused("no such subscription")

    def az_account_show(self, given):
        return {"id": SUBSCRIPTION, "tenantId": TENANT}[given["--query"]]

    def az_ad_group_create(self, given):
        if given["--display-name"] not in GROUPS:
            raise Refused(f"a group that nobody uses: {given['--display-name']}")
        return made_id("group", given["--display-name"])

    def az_ad_group_member_add(self, given):
        group = made_id("group", given["--group"])
        if given["--member-id"] != ME or group in self.state["members"]:
            raise Refused("One or more added object references already exist")
        self.state["members"].append(group)

    def az_ad_signed_in_user_show(self, given):
        return ME

    # Entra: where people sign in.

    def app(self, by, value):
        found = [app for app in self.state["apps"] if app[by] == value]
        if len(found) != 1:
            raise Refused(f"Request_ResourceNotFound: {len(found)} applications with {by} {value}")
        return found[0]

    def named(self, given):
        """What a filter of Graph finds."""
        by, value = re.fullmatch(r"(displayName|appId) eq '([^']+)'", given["--filter"]).groups()
        return [app for app in self.state["apps"] if app[by] == value]

    def az_ad_app_create(self, given):
        name, uri = given["--display-name"], given["--web-redirect-uris"]
        if not re.fullmatch(r"https://orders(-dev)?\.contoso\.com/sign-in/callback", uri) or not uri.startswith(f"{given['--web-home-page-url']}/"):
            raise Refused(f"people would be sent to {uri}")
        if (given["--sign-in-audience"], given["--enable-id-token-issuance"], given["--enable-access-token-issuance"]) != ("AzureADMyOrg", "false", "false"):
            raise Refused(f"a registration for others: {given}")
        if not any(app["displayName"] == name for app in self.state["apps"]):
            self.state["apps"].append({
                "displayName": name, "appId": made_id("app", name), "uri": uri, "principal": None, "required": False,
                "appRoles": [], "assigned": [], "consent": None, "trusts": {}})
        return self.app("displayName", name)["appId"]

    def az_ad_app_show(self, given):
        return json.dumps(self.app("appId", given["--id"])["appRoles"])

    def az_ad_app_update(self, given):
        app, roles = self.app("appId", given["--id"]), json.loads(given["--app-roles"])
        if lost := [role for role in app["appRoles"] if role["isEnabled"] and role["id"] not in {one["id"] for one in roles}]:
            raise Refused(f"CannotDeleteEnabledEntitlement: {lost}")
        if any(len({role[what] for role in roles}) != len(roles) for what in ("id", "value")):
            raise Refused("two roles of one id or value")
        app["appRoles"] = roles

    def az_ad_app_list(self, given):
        field = {"[].appId": "appId", "[].id": "appId"}[given["--query"]]
        return "\n".join(app[field] for app in self.named(given)) or None

    def az_ad_app_delete(self, given):
        self.state["apps"].remove(self.app("appId", given["--id"]))

    def az_ad_sp_list(self, given):
        return "\n".join(app["principal"] for app in self.named(given) if app["principal"]) or None

    def az_ad_sp_create(self, given):
        app = self.app("appId", given["--id"])
        if app["principal"]:
            raise Refused("Request_BadRequest: The service principal cannot be created: it is already in use")
        app["principal"] = made_id("service principal", app["appId"])

    def principal(self, given):
        app = self.app("appId", given["--id"])
        if not app["principal"]:
            raise Refused(f"Request_ResourceNotFound: no service principal of {app['displayName']}")
        return app

    def az_ad_sp_show(self, given):
        return self.principal(given)["principal"]

    def az_ad_sp_update(self, given):
        if given["--set"] != "appRoleAssignmentRequired=true":
            raise Refused(f"unknown here: {given['--set']}")
        self.principal(given)["required"] = True

    def az_ad_app_permission_list_grants(self, given):
        return self.principal(given)["consent"]

    def az_ad_app_permission_grant(self, given):
        if given["--api"] != "00000003-0000-0000-c000-000000000000":
            raise Refused(f"another interface than Microsoft Graph: {given['--api']}")
        self.principal(given)["consent"] = given["--scope"]

    def az_ad_app_federated_credential_list(self, given):
        return self.app("appId", given["--id"])["trusts"].get("desk", {}).get("issuer")

    def az_ad_app_federated_credential_create(self, given):
        trust = json.loads(given["--parameters"])
        if trust["name"] in self.app("appId", given["--id"])["trusts"]:
            raise Refused("FederatedIdentityCredential with this name already exists")
        self.app("appId", given["--id"])["trusts"][trust["name"]] = trust

    def az_rest(self, given):
        found = re.fullmatch(r"https://graph\.microsoft\.com/v1\.0/servicePrincipals/([0-9a-f-]+)/appRoleAssignedTo(\?\$top=999)?", given["--url"])
        app = self.app("principal", found[1])
        if given["--method"] == "get":
            return sum(one["principalId"] in given["--query"] and one["appRoleId"] in given["--query"] for one in app["assigned"])
        one = json.loads(given["--body"])
        if one in app["assigned"] or one["resourceId"] != app["principal"] or one["appRoleId"] not in {role["id"] for role in app["appRoles"]}:
            raise Refused(f"Request_BadRequest: {one}")
        app["assigned"].append(one)

    def az_provider_register(self, given):
        pass

    def az_feature_register(self, given):
        pass

    def az_feature_show(self, given):
        return "Registered"

    def az_group_create(self, given):
        if given["--name"] not in self.state["groups"]:
            self.state["groups"].append(given["--name"])

    def az_group_show(self, given):
        return self.group(given["--name"])

    def az_group_delete(self, given):
        scope = self.group(given["--name"])
        self.nothing_locked_in(scope, "delete")
        self.state["groups"].remove(given["--name"])
        for what in ("resources", "roles"):
            self.state[what] = [one for one in self.state[what] if not (one if isinstance(one, str) else one["scope"]).startswith(f"{scope}/") and (isinstance(one, str) or one["scope"] != scope)]

    def az_storage_account_create(self, given):
        self.add(self.resource(given["--resource-group"], "Microsoft.Storage/storageAccounts", given["--name"]))

    def az_storage_account_show(self, given):
        scope = self.resource(given["--resource-group"], "Microsoft.Storage/storageAccounts", given["--name"])
        self.exists(scope)
        return scope

    def az_storage_account_blob_service_properties_update(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.Storage/storageAccounts", given["--account-name"]))

    def az_storage_container_rm_create(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.Storage/storageAccounts", given["--storage-account"]))

    def add(self, scope):
        if scope not in self.state["resources"]:
            self.state["resources"].append(scope)

    def lock_scope(self, given):
        scope = self.group(given["--resource-group"])
        if "--resource-name" in given:
            scope = self.resource(given["--resource-group"], given["--resource-type"], given["--resource-name"])
        self.exists(scope)
        return scope

    def az_lock_create(self, given):
        scope = self.lock_scope(given)
        self.state["locks"][f"{scope}/providers/Microsoft.Authorization/locks/{given['--name']}"] = scope

    def az_lock_list(self, given):
        group = self.group(given["--resource-group"])
        return "\n".join(lock for lock, scope in self.state["locks"].items() if scope == group or scope.startswith(f"{group}/"))

    def az_lock_delete(self, given):
        ids = given["--ids"].split() if "--ids" in given else [f"{self.lock_scope(given)}/providers/Microsoft.Authorization/locks/{given['--name']}"]
        for lock in ids:
            if self.state["locks"].pop(lock, None) is None:
                raise Refused(f"LockNotFound: {lock}")

    def az_role_definition_list(self, given):
        name = given["--name"]
        own = any(name.startswith(one) for one in OWN_ROLES)
        return "" if own and name not in self.state["definitions"] else made_id("role", name)

    def az_role_definition_create(self, given):
        self.state["definitions"].append(json.loads(given["--role-definition"])["Name"])

    def az_role_assignment_create(self, given):
        self.assign(given["--assignee-object-id"], given["--role"], given["--scope"])

    def az_role_assignment_delete(self, given):
        wanted = {"principal": given["--assignee"], "role": given["--role"], "scope": given["--scope"]}
        self.unlocked(given["--scope"], "delete")
        if wanted not in self.state["roles"]:
            raise Refused(f"No matched assignments were found to delete: {wanted}")
        self.state["roles"].remove(wanted)

    def az_identity_create(self, given):
        self.add(self.resource(given["--resource-group"], "Microsoft.ManagedIdentity/userAssignedIdentities", given["--name"]))

    def az_identity_show(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.ManagedIdentity/userAssignedIdentities", given["--name"]))
        return made_id(given["--query"], given["--name"])

    def az_identity_federated_credential_create(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.ManagedIdentity/userAssignedIdentities", given["--identity-name"]))
        self.state["trusts"].append(given["--identity-name"])

    def vault(self, given):
        found = [one for one in self.state["resources"] if one.endswith(f"/vaults/{given['--vault-name']}")]
        if not found:
            raise Refused(f"no vault {given['--vault-name']}")
        return found[0]

    def az_keyvault_key_create(self, given):
        self.may(["Key Vault Crypto Officer"], self.vault(given))
        self.state["secrets"][f"{given['--vault-name']}/keys/{given['--name']}"] = "key"

    def az_keyvault_key_download(self, given):
        self.may(["Key Vault Crypto Officer"], self.vault(given))
        if f"{given['--vault-name']}/keys/{given['--name']}" not in self.state["secrets"]:
            raise Refused("KeyNotFound")
        key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4D4pkyDUyF+4Ix5dnN+JfxJyV6zu\n4C4o2bq6pVqsKfP6vBmb2Pz9p1KcW1v9rJm0tqfSx1gRcK5uYV9bK3T7oQ=="
        Path(given["--file"]).write_text(f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")

    def az_keyvault_secret_set(self, given):
        self.may(["Key Vault Secrets Officer"], self.vault(given))
        self.state["secrets"][f"{given['--vault-name']}/secrets/{given['--name']}"] = given["--value"]

    def az_keyvault_certificate_import(self, given):
        self.may(["Key Vault Certificates Officer"], self.vault(given))
        self.state["secrets"][f"{given['--vault-name']}/certificates/{given['--name']}"] = "certificate"

    def az_aks_get_credentials(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.ContainerService/managedClusters", given["--name"]))
        file = Path(given.get("--file", Path.home() / ".kube" / "config"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": f"{os.environ['STAND_IN_CLUSTER']}/administrator"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it"}}]}))

    def az_aks_install_cli(self, given):
        here = Path(sys.argv[0]).parent
        for option, name in [("--install-location", "kubectl"), ("--kubelogin-install-location", "kubelogin")]:
            Path(given[option]).symlink_to(here / name)

    def az_network_private_dns_zone_create(self, given):
        self.add(self.resource(given["--resource-group"], "Microsoft.Network/privateDnsZones", given["--name"]))

    def az_network_private_dns_zone_delete(self, given):
        scope = self.resource(given["--resource-group"], "Microsoft.Network/privateDnsZones", given["--name"])
        if any(one.startswith(f"{scope}/virtualNetworkLinks/") for one in self.state["resources"]):
            raise Refused("CannotDeleteResource: the zone has a link to a network")
        self.state["resources"].remove(scope)

    def az_network_private_dns_record_set_a_add_record(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.Network/privateDnsZones", given["--zone-name"]))
        if not re.fullmatch(r"10(\.\d+){3}", given["--ipv4-address"]):
            raise Refused(f"no address: {given['--ipv4-address']}")

    def link(self, given):
        return f"{self.resource(given['--resource-group'], 'Microsoft.Network/privateDnsZones', given['--zone-name'])}/virtualNetworkLinks/{given['--name']}"

    def az_network_private_dns_link_vnet_create(self, given):
        self.exists(self.resource(given["--resource-group"], "Microsoft.Network/virtualNetworks", given["--virtual-network"]))
        self.add(self.link(given))

    def az_network_private_dns_link_vnet_delete(self, given):
        self.state["resources"].remove(self.link(given))

    def az_pipelines_create(self, given):
        if not Path(given["--yml-path"]).exists():
            raise Refused(f"no {given['--yml-path']}")

    # Terraform, with its state in Azure.

    def terraform(self, words):
        folder = Path.cwd()
        if words[0].startswith("-chdir="):
            folder = folder / words.pop(0).removeprefix("-chdir=")
        self.environment = folder.name
        if self.environment not in ("dev", "prod"):
            raise Refused(f"no environment: {folder}")
        self.own = f"rg-orders-{self.environment}"
        command, rest = words[0], words[1:]
        answers = folder / "terraform.tfvars"
        if [command, *rest] == ["init", "-backend=false"]:
            return
        if command == "providers":
            (folder / ".terraform.lock.hcl").write_text('provider "registry.terraform.io/azure/azapi" {\n  version     = "2.13.0"\n  constraints = "2.13.0"\n  hashes      = []\n}\n')
            return
        self.may(["Storage Blob Data Contributor"], f"{ROOT}/resourceGroups/{self.own}-state/providers/Microsoft.Storage/storageAccounts/storders{self.environment}{SUFFIX}/blobServices/default/containers/state")
        if command == "init":
            if rest != [f"-backend-config=storage_account_name=storders{self.environment}{SUFFIX}"]:
                raise Refused(f"another state: {rest}")
        elif command == "plan":
            if "00000000-" in answers.read_text():
                raise Refused("examples are left in terraform.tfvars")
            (folder / rest[0].removeprefix("-out=")).write_text("plan")
        elif command == "apply":
            (folder / rest[0]).unlink()
            self.apply()
        elif [command, *rest] == ["output", "-json"]:
            print(json.dumps({name: {"value": value} for name, value in self.outputs(folder).items()}))
        elif command == "output" and rest[0] == "-raw":
            print(self.outputs(folder)[rest[1]])
        elif command == "destroy":
            self.destroy(folder)
        else:
            raise Refused(f"unknown here: terraform {command} {rest}")

    def names(self):
        env, suffix = self.environment, SUFFIX
        return {
            "registry": f"Microsoft.ContainerRegistry/registries/orders{env}{suffix}",
            "secrets": f"Microsoft.KeyVault/vaults/kv-orders-{env}-{suffix}",
            "certificates": f"Microsoft.KeyVault/vaults/kv-tls-{env}-{suffix}",
            "sql": f"Microsoft.Sql/servers/sql-orders-{env}-{suffix}",
            "logs": f"Microsoft.OperationalInsights/workspaces/log-orders-{env}",
            "metrics": f"Microsoft.Monitor/accounts/amw-orders-{env}",
            "cluster": f"Microsoft.ContainerService/managedClusters/aks-orders-{env}",
            "network": f"Microsoft.Network/virtualNetworks/vnet-orders-{env}",
        }

    def apply(self):
        scopes = {what: f"{self.group(self.own)}/providers/{name}" for what, name in self.names().items()}
        for scope in scopes.values():
            self.add(scope)
        keepers = made_id("group", "orders-secrets")
        for role, what in [("Key Vault Secrets Officer", "secrets"), ("Key Vault Certificates Officer", "certificates")] + ([("Key Vault Crypto Officer", "secrets")] if self.environment == "dev" else []):
            self.assign(keepers, role, scopes[what])
        for what in ("registry", "secrets", "certificates", "sql", "logs", "metrics"):
            self.state["locks"][f"{scopes[what]}/providers/Microsoft.Authorization/locks/keep"] = scopes[what]
        self.state["applied"][self.environment] = True

    def destroy(self, folder):
        kept = [file.name for file in sorted((folder / "../../modules").glob("*/*.tf")) if "prevent_destroy = true" in file.read_text()]
        if kept:
            raise Refused(f"Error: Instance cannot be destroyed: lifecycle.prevent_destroy in {kept}")
        scope = self.group(self.own)
        self.nothing_locked_in(scope, "delete")
        if any("/virtualNetworkLinks/" in one for one in self.state["resources"] if one.startswith(scope)):
            raise Refused("InUse: a private zone is still linked to the network")
        self.state["resources"] = [one for one in self.state["resources"] if not one.startswith(f"{scope}/")]
        self.state["roles"] = [one for one in self.state["roles"] if not one["scope"].startswith(f"{scope}/")]

    def outputs(self, folder):
        """A value for each output that the environment has."""
        if not self.state["applied"].get(self.environment):
            raise Refused("No outputs found")
        name = {what: one.rpartition("/")[2] for what, one in self.names().items()}
        client = re.search(r'^oidc_client_id *= "(.*)"$', (folder / "terraform.tfvars").read_text(), re.MULTILINE)
        clients = {what: made_id(self.environment, what) for what in ("serving", "migrating", "gateway")}
        known = {
            "resource_group_name": self.own, "aks_cluster_name": name["cluster"], "container_registry_login_server": f"{name['registry']}.azurecr.io",
            "key_vault_url": f"https://{name['secrets']}.vault.azure.net/", "certificate_vault_url": f"https://{name['certificates']}.vault.azure.net/",
            "workload_client_ids": clients, "sql_server_fqdn": f"{name['sql']}.database.windows.net", "sql_database_name": "orders",
            "subnet_prefixes": {"private_endpoints": "10.60.16.64/26"}, "alert_webhook_url": "https://alerts.contoso.com/orders",
            "aks_oidc_issuer_url": f"https://uksouth.oic.prod-aks.azure.com/{TENANT}/{made_id(self.environment, 'cluster')}/",
            "sign_in": {"issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0", "client_id": client[1]} if client else None,
            "database_users_sql": f"CREATE USER [id-orders-{self.environment}-serving] WITH SID = 0x01, TYPE = E;\n",
        }
        declared = re.findall(r'^output "(\w+)"', (folder / "outputs.tf").read_text(), re.MULTILINE)
        return {one: known.get(one, f"of {one}") for one in declared}

    # The rest.

    def sqlcmd(self, words):
        # As sqlcmd (Go) has them.
        if words[:2] != ["-b", "-S"] or words[3] != "-d" or words[5:7] != ["--authentication-method", "ActiveDirectoryAzCli"] or words[7] != "-i":
            raise Refused(f"unknown here: sqlcmd {words}")
        if not words[2].endswith(f"{SUFFIX}.database.windows.net") or "CREATE USER" not in Path(words[8]).read_text():
            raise Refused(f"not the database's users: {words}")

    def nslookup(self, words):
        if len(words) != 1 or not words[0].endswith(".database.windows.net"):
            raise Refused(f"no name: {words}")

    def kubelogin(self, words):
        if words != ["convert-kubeconfig", "--login", "azurecli"]:
            raise Refused(f"unknown here: kubelogin {words}")

    def orders(self, words):
        """Whether the program has the command, and what it would find in its settings."""
        said = subprocess.run([os.environ["PROGRAM"], *words, "--help"], capture_output=True, text=True)
        if said.returncode:
            raise Refused(said.stderr)
        if words[0] in ("migrate", "key"):
            settings = {name: value for name, value in os.environ.items() if name.startswith("ORDERS_")}
            if not settings["ORDERS_DATABASE__URL"].startswith(f"mssql://sql-orders-prod-{SUFFIX}.") or settings["ORDERS_AZURE__IDENTITY"] != "cli":
                raise Refused(f"another database: {settings}")
            if words[0] == "key" and settings.get("ORDERS_KEY_VAULT__URL") != f"https://kv-orders-prod-{SUFFIX}.vault.azure.net":
                raise Refused(f"another vault: {settings}")
            if words[0] == "key":
                self.may(["Key Vault Secrets Officer"], self.vault({"--vault-name": f"kv-orders-prod-{SUFFIX}"}))
        signs_in = "--expect-sign-in" in words
        if words[0] == "smoke" and signs_in != bool(os.environ.get("OIDC_ISSUER")) and "127.0.0.1" in words[-1]:
            raise Refused(f"another desk than the one where {'nobody signs' if signs_in else 'people sign'} in: {words}")
        if words[0] == "smoke" and not re.fullmatch(r"https://orders(-dev)?\.contoso\.com|http://127\.0\.0\.1:\d+", words[-1]):
            raise Refused(f"another desk: {words}")

    def kubectl(self, words):
        if "port-forward" in words:
            print("Forwarding from 127.0.0.1:5000 -> 5000", flush=True)
            os.execvp("sleep", ["sleep", "60"])
        os.execv(os.environ["STAND_IN_KUBECTL"], [os.environ["STAND_IN_KUBECTL"], *words])

    def editor(self, words):
        """An owner's answers."""
        file = Path(words[0])
        text = file.read_text()
        environment = next(part for part in file.resolve().parts if part in ("dev", "prod"))
        if file.name == "terraform.tfvars":
            second = "50" if environment == "dev" else "60"
            for old, new in [
                (r'(subscription_id *= ).*', rf'\1"{SUBSCRIPTION}"'), (r'(name_suffix *= ).*', rf'\1"{SUFFIX}"'),
                (r'"0{8}-[0-9-]*1"', f'"{made_id("group", GROUPS[0])}"'), (r'"0{8}-[0-9-]*2"', f'"{made_id("group", GROUPS[1])}"'),
                (r'"0{8}-[0-9-]*3"', f'"{made_id("group", GROUPS[2])}"'), (r'"0{8}-[0-9-]*4"', f'"{made_id("principalId", f"id-orders-{environment}-release")}"'),
                (r'"0{8}-[0-9-]*6"', f'"{made_id("app", f"orders-{environment}")}"'), (r'"0{8}-[0-9-]*5"', f'"{made_id("DevOpsInfrastructure")}"'), (r"dev\.azure\.com/example", "dev.azure.com/contoso"), (r"example\.com", "contoso.com"),
            ]:
                text = re.sub(old, new, text)
            text += f'\nvnet_address_space = ["10.{second}.0.0/16"]\noperator_address_ranges = ["192.168.10.0/24"]\ndns_prefix = "contoso-{environment}"\n'
        elif file.name == "cluster.env":
            host = "orders-dev" if environment == "dev" else "orders"
            text = re.sub(r"^HOST=.*", f"HOST={host}.contoso.com", text, flags=re.MULTILINE)
            text = re.sub(r"^STATE_ACCOUNT=.*", f"STATE_ACCOUNT=storders{environment}{SUFFIX}", text, flags=re.MULTILINE)
        else:
            raise Refused(f"nobody knows what to answer in {file}")
        file.write_text(text)


def main():
    name = Path(sys.argv[0]).name
    azure = Azure()
    try:
        getattr(azure, name)(sys.argv[1:])
    except Refused as refused:
        print(f"{name}: {refused}", file=sys.stderr)
        sys.exit(1)
    azure.save()


main()
