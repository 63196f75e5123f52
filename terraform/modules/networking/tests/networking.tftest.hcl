mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan

  override_resource {
    target = azurerm_subnet.control_plane
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/control-plane" }
  }
  override_resource {
    target = azurerm_subnet.worker_nodes
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/worker-nodes" }
  }
  override_resource {
    target = azurerm_network_security_group.this["worker_nodes"]
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/networkSecurityGroups/workers" }
  }
}

variables {
  name                = "orders-test"
  resource_group_name = "rg-orders-test"
  location            = "uksouth"
  vnet_address_space  = ["10.20.0.0/16"]
}

run "subnets" {
  command = plan

  assert {
    condition     = endswith(azurerm_subnet.control_plane.address_prefixes[0], "/28") && azurerm_subnet.control_plane.delegation[0].service_delegation[0].name == "Microsoft.ContainerService/managedClusters"
    error_message = "The control plane's subnet is not a /28 delegated to AKS."
  }

  assert {
    condition = alltrue(flatten([
      for a, one in local.prefixes : [
        for b, other in local.prefixes : a == b || (
          cidrhost("${split("/", one)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0)
          != cidrhost("${split("/", other)[0]}/${min(split("/", one)[1], split("/", other)[1])}", 0)
        )
      ]
    ]))
    error_message = "Two subnets overlap."
  }

  assert {
    condition = alltrue([
      for prefix in values(local.prefixes) :
      cidrhost("${split("/", prefix)[0]}/16", 0) == cidrhost(var.vnet_address_space[0], 0)
    ])
    error_message = "A subnet lies outside the network."
  }

  assert {
    condition     = !azurerm_subnet.worker_nodes.default_outbound_access_enabled && !azurerm_subnet.private_endpoints.default_outbound_access_enabled
    error_message = "A subnet has Azure's implicit way out beside the NAT gateway."
  }

  assert {
    condition     = azurerm_subnet.private_endpoints.private_endpoint_network_policies == "NetworkSecurityGroupEnabled"
    error_message = "Rules don't hold for private endpoints."
  }
}

run "everything_is_attached" {
  command = plan

  assert {
    condition     = toset(keys(azurerm_subnet_network_security_group_association.this)) == toset(keys(local.prefixes))
    error_message = "A subnet has no security group."
  }

  assert {
    condition     = toset(keys(azurerm_network_security_group.this)) == toset(keys(azurerm_subnet_network_security_group_association.this))
    error_message = "A security group is tied to nothing."
  }

  assert {
    condition     = azurerm_subnet_network_security_group_association.this["worker_nodes"].network_security_group_id == output.aks_nsg_id && azurerm_subnet_network_security_group_association.this["worker_nodes"].subnet_id == azurerm_subnet.worker_nodes.id
    error_message = "The nodes' group is not on the nodes' subnet."
  }

  assert {
    condition     = azurerm_subnet_route_table_association.worker_nodes.subnet_id == azurerm_subnet.worker_nodes.id && azurerm_subnet_route_table_association.worker_nodes.route_table_id == azurerm_route_table.worker_nodes.id
    error_message = "The route table is not on the nodes' subnet."
  }

  assert {
    condition     = [for route in azurerm_route_table.worker_nodes.route : "${route.address_prefix} ${route.next_hop_type}"] == ["0.0.0.0/0 Internet"]
    error_message = "A gateway's routes may move the nodes' way out."
  }

  assert {
    condition     = azurerm_route_table.worker_nodes.bgp_route_propagation_enabled
    error_message = "The desk's answers would not find the company's networks."
  }

  assert {
    condition     = azurerm_subnet_nat_gateway_association.this["worker_nodes"].subnet_id == azurerm_subnet.worker_nodes.id
    error_message = "The nodes have no NAT gateway."
  }

  assert {
    condition     = toset([for link in azurerm_private_dns_zone_virtual_network_link.this : link.virtual_network_id]) == toset([azurerm_virtual_network.this.id]) && length(azurerm_private_dns_zone_virtual_network_link.this) == 3
    error_message = "A zone of private names is not linked to the network."
  }
}

run "closed_to_the_internet" {
  command = plan

  assert {
    condition = length(flatten([
      for group in azurerm_network_security_group.this : [
        for rule in group.security_rule : rule.name if rule.access == "Allow" && contains(["*", "Internet", "0.0.0.0/0"], coalesce(rule.source_address_prefix, "-"))
      ]
    ])) == 0
    error_message = "Something is open to everybody."
  }

  assert {
    condition = alltrue([
      for what in ["control_plane", "private_endpoints", "build_agents"] : anytrue([
        for rule in azurerm_network_security_group.this[what].security_rule :
        rule.access == "Deny" && rule.source_address_prefix == "*" && rule.destination_port_range == "*" && rule.priority == max([for other in azurerm_network_security_group.this[what].security_rule : other.priority]...)
      ])
    ])
    error_message = "A subnet's last rule is not to refuse the rest."
  }

  # https://learn.microsoft.com/azure/aks/api-server-vnet-integration#nsg-security-rules
  assert {
    condition = alltrue([
      anytrue([for rule in azurerm_network_security_group.this["control_plane"].security_rule : rule.source_address_prefix == local.prefixes.worker_nodes && rule.destination_port_ranges == toset(["443", "4443"])]),
      anytrue([for rule in azurerm_network_security_group.this["control_plane"].security_rule : rule.source_address_prefix == "AzureLoadBalancer" && rule.destination_port_range == "9988"]),
    ])
    error_message = "The API server lacks what it needs: nodes on 443 and 4443, the load balancer's probe on 9988."
  }
}

run "the_external_gateway_opens_443_and_the_way_to_it_alone" {
  command = plan

  variables {
    external_gateway_enabled = true
  }

  assert {
    condition = one([
      for rule in azurerm_network_security_group.this["worker_nodes"].security_rule : rule.destination_port_ranges if rule.source_address_prefix == "Internet" && rule.access == "Allow"
    ]) == toset(["80", "443"])
    error_message = "The internet gets more than 443 and its redirect, or less."
  }
}

run "operators" {
  command = plan

  variables {
    operator_address_ranges = ["192.168.10.0/24"]
  }

  assert {
    condition = one([
      for rule in azurerm_network_security_group.this["control_plane"].security_rule : rule.destination_port_range if rule.source_address_prefix == "192.168.10.0/24"
    ]) == "443"
    error_message = "Operators don't reach the API server, or reach more of it."
  }
}

run "refuses_a_public_range" {
  command = plan

  variables {
    vnet_address_space = ["20.0.0.0/16"]
  }

  expect_failures = [var.vnet_address_space]
}

run "refuses_a_small_range" {
  command = plan

  variables {
    vnet_address_space = ["10.20.0.0/20"]
  }

  expect_failures = [var.vnet_address_space]
}

run "refuses_the_world_as_operators" {
  command = plan

  variables {
    operator_address_ranges = ["0.0.0.0/0"]
  }

  expect_failures = [var.operator_address_ranges]
}
