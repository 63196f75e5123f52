# One way out with one address, which others can put on their lists. StandardV2 stands in all zones.

resource "azurerm_public_ip" "egress" {
  name                = "pip-${var.name}-egress"
  resource_group_name = var.resource_group_name
  location            = var.location
  allocation_method   = "Static"
  sku                 = "StandardV2"
  zones               = ["1", "2", "3"]
  tags                = var.tags
}

resource "azurerm_nat_gateway" "this" {
  name                    = "ng-${var.name}"
  resource_group_name     = var.resource_group_name
  location                = var.location
  sku_name                = "StandardV2"
  idle_timeout_in_minutes = 10
  tags                    = var.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  nat_gateway_id       = azurerm_nat_gateway.this.id
  public_ip_address_id = azurerm_public_ip.egress.id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  for_each = {
    worker_nodes = azurerm_subnet.worker_nodes.id
    build_agents = azurerm_subnet.build_agents.id
  }

  subnet_id      = each.value
  nat_gateway_id = azurerm_nat_gateway.this.id
}

# A VPN or ExpressRoute gateway announces the company's networks, without which the desk's answers would not find their
# way back there. Should it announce 0.0.0.0/0 as well, the route here comes before it: nothing moves the nodes' way out.
resource "azurerm_route_table" "worker_nodes" {
  name                          = "rt-${var.name}-worker-nodes"
  resource_group_name           = var.resource_group_name
  location                      = var.location
  bgp_route_propagation_enabled = true
  tags                          = var.tags

  route {
    name           = "out-by-nat-gateway"
    address_prefix = "0.0.0.0/0"
    next_hop_type  = "Internet"
  }
}

resource "azurerm_subnet_route_table_association" "worker_nodes" {
  subnet_id      = azurerm_subnet.worker_nodes.id
  route_table_id = azurerm_route_table.worker_nodes.id
}
