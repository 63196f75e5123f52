# One whole environment of the desk. dev and prod are this module with different values (environments/), so that what
# was tried in dev is what runs in prod.

locals {
  name      = "orders-${var.environment}"
  namespace = "orders-${var.environment}"

  # The service accounts of the kustomize overlays. The Gateways live beside the desk's namespace, which refuses their
  # proxies' pods.
  service_accounts = {
    serving   = { namespace = local.namespace, name = "orders" }
    migrating = { namespace = local.namespace, name = "orders-migrate" }
    gateway   = { namespace = "orders-gateway", name = "orders-gateway" }
  }

  tags = {
    application = "orders"
    environment = var.environment
    managed-by  = "terraform"
  }
}

data "azurerm_client_config" "current" {}

# Read, not made: bootstrap.sh made it, so nobody here needs the right to make resource groups.
data "azurerm_resource_group" "this" {
  name = var.resource_group_name
}

module "networking" {
  source = "../networking"

  name                     = local.name
  resource_group_name      = data.azurerm_resource_group.this.name
  location                 = var.cluster_location
  vnet_address_space       = var.vnet_address_space
  operator_address_ranges  = var.operator_address_ranges
  external_gateway_enabled = var.external_gateway_enabled
  tags                     = local.tags
}

module "aks_cluster" {
  source = "../aks-cluster"

  aks_cluster_name           = var.aks_cluster_name
  cluster_location           = var.cluster_location
  dns_prefix                 = var.dns_prefix
  kubernetes_version         = var.kubernetes_version
  resource_group_name        = data.azurerm_resource_group.this.name
  control_plane_subnet_id    = module.networking.control_plane_subnet_id
  worker_node_subnet_id      = module.networking.worker_node_subnet_id
  vnet_address_space         = var.vnet_address_space
  system_pool                = var.system_pool
  worker_pool                = var.worker_pool
  maintenance_day            = var.maintenance_day
  log_analytics_workspace_id = module.monitoring.log_analytics_workspace_id
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  admin_group_object_ids     = var.cluster_admin_group_object_ids
  release_principal_id       = var.release_principal_id
  namespace                  = local.namespace
  tags                       = local.tags
}

module "identity" {
  source = "../identity"

  name                = local.name
  resource_group_name = data.azurerm_resource_group.this.name
  location            = var.cluster_location
  oidc_issuer_url     = module.aks_cluster.aks_oidc_issuer_url
  service_accounts    = local.service_accounts
  tags                = local.tags
}

module "container_registry" {
  source = "../container-registry"

  registry_name              = "orders${var.environment}${var.name_suffix}"
  resource_group_name        = data.azurerm_resource_group.this.name
  location                   = var.cluster_location
  private_endpoint_subnet_id = module.networking.private_endpoint_subnet_id
  private_dns_zone_id        = module.networking.private_dns_zone_ids["registry"]
  kubelet_principal_id       = module.aks_cluster.kubelet_principal_id
  release_principal_id       = var.release_principal_id
  tags                       = local.tags
}

# The desk's secrets: the card keys, and what it needs to sign in elsewhere. Where releases are signed, that key, too.
module "key_vault" {
  source = "../key-vault"

  key_vault_name             = "kv-orders-${var.environment}-${var.name_suffix}"
  resource_group_name        = data.azurerm_resource_group.this.name
  location                   = var.cluster_location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  private_endpoint_subnet_id = module.networking.private_endpoint_subnet_id
  private_dns_zone_id        = module.networking.private_dns_zone_ids["vault"]
  reader_principal_id        = module.identity.principal_ids["serving"]
  operator_group_object_id   = var.secrets_operator_group_object_id
  operator_roles             = var.signs_releases ? ["Key Vault Secrets Officer", "Key Vault Crypto Officer"] : ["Key Vault Secrets Officer"]
  signing_key                = var.signs_releases ? { name = "orders-release", signer_principal_id = var.release_principal_id } : null
  tags                       = local.tags
}

# The gateway's certificate, in a vault of its own: the gateway must not be able to read card keys.
module "certificate_vault" {
  source = "../key-vault"

  key_vault_name             = "kv-tls-${var.environment}-${var.name_suffix}"
  resource_group_name        = data.azurerm_resource_group.this.name
  location                   = var.cluster_location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  private_endpoint_subnet_id = module.networking.private_endpoint_subnet_id
  private_dns_zone_id        = module.networking.private_dns_zone_ids["vault"]
  reader_principal_id        = module.identity.principal_ids["gateway"]
  operator_group_object_id   = var.secrets_operator_group_object_id
  operator_roles             = ["Key Vault Certificates Officer"]
  tags                       = local.tags
}

module "sql_database" {
  source = "../sql-database"

  server_name                = "sql-orders-${var.environment}-${var.name_suffix}"
  resource_group_name        = data.azurerm_resource_group.this.name
  location                   = var.cluster_location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  admin_group                = var.sql_admin_group
  sku_name                   = var.database.sku_name
  serverless                 = var.database.serverless
  max_size_gb                = var.database.max_size_gb
  zone_redundant             = var.database.zone_redundant
  backup_storage             = var.database.backup_storage
  point_in_time_days         = var.database.point_in_time_days
  long_term_retention        = var.database.long_term_retention
  private_endpoint_subnet_id = module.networking.private_endpoint_subnet_id
  private_dns_zone_id        = module.networking.private_dns_zone_ids["sql"]
  security_contacts          = values(var.alert_emails)
  serving_identity           = { name = module.identity.names["serving"], client_id = module.identity.client_ids["serving"] }
  migrating_identity         = { name = module.identity.names["migrating"], client_id = module.identity.client_ids["migrating"] }
  tags                       = local.tags
}

# The cluster sends its logs here, and this watches the cluster: each needs the other's id. Terraform orders resources,
# not modules, so that is no circle.
module "monitoring" {
  source = "../monitoring"

  name                = local.name
  resource_group_name = data.azurerm_resource_group.this.name
  location            = var.cluster_location
  namespace           = local.namespace
  aks_cluster_id      = module.aks_cluster.aks_cluster_id
  aks_cluster_name    = module.aks_cluster.aks_cluster_name
  log_retention_days  = var.log_retention_days
  log_daily_cap_gb    = var.log_daily_cap_gb
  alert_emails        = var.alert_emails
  alert_webhook       = var.alert_webhook
  tags                = local.tags

  diagnostics = {
    cluster = {
      resource_id = module.aks_cluster.aks_cluster_id
      categories  = ["kube-audit-admin", "guard", "kube-apiserver", "kube-controller-manager", "cluster-autoscaler"]
    }
    registry = {
      resource_id = module.container_registry.registry_id
      categories  = ["ContainerRegistryLoginEvents", "ContainerRegistryRepositoryEvents"]
    }
    secrets = {
      resource_id = module.key_vault.key_vault_id
      categories  = ["AuditEvent"]
    }
    certificates = {
      resource_id = module.certificate_vault.key_vault_id
      categories  = ["AuditEvent"]
    }
    # What is audited on the server is logged by its master database.
    sql = {
      resource_id = "${module.sql_database.server_id}/databases/master"
      categories  = ["SQLSecurityAuditEvents"]
    }
    database = {
      resource_id = module.sql_database.database_id
      categories  = ["Errors", "Timeouts", "Blocks", "Deadlocks"]
    }
  }
}

module "build_agents" {
  source = "../build-agents"
  count  = var.build_agents == null ? 0 : 1

  name                            = local.name
  resource_group_name             = data.azurerm_resource_group.this.name
  location                        = var.cluster_location
  organization_url                = var.build_agents.organization_url
  project                         = var.build_agents.project
  devops_infrastructure_object_id = var.build_agents.devops_infrastructure_object_id
  vnet_id                         = module.networking.vnet_id
  subnet_id                       = module.networking.build_agent_subnet_id
  tags                            = local.tags
}
