mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan

  override_resource {
    target = module.identity.azurerm_user_assigned_identity.this["serving"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/serving", client_id = "50000000-0000-0000-0000-000000000001", principal_id = "50000000-0000-0000-0000-0000000000a1" }
  }
  override_resource {
    target = module.identity.azurerm_user_assigned_identity.this["migrating"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/migrating", client_id = "50000000-0000-0000-0000-000000000002", principal_id = "50000000-0000-0000-0000-0000000000a2" }
  }
  override_resource {
    target = module.identity.azurerm_user_assigned_identity.this["gateway"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gateway", client_id = "50000000-0000-0000-0000-000000000003", principal_id = "50000000-0000-0000-0000-0000000000a3" }
  }
  override_resource {
    target = module.key_vault.azurerm_key_vault.this
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.KeyVault/vaults/kv-orders-test-ab12c", vault_uri = "https://kv-orders-test-ab12c.vault.azure.net/" }
  }
  override_resource {
    target = module.certificate_vault.azurerm_key_vault.this
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.KeyVault/vaults/kv-tls-test-ab12c", vault_uri = "https://kv-tls-test-ab12c.vault.azure.net/" }
  }
}

mock_provider "azapi" {}

variables {
  environment                      = "prod"
  resource_group_name              = "rg-orders-prod"
  aks_cluster_name                 = "aks-orders-prod"
  cluster_location                 = "uksouth"
  dns_prefix                       = "orders-prod"
  kubernetes_version               = "1.36"
  vnet_address_space               = ["10.30.0.0/16"]
  operator_address_ranges          = []
  oidc_client_id                   = "60000000-0000-0000-0000-000000000001"
  external_gateway_enabled         = false
  system_pool                      = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 3, max_count = 6 }
  worker_pool                      = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 3, max_count = 6 }
  maintenance_day                  = "Sunday"
  database                         = { sku_name = "GP_Gen5_2", max_size_gb = 32, zone_redundant = true, backup_storage = "Geo", point_in_time_days = 35 }
  log_retention_days               = 30
  log_daily_cap_gb                 = 1
  signs_releases                   = false
  name_suffix                      = "ab12c"
  cluster_admin_group_object_ids   = ["40000000-0000-0000-0000-000000000001"]
  sql_admin_group                  = { name = "orders-sql-admins", object_id = "40000000-0000-0000-0000-000000000004" }
  secrets_operator_group_object_id = "40000000-0000-0000-0000-000000000003"
  release_principal_id             = "40000000-0000-0000-0000-000000000002"
  alert_emails                     = { operators = "orders@example.com" }
  alert_webhook                    = { url = "https://alerts.example.com/orders" }
  monthly_budget                   = 1000
  budget_start                     = "2026-12-01"
  build_agents = {
    organization_url                = "https://dev.azure.com/example"
    project                         = "orders"
    devops_infrastructure_object_id = "40000000-0000-0000-0000-000000000005"
  }
}

run "who_reads_which_vault" {
  command = plan

  assert {
    condition     = module.identity.principal_ids == { serving = "50000000-0000-0000-0000-0000000000a1", migrating = "50000000-0000-0000-0000-0000000000a2", gateway = "50000000-0000-0000-0000-0000000000a3" }
    error_message = "The three identities are not three."
  }

  assert {
    condition     = module.key_vault.reader_principal_id == module.identity.principal_ids["serving"] && module.certificate_vault.reader_principal_id == module.identity.principal_ids["gateway"]
    error_message = "A vault is read by somebody else than it is for."
  }

  assert {
    condition     = output.key_vault_url != output.certificate_vault_url
    error_message = "The gateway could read card keys: its certificate lies among them."
  }
}

# The names in kustomize/overlays: a subject that is not exactly these is refused at sign-in.
run "subjects" {
  command = plan

  assert {
    condition = output.federated_subjects == {
      serving   = "system:serviceaccount:orders-prod:orders"
      migrating = "system:serviceaccount:orders-prod:orders-migrate"
      gateway   = "system:serviceaccount:orders-gateway:orders-gateway"
    } && output.namespace == "orders-prod"
    error_message = "A subject is not the overlay's namespace and service account."
  }
}

# Word for word what Entra's own metadata says, slash and all: the desk compares them as texts.
run "sign_in" {
  command = plan

  assert {
    condition = output.sign_in == {
      issuer    = "https://login.microsoftonline.com/${output.tenant_id}/v2.0"
      client_id = "60000000-0000-0000-0000-000000000001"
    }
    error_message = "People would sign in elsewhere."
  }
}

run "nobody_signs_in" {
  command = plan

  variables {
    oidc_client_id = null
  }

  assert {
    condition     = output.sign_in == null
    error_message = "There is a sign-in that nobody asked for."
  }
}

run "refuses_what_is_no_client_id" {
  command = plan

  variables {
    oidc_client_id = "orders-prod"
  }

  expect_failures = [var.oidc_client_id]
}

run "who_signs" {
  command = plan

  assert {
    condition     = length(output.signer_scopes) == 0
    error_message = "Releases are signed where they do not begin."
  }
}

run "who_signs_where_releases_begin" {
  command = plan

  variables {
    signs_releases = true
  }

  assert {
    condition     = output.signer_scopes == ["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.KeyVault/vaults/kv-orders-test-ab12c/keys/orders-release"]
    error_message = "The pipeline signs with more than its key."
  }
}

run "database_users" {
  command = plan

  assert {
    condition     = strcontains(output.database_users_sql, "[id-orders-prod-serving] WITH SID = 0x00000050000000000000000000000001") && strcontains(output.database_users_sql, "[id-orders-prod-migrating] WITH SID = 0x00000050000000000000000000000002")
    error_message = "The database's users are other identities."
  }

  assert {
    condition     = !can(regex("@|password", output.database_url)) && startswith(output.database_url, "mssql://sql-orders-test.database.windows.net/orders")
    error_message = "The database's address has a user or a password in it."
  }
}

run "budget" {
  command = plan

  assert {
    condition     = one(azurerm_consumption_budget_subscription.this.filter[0].dimension).values == tolist(["rg-orders-prod", "MC_rg-orders-test_aks_uksouth"])
    error_message = "The budget leaves out the nodes, or counts what is not the desk's."
  }

  assert {
    condition = alltrue([
      for notification in azurerm_consumption_budget_subscription.this.notification :
      notification.enabled && length(notification.contact_emails) == 1 && length(notification.contact_groups) == 1
    ]) && contains([for notification in azurerm_consumption_budget_subscription.this.notification : notification.threshold_type], "Forecasted")
    error_message = "Nobody is told before the budget is spent."
  }
}

run "without_agents" {
  command = plan

  variables {
    build_agents = null
  }

  assert {
    condition     = output.build_agent_pool == null
    error_message = "There is a pool nobody asked for."
  }
}

run "refuses_another_environment" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "refuses_a_budget_from_the_middle_of_a_month" {
  command = plan

  variables {
    budget_start = "2026-12-15"
  }

  expect_failures = [var.budget_start]
}
