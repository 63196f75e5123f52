mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

mock_provider "azapi" {}

variables {
  subscription_id                  = "00000000-0000-0000-0000-000000000000"
  name_suffix                      = "ab12c"
  cluster_admin_group_object_ids   = ["40000000-0000-0000-0000-000000000001"]
  sql_admin_group                  = { name = "orders-sql-admins", object_id = "40000000-0000-0000-0000-000000000004" }
  secrets_operator_group_object_id = "40000000-0000-0000-0000-000000000003"
  release_principal_id             = "40000000-0000-0000-0000-000000000002"
  oidc_client_id                   = "60000000-0000-0000-0000-000000000001"
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

run "dev" {
  command = plan

  module {
    source = "../dev"
  }
}

run "prod" {
  command = plan

  assert {
    condition     = output.namespace == "orders-prod" && output.resource_group_name == "rg-orders-prod"
    error_message = "Not prod."
  }

  # Word for word, because .ci/check-manifests compares them with the overlay's service accounts.
  assert {
    condition = output.federated_subjects == {
      serving   = "system:serviceaccount:orders-prod:orders"
      migrating = "system:serviceaccount:orders-prod:orders-migrate"
      gateway   = "system:serviceaccount:orders-gateway:orders-gateway"
    }
    error_message = "Azure trusts another service account than the overlay has."
  }

  assert {
    condition     = output.sign_in.client_id == var.oidc_client_id && endswith(output.sign_in.issuer, "/v2.0")
    error_message = "prod's people do not sign in at their registration."
  }

  assert {
    condition     = length(module.environment.signer_scopes) == 0
    error_message = "Releases are signed in dev alone."
  }

  assert {
    condition     = local.database.zone_redundant && startswith(local.database.backup_storage, "Geo") && local.database.point_in_time_days == 35 && local.database.long_term_retention != null && !startswith(local.database.sku_name, "GP_S_")
    error_message = "prod's database does not survive a zone or a region, or pauses."
  }

  assert {
    condition     = local.worker_pool.min_count >= 3 && local.system_pool.min_count >= 3
    error_message = "A pool is smaller than its zones are many."
  }

  # So that the two can be peered, and an address says which it is.
  assert {
    condition = alltrue(flatten([
      for one in output.vnet_address_space : [
        for other in run.dev.vnet_address_space :
        cidrhost("${split("/", one)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0)
        != cidrhost("${split("/", other)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0)
      ]
    ]))
    error_message = "dev's and prod's networks overlap."
  }
}
