# dev: the smallest that still is the same thing. The desk of this overlay keeps its orders in SQLite, so the database
# sleeps until somebody tries Azure SQL.

locals {
  system_pool = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 1, max_count = 3 }
  worker_pool = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 1, max_count = 3 }

  # Serverless: after an hour of rest it costs nothing but its storage.
  database = {
    sku_name           = "GP_S_Gen5_1"
    serverless         = { min_capacity = 0.5, auto_pause_delay_in_minutes = 60 }
    max_size_gb        = 32
    zone_redundant     = false
    backup_storage     = "Local"
    point_in_time_days = 7
  }
}

module "environment" {
  source = "../../modules/environment"

  environment        = "dev"
  system_pool        = local.system_pool
  worker_pool        = local.worker_pool
  maintenance_day    = "Wednesday" # Four days before prod: dev meets an upgrade first.
  database           = local.database
  log_retention_days = 30
  log_daily_cap_gb   = 1
  signs_releases     = true

  # Made-up orders, for whoever is in the company's network: nobody signs in, so nobody comes from the internet.
  oidc_client_id           = null
  external_gateway_enabled = false

  name_suffix                      = var.name_suffix
  resource_group_name              = var.resource_group_name
  aks_cluster_name                 = var.aks_cluster_name
  cluster_location                 = var.cluster_location
  dns_prefix                       = var.dns_prefix
  kubernetes_version               = var.kubernetes_version
  vnet_address_space               = var.vnet_address_space
  operator_address_ranges          = var.operator_address_ranges
  cluster_admin_group_object_ids   = var.cluster_admin_group_object_ids
  sql_admin_group                  = var.sql_admin_group
  secrets_operator_group_object_id = var.secrets_operator_group_object_id
  release_principal_id             = var.release_principal_id
  build_agents                     = var.build_agents
  alert_emails                     = var.alert_emails
  alert_webhook                    = var.alert_webhook
  monthly_budget                   = var.monthly_budget
  budget_start                     = var.budget_start
}
