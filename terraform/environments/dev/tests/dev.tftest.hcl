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

  assert {
    condition     = output.namespace == "orders-dev" && output.resource_group_name == "rg-orders-dev"
    error_message = "Not dev."
  }

  # Word for word, because .ci/check-manifests compares them with the overlay's service accounts.
  assert {
    condition = output.federated_subjects == {
      serving   = "system:serviceaccount:orders-dev:orders"
      migrating = "system:serviceaccount:orders-dev:orders-migrate"
      gateway   = "system:serviceaccount:orders-gateway:orders-gateway"
    }
    error_message = "Azure trusts another service account than the overlay has."
  }

  assert {
    condition     = endswith(one(module.environment.signer_scopes), "/keys/orders-release")
    error_message = "The pipeline cannot sign releases, or signs with more than their key."
  }

  assert {
    condition     = output.sign_in == null
    error_message = "dev's overlay has no sign-in, and Terraform says where it is."
  }

  assert {
    condition     = startswith(local.database.sku_name, "GP_S_") && local.database.serverless.auto_pause_delay_in_minutes > 0
    error_message = "dev's database costs while nobody uses it."
  }
}
