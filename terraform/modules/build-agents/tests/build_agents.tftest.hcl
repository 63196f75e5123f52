mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

variables {
  name                            = "orders-test"
  resource_group_name             = "rg-orders-test"
  location                        = "uksouth"
  organization_url                = "https://dev.azure.com/example"
  project                         = "orders"
  vnet_id                         = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet"
  subnet_id                       = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/build-agents"
  devops_infrastructure_object_id = "40000000-0000-0000-0000-000000000005"
}

run "one_project_inside_the_network" {
  command = plan

  assert {
    condition     = azurerm_managed_devops_pool.this.virtual_machine_scale_set_fabric[0].subnet_id == var.subnet_id
    error_message = "Agents are outside the network."
  }

  assert {
    condition     = azurerm_managed_devops_pool.this.azure_devops_organization[0].organization[0].projects == tolist(["orders"]) && length(azurerm_managed_devops_pool.this.stateless_agent) == 1
    error_message = "Other projects may use the pool, or one job finds what another left."
  }

  # Agents have no identity of their own: a job is what its service connection is.
  assert {
    condition     = length(azurerm_managed_devops_pool.this.identity) == 0
    error_message = "Every job could sign in as the pool."
  }

  assert {
    condition     = alltrue([for role in azurerm_role_assignment.joins_network : role.scope == var.vnet_id && role.principal_type == "ServicePrincipal"])
    error_message = "Microsoft's principal may do more than join the network."
  }
}

run "refuses_a_url_of_a_project" {
  command = plan

  variables {
    organization_url = "https://dev.azure.com/example/orders"
  }

  expect_failures = [var.organization_url]
}
