# Azure SQL, for which there are no passwords: Entra signs in people and identities.

resource "azurerm_mssql_server" "this" {
  #checkov:skip=CKV_AZURE_24:the audit goes to Log Analytics, which keeps it as long as all logs, in prod for a year

  name                = var.server_name
  resource_group_name = var.resource_group_name
  location            = var.location
  version             = "12.0"
  minimum_tls_version = "1.2"
  tags                = var.tags

  public_network_access_enabled        = false
  outbound_network_restriction_enabled = true

  # By the private endpoint connections go through the gateway, all on port 1433.
  connection_policy = "Default"

  azuread_administrator {
    login_username              = var.admin_group.name
    object_id                   = var.admin_group.object_id
    tenant_id                   = var.tenant_id
    azuread_authentication_only = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_mssql_database" "this" {
  #checkov:skip=CKV_AZURE_224:a ledger can't be undone, and orders have a history of their own
  #checkov:skip=CKV_AZURE_229:prod's database is in all zones (environments/prod, and its test); dev's need not be

  name      = var.database_name
  server_id = azurerm_mssql_server.this.id
  sku_name  = var.sku_name
  tags      = var.tags

  # What the program's columns don't say themselves; product codes, which differ by case, do.
  collation = "SQL_Latin1_General_CP1_CI_AS"

  max_size_gb                 = var.max_size_gb
  min_capacity                = try(var.serverless.min_capacity, null)
  auto_pause_delay_in_minutes = try(var.serverless.auto_pause_delay_in_minutes, null)
  zone_redundant              = var.zone_redundant
  storage_account_type        = var.backup_storage

  short_term_retention_policy {
    retention_days           = var.point_in_time_days
    backup_interval_in_hours = 12
  }

  dynamic "long_term_retention_policy" {
    for_each = var.long_term_retention == null ? [] : [var.long_term_retention]

    content {
      weekly_retention  = long_term_retention_policy.value.weekly
      monthly_retention = long_term_retention_policy.value.monthly
      yearly_retention  = long_term_retention_policy.value.yearly
      week_of_year      = long_term_retention_policy.value.week_of_year
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_private_endpoint" "this" {
  name                = "pe-${var.server_name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.private_endpoint_subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "sql"
    private_connection_resource_id = azurerm_mssql_server.this.id
    subresource_names              = ["sqlServer"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [var.private_dns_zone_id]
  }
}

# Who did what, to Log Analytics by the diagnostic setting of the server's master database (module monitoring).
resource "azurerm_mssql_server_extended_auditing_policy" "this" {
  server_id              = azurerm_mssql_server.this.id
  log_monitoring_enabled = true
}

# Defender for SQL: injection, odd logins.
resource "azurerm_mssql_server_security_alert_policy" "this" {
  #checkov:skip=CKV_AZURE_27:azurerm 5 calls it email_account_admins_enabled

  resource_group_name          = var.resource_group_name
  server_name                  = azurerm_mssql_server.this.name
  state                        = "Enabled"
  email_account_admins_enabled = true
  email_addresses              = var.security_contacts
}

# On the server, so on the database as well.
resource "azurerm_management_lock" "this" {
  name       = "keep"
  scope      = azurerm_mssql_server.this.id
  lock_level = "CanNotDelete"
  notes      = "Holds every order."

  # Last to come and first to go: a lock forbids to take away what is below its resource.
  depends_on = [
    azurerm_mssql_database.this,
    azurerm_mssql_server_extended_auditing_policy.this,
    azurerm_mssql_server_security_alert_policy.this,
    azurerm_private_endpoint.this,
  ]
}
