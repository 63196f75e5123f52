mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  registry_name              = "orderstest"
  resource_group_name        = "rg-orders-test"
  location                   = "uksouth"
  private_endpoint_subnet_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/private-endpoints"
  private_dns_zone_id        = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
  kubelet_principal_id       = "20000000-0000-0000-0000-0000000000a2"
  release_principal_id       = "40000000-0000-0000-0000-000000000002"
}

run "closed" {
  command = plan

  assert {
    condition     = azurerm_container_registry.this.sku == "Premium" && azurerm_container_registry.this.zone_redundancy_enabled && !azurerm_container_registry.this.public_network_access_enabled && azurerm_container_registry.this.network_rule_bypass_option == "None"
    error_message = "The registry can be reached from outside."
  }

  assert {
    condition     = !azurerm_container_registry.this.admin_enabled && !azurerm_container_registry.this.anonymous_pull_enabled && !azurerm_container_registry.this.export_policy_enabled
    error_message = "The registry has a password, or gives images to anybody."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_service_connection[0].private_connection_resource_id == azurerm_container_registry.this.id && azurerm_private_endpoint.this.private_service_connection[0].subresource_names == tolist(["registry"]) && azurerm_private_endpoint.this.subnet_id == var.private_endpoint_subnet_id
    error_message = "The registry has no private endpoint."
  }

  assert {
    condition     = azurerm_private_endpoint.this.private_dns_zone_group[0].private_dns_zone_ids == tolist([var.private_dns_zone_id])
    error_message = "The registry's name does not lead to its private endpoint."
  }
}

run "roles" {
  command = plan

  # AcrPull and AcrPush are not honoured in this mode.
  assert {
    condition     = azurerm_container_registry.this.role_assignment_mode == "AbacRepositoryPermissions" && azurerm_role_assignment.kubelet_pulls.role_definition_name == "Container Registry Repository Reader" && azurerm_role_assignment.release_pushes.role_definition_name == "Container Registry Repository Writer"
    error_message = "The roles don't fit the registry's mode."
  }

  assert {
    condition     = azurerm_role_assignment.kubelet_pulls.principal_id == var.kubelet_principal_id && azurerm_role_assignment.release_pushes.principal_id == var.release_principal_id
    error_message = "The roles are somebody else's."
  }

  assert {
    condition = alltrue([
      for role in [azurerm_role_assignment.kubelet_pulls, azurerm_role_assignment.release_pushes] :
      role.scope == azurerm_container_registry.this.id && role.principal_type == "ServicePrincipal"
    ])
    error_message = "A role reaches beyond the registry."
  }
}

run "kept" {
  command = plan

  assert {
    condition     = azurerm_management_lock.this.scope == azurerm_container_registry.this.id && azurerm_management_lock.this.lock_level == "CanNotDelete"
    error_message = "The registry has no lock."
  }

  # Signatures have no tag, nor has what runs by its digest after its tag moved on.
  assert {
    condition     = azurerm_container_registry.this.retention_policy_in_days == null
    error_message = "Manifests without a tag are removed."
  }
}
