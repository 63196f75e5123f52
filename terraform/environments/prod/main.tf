# prod: three zones for all that serves, backups that another region can restore, logs for a year.

locals {
  system_pool = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 3, max_count = 6 }
  worker_pool = { vm_size = "Standard_D4ds_v5", os_disk_size_gb = 128, min_count = 3, max_count = 9 }

  # Restored to any second of 35 days, or to a week's, month's or year's end; in the paired region where this one is gone.
  database = {
    sku_name            = "GP_Gen5_2"
    max_size_gb         = 64
    zone_redundant      = true
    backup_storage      = "GeoZone"
    point_in_time_days  = 35
    long_term_retention = { weekly = "P6W", monthly = "P12M", yearly = "P7Y", week_of_year = 1 }
  }
}

module "environment" {
  source = "../../modules/environment"

  environment        = "prod"
  system_pool        = local.system_pool
  worker_pool        = local.worker_pool
  maintenance_day    = "Sunday"
  database           = local.database
  log_retention_days = 365
  log_daily_cap_gb   = 5
  signs_releases     = false

  name_suffix                      = var.name_suffix
  resource_group_name              = var.resource_group_name
  aks_cluster_name                 = var.aks_cluster_name
  cluster_location                 = var.cluster_location
  dns_prefix                       = var.dns_prefix
  kubernetes_version               = var.kubernetes_version
  vnet_address_space               = var.vnet_address_space
  operator_address_ranges          = var.operator_address_ranges
  oidc_client_id                   = var.oidc_client_id
  external_gateway_enabled         = var.external_gateway_enabled
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
