#!/usr/bin/env bash
# What Terraform cannot make, or may not. Once for each environment, by somebody who owns the subscription:
#
#   bootstrap.sh environment dev|prod LOCATION SUFFIX     groups, state storage, the pipeline's identities, their roles
#   bootstrap.sh trust dev|prod plan|apply|release ISSUER SUBJECT
#                                                         lets a service connection of Azure DevOps sign in as one of them
#
# In Entra, by a Cloud Application Administrator, who needs no right on the subscription:
#
#   bootstrap.sh sign-in dev|prod HOST                    the app registration at which the desk's people sign in
#   bootstrap.sh sign-in-pods dev|prod ISSUER             lets the desk's pods show there who they are (ISSUER: the cluster's)
#   bootstrap.sh let-in dev|prod viewer|clerk|auditor|admin OBJECT-ID
#                                                         gives a person or a group a role at the desk
#
# Needs `az login`. Run again, it changes nothing. Nothing that it makes has a secret.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

fail() {
  echo "$1" >&2
  exit 1
}

step() { printf '\n== %s\n' "$1"; }

# Terraform may give these roles and no others (a condition on its own role says so).
ROLES_TO_GIVE=(
  "Azure Kubernetes Service Cluster User Role"
  "Azure Kubernetes Service RBAC Admin"
  "Container Registry Repository Reader"
  "Container Registry Repository Writer"
  "Key Vault Certificates Officer"
  "Key Vault Crypto Officer"
  "Key Vault Crypto User"
  "Key Vault Secrets Officer"
  "Key Vault Secrets User"
  "Managed Identity Operator"
  "Network Contributor"
  "Reader"
)

# Registering takes minutes, so all are asked first and waited for afterwards.
register_providers() {
  local provider providers
  mapfile -t providers <"$here/resource-providers.txt"
  for provider in "${providers[@]}"; do
    az provider register --namespace "$provider" --output none
  done
  # Nodes' disks are encrypted on their hosts, which a subscription has to be let to ask for.
  az feature register --namespace Microsoft.Compute --name EncryptionAtHost --output none
  for provider in "${providers[@]}"; do
    az provider register --namespace "$provider" --wait --output none
    echo "$provider"
  done
  until [[ $(az feature show --namespace Microsoft.Compute --name EncryptionAtHost --query properties.state --output tsv) == Registered ]]; do
    sleep 15
  done
  az provider register --namespace Microsoft.Compute --wait --output none
}

# The state: readable by whom Entra lets in, with older versions of it for a month, and never deleted by mistake.
make_state_storage() {
  az storage account create --name "$account" --resource-group "$state_group" --location "$location" \
    --sku Standard_ZRS --kind StorageV2 --min-tls-version TLS1_2 --https-only true \
    --allow-shared-key-access false --allow-blob-public-access false --output none
  az storage account blob-service-properties update --account-name "$account" --resource-group "$state_group" \
    --enable-versioning true --enable-delete-retention true --delete-retention-days 30 \
    --enable-container-delete-retention true --container-delete-retention-days 30 --output none
  az storage container-rm create --name state --storage-account "$account" --resource-group "$state_group" --output none
  # The account alone: a lock forbids to take away roles in its scope, and those for the state are on the group.
  az lock create --name keep --lock-type CanNotDelete --resource-group "$state_group" --resource-name "$account" \
    --resource-type Microsoft.Storage/storageAccounts --notes "Holds Terraform's state." --output none
}

# A role of our own on the subscription: what can't be done on a resource group, and nothing else.
define_role() {
  local name=$1 actions=$2 known
  known=(az role definition list --name "$name" --query "[0].name" --output tsv)
  [[ -z $("${known[@]}") ]] || return 0
  az role definition create --output none --role-definition "$(
    printf '{"Name": "%s", "Description": "Terraform of the order desk.", "Actions": [%s], "AssignableScopes": ["%s"]}' \
      "$name" "$actions" "$subscription_scope"
  )"
  # A new role is not known everywhere at once.
  until [[ -n $("${known[@]}") ]]; do sleep 5; done
}

assign() {
  local principal=$1 role=$2 scope=$3
  shift 3
  az role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
    --role "$role" --scope "$scope" --output none "$@"
  echo "$role on ${scope##*/}"
}

condition() {
  local role id ids=()
  for role in "${ROLES_TO_GIVE[@]}"; do
    id=$(az role definition list --name "$role" --query "[0].name" --output tsv)
    [[ -n $id ]] || fail "Azure knows no role $role"
    ids+=("$id")
  done
  local list
  list=$(IFS=, && echo "${ids[*]}")
  printf '%s' \
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR " \
    "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {$list})) AND " \
    "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR " \
    "(@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {$list}))"
}

principal_of() {
  az identity show --name "id-orders-$environment-$1" --resource-group "$state_group" --query principalId --output tsv
}

make_identities() {
  local what
  for what in plan apply release; do
    az identity create --name "id-orders-$environment-$what" --resource-group "$state_group" --location "$location" --output none
  done

  local group_scope state_scope plan apply
  group_scope="$subscription_scope/resourceGroups/$group"
  # No other storage is in that group.
  state_scope="$subscription_scope/resourceGroups/$state_group"
  plan=$(principal_of plan)
  apply=$(principal_of apply)

  # Pull requests plan with this one. It reads, and registers a provider that they add, or their plan would fail. azurerm
  # asks AKS for a kubeconfig, which has no credentials in it.
  define_role "Orders plan ($subscription)" '"Microsoft.Resources/subscriptions/providers/read", "*/register/action", "Microsoft.Consumption/budgets/read"'
  assign "$plan" "Orders plan ($subscription)" "$subscription_scope"
  assign "$plan" "Reader" "$group_scope"
  assign "$plan" "Azure Kubernetes Service Cluster User Role" "$group_scope"
  assign "$plan" "Storage Blob Data Reader" "$state_scope"

  # main applies with this one.
  define_role "Orders apply ($subscription)" '"Microsoft.Resources/subscriptions/providers/read", "*/register/action", "Microsoft.Consumption/budgets/*"'
  assign "$apply" "Orders apply ($subscription)" "$subscription_scope"
  assign "$apply" "Contributor" "$group_scope"
  assign "$apply" "Locks Contributor" "$group_scope"
  assign "$apply" "Role Based Access Control Administrator" "$group_scope" --condition-version 2.0 --condition "$(condition)"
  assign "$apply" "Storage Blob Data Contributor" "$state_scope"

  # Releases push and deploy with the third; Terraform gives it its roles.
}

environment() {
  location=$3
  account="storders$environment$4"
  [[ $4 =~ ^[a-z0-9]{3,6}$ ]] || fail "SUFFIX: 3 to 6 lower-case letters and digits, the name_suffix of terraform.tfvars"

  step "resource providers of subscription $subscription"
  register_providers
  step "resource groups $group and $state_group"
  az group create --name "$group" --location "$location" --output none
  az group create --name "$state_group" --location "$location" --output none
  step "state storage $account"
  make_state_storage
  step "identities of the pipeline"
  make_identities

  step "for environments/$environment/terraform.tfvars"
  cat <<TFVARS
subscription_id      = "$subscription"
name_suffix          = "$4"
cluster_location     = "$location"
release_principal_id = "$(principal_of release)"
TFVARS
  step "for the service connections (client ids) and terraform init"
  local what
  for what in plan apply release; do
    echo "orders-$what-$environment: $(az identity show --name "id-orders-$environment-$what" --resource-group "$state_group" --query clientId --output tsv)"
  done
  echo "tenant: $(az account show --query tenantId --output tsv)"
  echo "terraform -chdir=terraform/environments/$environment init -backend-config=storage_account_name=$account"
}

# The subject names one service connection; no other, and no person, can sign in with it.
trust() {
  local what=$3 issuer=$4 subject=$5
  [[ $what =~ ^(plan|apply|release)$ ]] || usage
  az identity federated-credential create --name azure-devops --identity-name "id-orders-$environment-$what" \
    --resource-group "$state_group" --issuer "$issuer" --subject "$subject" --audiences api://AzureADTokenExchange --output none
  echo "id-orders-$environment-$what trusts $subject"
}

# Where people sign in. Nobody comes in who was not given a role, and no browser is sent anywhere but to the desk.
sign_in() {
  local host=$3 roles=$here/app-roles.json client present
  [[ $host =~ ^[a-z0-9-]+(\.[a-z0-9-]+)+$ ]] || fail "HOST: the desk's name as people know it, like orders.example.com"
  step "app registration $name"
  # Of two with this name, az says so and stops.
  client=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg \
    --web-home-page-url "https://$host" --web-redirect-uris "https://$host/sign-in/callback" \
    --enable-id-token-issuance false --enable-access-token-issuance false --query appId --output tsv)
  step "roles"
  # Those that somebody has added stay: Entra deletes no role that is enabled.
  present=$(az ad app show --id "$client" --query appRoles --output json)
  az ad app update --id "$client" --app-roles "$(jq --compact-output --slurpfile present <(echo "$present") \
    '. as $own | $own + ($present[0] | map(select(.id as $id | all($own[]; .id != $id))))' "$roles")" --output none
  jq --raw-output '.[].value' "$roles"

  step "who may come in: whoever is given a role"
  if [[ -z $(az ad sp list --filter "appId eq '$client'" --query '[].id' --output tsv) ]]; then
    az ad sp create --id "$client" --output none
  fi
  az ad sp update --id "$client" --set appRoleAssignmentRequired=true --output none
  # Where people are assigned they cannot consent themselves, and would be asked for an administrator: id and name, of
  # Microsoft Graph.
  if [[ -z $(az ad app permission list-grants --id "$client" \
    --query "[?consentType=='AllPrincipals' && scope=='openid profile'].id" --output tsv) ]]; then
    az ad app permission grant --id "$client" --api 00000003-0000-0000-c000-000000000000 --scope openid profile --output none
  fi

  step "for environments/$environment/terraform.tfvars"
  echo "oidc_client_id = \"$client\""
}

# The registration's own id, by which everything else is found.
registered() {
  local found
  found=$(az ad app list --filter "displayName eq '$name'" --query '[].appId' --output tsv)
  [[ $found =~ ^[0-9a-f-]{36}$ ]] || fail "not one app registration is called $name: run bootstrap.sh sign-in $environment HOST first"
  echo "$found"
}

# The desk shows Entra the token that the cluster gives its pods' service account, as a client assertion: no secret. The
# pods' managed identity is another thing, for Azure: Terraform lets it trust the same account.
sign_in_pods() {
  local issuer=$3 subject="system:serviceaccount:orders-$environment:orders" client trust known
  [[ $issuer =~ ^https://[^[:space:]]+$ ]] || fail "ISSUER: Terraform's output aks_oidc_issuer_url, to the letter"
  client=$(registered)
  trust=$(jq --null-input --compact-output --arg issuer "$issuer" --arg subject "$subject" \
    '{name: "desk", issuer: $issuer, subject: $subject, audiences: ["api://AzureADTokenExchange"]}')
  known=$(az ad app federated-credential list --id "$client" --query "[?name=='desk'].issuer" --output tsv)
  if [[ -z $known ]]; then
    az ad app federated-credential create --id "$client" --parameters "$trust" --output none
  elif [[ $known != "$issuer" ]]; then
    # Another cluster, which was made in the place of the first.
    az ad app federated-credential update --id "$client" --federated-credential-id desk --parameters "$trust" --output none
  fi
  echo "$name trusts $subject of $issuer"
}

let_in() {
  local role=$3 whom=$4 id principal url
  id=$(jq --raw-output --arg role "$role" '.[] | select(.value == $role).id' "$here/app-roles.json")
  [[ -n $id ]] || usage
  [[ $whom =~ ^[0-9a-f-]{36}$ ]] || fail "OBJECT-ID: a person's or a group's id in Entra"
  principal=$(az ad sp show --id "$(registered)" --query id --output tsv)
  url="https://graph.microsoft.com/v1.0/servicePrincipals/$principal/appRoleAssignedTo"
  if [[ $(az rest --method get --url "$url?\$top=999" --query "length(value[?principalId=='$whom' && appRoleId=='$id'])" --output tsv) == 0 ]]; then
    az rest --method post --url "$url" --output none \
      --body "$(jq --null-input --compact-output --arg whom "$whom" --arg what "$principal" --arg role "$id" \
        '{principalId: $whom, resourceId: $what, appRoleId: $role}')"
  fi
  echo "$whom is $role at $name"
}

(($# >= 2)) || usage
environment=$2
[[ $environment =~ ^(dev|prod)$ ]] || usage
name="orders-$environment"
group="rg-orders-$environment"
state_group="rg-orders-$environment-state"
subscription=$(az account show --query id --output tsv)
subscription_scope="/subscriptions/$subscription"

case $1/$# in
  environment/4) environment "$@" ;;
  trust/5) trust "$@" ;;
  sign-in/3) sign_in "$@" ;;
  sign-in-pods/3) sign_in_pods "$@" ;;
  let-in/4) let_in "$@" ;;
  *) usage ;;
esac
