#!/usr/bin/env bash
# What has to be there before Terraform can run, once for each environment, by somebody who owns the subscription.
#
#   bootstrap.sh environment dev|prod LOCATION SUFFIX     groups, state storage, the pipeline's identities, their roles
#   bootstrap.sh trust dev|prod plan|apply|release ISSUER SUBJECT
#                                                         lets a service connection of Azure DevOps sign in as one of them
#
# Needs `az login`. Run again, it changes nothing. Nothing that it makes has a secret.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
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

(($# >= 2)) || usage
environment=$2
[[ $environment =~ ^(dev|prod)$ ]] || usage
group="rg-orders-$environment"
state_group="rg-orders-$environment-state"
subscription=$(az account show --query id --output tsv)
subscription_scope="/subscriptions/$subscription"

case $1/$# in
  environment/4) environment "$@" ;;
  trust/5) trust "$@" ;;
  *) usage ;;
esac
