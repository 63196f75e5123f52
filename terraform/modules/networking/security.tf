# One security group for each subnet. Rules of the same subnet come in order of their list, 100 apart.

locals {
  anywhere = ["*"]

  rules = {
    control_plane = concat(
      [
        { name = "nodes", sources = [local.prefixes.worker_nodes], protocol = "Tcp", ports = ["443", "4443"], access = "Allow" },
        { name = "build-agents", sources = [local.prefixes.build_agents], protocol = "Tcp", ports = ["443"], access = "Allow" },
        { name = "load-balancer", sources = ["AzureLoadBalancer"], protocol = "Tcp", ports = ["9988"], access = "Allow" },
        { name = "own-subnet", sources = [local.prefixes.control_plane], protocol = "*", ports = ["*"], access = "Allow" },
      ],
      local.operators_to["443"],
      local.nothing_else,
    )

    # The platform's default rules let the network's own ranges in, pods included, and nothing from the internet.
    worker_nodes = concat(
      var.external_gateway_enabled ? [
        # 80 sends on to 443.
        { name = "external-gateway", sources = ["Internet"], protocol = "Tcp", ports = ["80", "443"], access = "Allow" },
      ] : [],
      [
        { name = "no-ssh", sources = local.anywhere, protocol = "Tcp", ports = ["22"], access = "Deny" },
      ],
    )

    # 1433 is Azure SQL; 11000 to 11999 is where it would redirect to, if the server's connection_policy said so.
    private_endpoints = concat(
      [
        { name = "nodes", sources = [local.prefixes.worker_nodes], protocol = "Tcp", ports = ["443", "1433", "11000-11999"], access = "Allow" },
        { name = "build-agents", sources = [local.prefixes.build_agents], protocol = "Tcp", ports = ["443", "1433", "11000-11999"], access = "Allow" },
      ],
      local.operators_to["data"],
      local.nothing_else,
    )

    # Agents call, nobody calls them.
    build_agents = local.nothing_else
  }

  operators_to = {
    for what, ports in { "443" = ["443"], data = ["443", "1433", "11000-11999"] } : what => length(var.operator_address_ranges) == 0 ? [] : [
      { name = "operators", sources = var.operator_address_ranges, protocol = "Tcp", ports = ports, access = "Allow" },
    ]
  }

  nothing_else = [
    { name = "nothing-else", sources = local.anywhere, protocol = "*", ports = ["*"], access = "Deny" },
  ]

  subnet_ids = {
    control_plane     = azurerm_subnet.control_plane.id
    worker_nodes      = azurerm_subnet.worker_nodes.id
    private_endpoints = azurerm_subnet.private_endpoints.id
    build_agents      = azurerm_subnet.build_agents.id
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = local.rules

  name                = "nsg-${var.name}-${replace(each.key, "_", "-")}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  dynamic "security_rule" {
    for_each = each.value

    content {
      name      = security_rule.value.name
      priority  = 100 * (security_rule.key + 1)
      direction = "Inbound"
      access    = security_rule.value.access
      protocol  = security_rule.value.protocol

      # Service tags and "*" stand alone, ranges in a list: the API takes only one of the two.
      source_address_prefix   = length(security_rule.value.sources) == 1 ? security_rule.value.sources[0] : null
      source_address_prefixes = length(security_rule.value.sources) == 1 ? null : security_rule.value.sources
      source_port_range       = "*"

      destination_address_prefix = "*"
      destination_port_range     = length(security_rule.value.ports) == 1 ? security_rule.value.ports[0] : null
      destination_port_ranges    = length(security_rule.value.ports) == 1 ? null : security_rule.value.ports
    }
  }
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.subnet_ids

  subnet_id                 = each.value
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}
