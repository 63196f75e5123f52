mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan

  override_resource {
    target = azurerm_user_assigned_identity.this["serving"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/serving" }
  }
  override_resource {
    target = azurerm_user_assigned_identity.this["gateway"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gateway" }
  }
}

variables {
  name                = "orders-test"
  resource_group_name = "rg-orders-test"
  location            = "uksouth"
  oidc_issuer_url     = "https://uksouth.oic.prod-aks.azure.com/10000000-0000-0000-0000-000000000000/30000000-0000-0000-0000-000000000000/"
  service_accounts = {
    serving = { namespace = "orders-test", name = "orders" }
    gateway = { namespace = "orders-gateway", name = "orders-gateway" }
  }
}

run "each_trusts_one_service_account" {
  command = plan

  assert {
    condition     = output.subjects == { serving = "system:serviceaccount:orders-test:orders", gateway = "system:serviceaccount:orders-gateway:orders-gateway" }
    error_message = "A subject is not the namespace and the service account."
  }

  assert {
    condition     = alltrue([for what, credential in azurerm_federated_identity_credential.this : credential.user_assigned_identity_id == azurerm_user_assigned_identity.this[what].id])
    error_message = "A credential belongs to another identity."
  }

  assert {
    condition = alltrue([
      for credential in azurerm_federated_identity_credential.this :
      credential.issuer == var.oidc_issuer_url && credential.audience == tolist(["api://AzureADTokenExchange"])
    ])
    error_message = "Tokens of another cluster, or for something else, are taken."
  }
}

run "refuses_to_share_a_service_account" {
  command = plan

  variables {
    service_accounts = {
      serving   = { namespace = "orders-test", name = "orders" }
      migrating = { namespace = "orders-test", name = "orders" }
    }
  }

  expect_failures = [var.service_accounts]
}

run "refuses_wildcards" {
  command = plan

  variables {
    service_accounts = { serving = { namespace = "orders-test", name = "*" } }
  }

  expect_failures = [var.service_accounts]
}

run "refuses_every_namespace" {
  command = plan

  variables {
    service_accounts = { serving = { namespace = "*", name = "orders" } }
  }

  expect_failures = [var.service_accounts]
}
