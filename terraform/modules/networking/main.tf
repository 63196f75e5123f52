# The network of one environment: a subnet each for the control plane, the nodes, the private endpoints and the build
# agents, every one with its own rules; one way out (nat.tf); the names of the private endpoints (dns.tf).

locals {
  size = tonumber(split("/", var.vnet_address_space[0])[1])

  # Cut one after the other, so they can't overlap. /28 is what AKS asks for at least; /20 takes 4,000 nodes, since pods
  # have a range of their own.
  prefixes = zipmap(
    ["worker_nodes", "control_plane", "private_endpoints", "build_agents"],
    cidrsubnets(var.vnet_address_space[0], 20 - local.size, 28 - local.size, 26 - local.size, 26 - local.size),
  )
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  address_space       = var.vnet_address_space
  tags                = var.tags
}

# API-server VNet integration: AKS puts the API server's internal load balancer here, and nothing else may be here.
resource "azurerm_subnet" "control_plane" {
  name                 = "snet-control-plane"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.prefixes.control_plane]

  delegation {
    name = "aks"

    service_delegation {
      name    = "Microsoft.ContainerService/managedClusters"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "worker_nodes" {
  name                            = "snet-worker-nodes"
  resource_group_name             = var.resource_group_name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.prefixes.worker_nodes]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet" "private_endpoints" {
  name                            = "snet-private-endpoints"
  resource_group_name             = var.resource_group_name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.prefixes.private_endpoints]
  default_outbound_access_enabled = false

  # Without it the rules below would not hold for private endpoints.
  private_endpoint_network_policies = "NetworkSecurityGroupEnabled"
}

# Agents of Azure DevOps: nothing outside this network can reach the registry or the API server.
resource "azurerm_subnet" "build_agents" {
  name                 = "snet-build-agents"
  resource_group_name  = var.resource_group_name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.prefixes.build_agents]

  delegation {
    name = "devops-pools"

    service_delegation {
      name    = "Microsoft.DevOpsInfrastructure/pools"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}
