mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  server_name                = "sql-orders-test"
  resource_group_name        = "rg-orders-test"
  location                   = "uksouth"
  tenant_id                  = "10000000-0000-0000-0000-000000000000"
  admin_group                = { name = "orders-sql-admins", object_id = "40000000-0000-0000-0000-000000000004" }
  sku_name                   = "GP_Gen5_2"
  zone_redundant             = true
  backup_storage             = "GeoZone"
  point_in_time_days         = 35
  long_term_retention        = { weekly = "P6W", monthly = "P12M", yearly = "P7Y", week_of_year = 1 }
  private_endpoint_subnet_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/private-endpoints"
  private_dns_zone_id        = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/privateDnsZones/privatelink.database.windows.net"
  security_contacts          = ["orders@example.com"]
  serving_identity           = { name = "id-orders-test-serving", client_id = "01234567-89ab-cdef-0123-456789abcdef" }
  migrating_identity         = { name = "id-orders-test-migrating", client_id = "fedcba98-7654-3210-fedc-ba9876543210" }
}

run "no_passwords" {
  command = plan

  assert {
    condition     = azurerm_mssql_server.this.azuread_administrator[0].azuread_authentication_only && azurerm_mssql_server.this.azuread_administrator[0].object_id == var.admin_group.object_id
    error_message = "Logins with a password are possible."
  }

  assert {
    condition     = azurerm_mssql_server.this.administrator_login_password == null && azurerm_mssql_server.this.administrator_login_password_wo == null
    error_message = "The server has a password."
  }
}

run "closed" {
  command = plan

  assert {
    condition     = !azurerm_mssql_server.this.public_network_access_enabled && azurerm_mssql_server.this.outbound_network_restriction_enabled && azurerm_mssql_server.this.minimum_tls_version == "1.2"
    error_message = "The server can be reached from outside, reaches outside, or speaks an old TLS."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_service_connection[0].private_connection_resource_id == azurerm_mssql_server.this.id && azurerm_private_endpoint.this.private_service_connection[0].subresource_names == tolist(["sqlServer"])
    error_message = "The server has no private endpoint."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_dns_zone_group[0].private_dns_zone_ids == tolist([var.private_dns_zone_id])
    error_message = "The server's name does not lead to its private endpoint."
  }
}

run "kept" {
  command = plan

  assert {
    condition     = azurerm_mssql_database.this.storage_account_type == "GeoZone" && azurerm_mssql_database.this.zone_redundant && azurerm_mssql_database.this.short_term_retention_policy[0].retention_days == 35
    error_message = "The database lacks its zones or its backups."
  }

  assert {
    condition     = azurerm_mssql_database.this.long_term_retention_policy[0].yearly_retention == "P7Y"
    error_message = "Yearly backups are not kept."
  }

  assert {
    condition     = azurerm_management_lock.this.scope == azurerm_mssql_server.this.id && azurerm_management_lock.this.lock_level == "CanNotDelete"
    error_message = "The server has no lock."
  }

  assert {
    condition     = azurerm_mssql_server_extended_auditing_policy.this.log_monitoring_enabled && azurerm_mssql_server_security_alert_policy.this.state == "Enabled"
    error_message = "Nobody could say who did what."
  }
}

# The bytes of a uuid's first three groups are stored backwards.
run "users" {
  command = plan

  assert {
    condition     = strcontains(output.users_sql, "CREATE USER [id-orders-test-serving] WITH SID = 0x67452301AB89EFCD0123456789ABCDEF, TYPE = E;")
    error_message = "The serving user's SID is not its identity's client id."
  }

  assert {
    condition     = strcontains(output.users_sql, "CREATE USER [id-orders-test-migrating] WITH SID = 0x98BADCFE54761032FEDCBA9876543210, TYPE = E;")
    error_message = "The migrating user's SID is not its identity's client id."
  }

  # The list of docs/azure.md (who may do what in the database).
  assert {
    condition = { for grant in regexall("GRANT ([A-Z, ]+) ON ([a-z:._]+) TO orders_desk;", output.users_sql) : grant[1] => grant[0] } == {
      "dbo.schema_migrations"    = "SELECT"
      "dbo.schema_compatibility" = "SELECT"
      "dbo.orders"               = "SELECT, INSERT, UPDATE"
      "dbo.order_counts"         = "SELECT, INSERT, UPDATE"
      "dbo.order_events"         = "SELECT, INSERT"
      "dbo.card_keys"            = "SELECT, INSERT"
      "dbo.job_orders"           = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.imports"              = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.import_pieces"        = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.import_mappings"      = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.relocations"          = "SELECT"
      "dbo.jobs"                 = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.order_warnings"       = "SELECT, UPDATE"
      "dbo.kept_counts"          = "SELECT"
      "dbo.outbox"               = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.saved_views"          = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.people"               = "SELECT, INSERT, UPDATE"
      "dbo.sessions"             = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.sign_ins"             = "SELECT, INSERT, UPDATE, DELETE"
      "dbo.access_log"           = "SELECT, INSERT, DELETE"
      "dbo.access_outcomes"      = "SELECT, INSERT, DELETE"
      "dbo.access_states"        = "SELECT"
    }
    error_message = "The serving user may do more, or less, than docs/azure.md says."
  }

  assert {
    condition     = flatten(regexall("ALTER ROLE (\\w+) ADD MEMBER \\[id-orders-test-serving\\]", output.users_sql)) == ["orders_desk"] && length(regexall("GRANT [^;]* TO \\[id-orders-test-serving\\]", output.users_sql)) == 0
    error_message = "The serving user has rights besides its role's."
  }

  assert {
    condition     = flatten(regexall("ALTER ROLE (\\w+) ADD MEMBER \\[id-orders-test-migrating\\]", output.users_sql)) == ["db_ddladmin"] && !strcontains(output.users_sql, "db_owner")
    error_message = "The migrating user may do more than change tables."
  }
}

run "serverless" {
  command = plan

  variables {
    sku_name            = "GP_S_Gen5_1"
    serverless          = { min_capacity = 0.5, auto_pause_delay_in_minutes = 60 }
    zone_redundant      = false
    backup_storage      = "Local"
    point_in_time_days  = 7
    long_term_retention = null
  }

  assert {
    condition     = azurerm_mssql_database.this.auto_pause_delay_in_minutes == 60 && azurerm_mssql_database.this.min_capacity == 0.5 && length(azurerm_mssql_database.this.long_term_retention_policy) == 0
    error_message = "The serverless database never rests."
  }
}

run "refuses_serverless_without_its_settings" {
  command = plan

  variables {
    sku_name = "GP_S_Gen5_1"
  }

  expect_failures = [var.serverless]
}

run "refuses_backups_of_a_day" {
  command = plan

  variables {
    point_in_time_days = 1
  }

  expect_failures = [var.point_in_time_days]
}
