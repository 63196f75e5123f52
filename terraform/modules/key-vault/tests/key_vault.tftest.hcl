mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  key_vault_name             = "kv-orders-test"
  resource_group_name        = "rg-orders-test"
  location                   = "uksouth"
  tenant_id                  = "10000000-0000-0000-0000-000000000000"
  private_endpoint_subnet_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/private-endpoints"
  private_dns_zone_id        = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
  reader_principal_id        = "20000000-0000-0000-0000-000000000002"
  operator_group_object_id   = "40000000-0000-0000-0000-000000000003"
}

run "closed" {
  command = plan

  assert {
    condition     = !azurerm_key_vault.this.public_network_access_enabled && azurerm_key_vault.this.network_acls[0].default_action == "Deny" && azurerm_key_vault.this.network_acls[0].bypass == "None"
    error_message = "The vault can be reached from outside."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_service_connection[0].private_connection_resource_id == azurerm_key_vault.this.id && azurerm_private_endpoint.this.private_service_connection[0].subresource_names == tolist(["vault"])
    error_message = "The vault has no private endpoint."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_dns_zone_group[0].private_dns_zone_ids == tolist([var.private_dns_zone_id])
    error_message = "The vault's name does not lead to its private endpoint."
  }
}

run "roles" {
  command = plan

  assert {
    condition     = azurerm_key_vault.this.rbac_authorization_enabled
    error_message = "Access policies count, not roles."
  }

  assert {
    condition     = azurerm_role_assignment.reader.role_definition_name == "Key Vault Secrets User" && azurerm_role_assignment.reader.principal_id == var.reader_principal_id && azurerm_role_assignment.reader.principal_type == "ServicePrincipal"
    error_message = "The reader may do more than read secrets."
  }

  assert {
    condition     = keys(azurerm_role_assignment.operators) == ["Key Vault Secrets Officer"] && alltrue([for role in azurerm_role_assignment.operators : role.principal_id == var.operator_group_object_id && role.principal_type == "Group"])
    error_message = "Secrets are kept by somebody else than the operators' group."
  }

  assert {
    condition     = toset(concat([azurerm_role_assignment.reader.scope], values(azurerm_role_assignment.operators)[*].scope)) == toset([azurerm_key_vault.this.id])
    error_message = "A role reaches beyond the vault."
  }

  assert {
    condition     = length(azurerm_role_assignment.signer) == 0
    error_message = "Somebody signs who was not asked to."
  }
}

run "signs_with_one_key" {
  command = plan

  variables {
    signing_key = { name = "orders-release", signer_principal_id = "40000000-0000-0000-0000-000000000002" }
  }

  assert {
    condition = values(azurerm_role_assignment.signer)[*].scope == ["${azurerm_key_vault.this.id}/keys/orders-release"] && alltrue([
      for role in azurerm_role_assignment.signer :
      role.role_definition_name == "Key Vault Crypto User" && role.principal_id == "40000000-0000-0000-0000-000000000002" && role.principal_type == "ServicePrincipal"
    ])
    error_message = "The signer may do more in the vault than use its key."
  }
}

run "kept" {
  command = plan

  assert {
    condition     = azurerm_key_vault.this.purge_protection_enabled && azurerm_key_vault.this.soft_delete_retention_days == 90
    error_message = "What is deleted can be purged."
  }

  assert {
    condition     = azurerm_management_lock.this.scope == azurerm_key_vault.this.id && azurerm_management_lock.this.lock_level == "CanNotDelete"
    error_message = "The vault has no lock."
  }
}

run "refuses_administrators" {
  command = plan

  variables {
    operator_roles = ["Key Vault Administrator"]
  }

  expect_failures = [var.operator_roles]
}
