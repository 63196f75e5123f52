output "networking_resource_group_name" {
  description = "The resource group of the network."
  value       = var.resource_group_name
}

output "vnet_id" {
  description = "The virtual network."
  value       = azurerm_virtual_network.this.id
}

output "control_plane_subnet_id" {
  description = "The subnet delegated to the API server."
  value       = azurerm_subnet.control_plane.id
}

# Whoever takes a subnet from here waits until it has its rules and its way out.
output "worker_node_subnet_id" {
  description = "The nodes' subnet."
  value       = azurerm_subnet.worker_nodes.id

  depends_on = [
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_subnet_nat_gateway_association.this,
    azurerm_subnet_network_security_group_association.this,
    azurerm_subnet_route_table_association.worker_nodes,
  ]
}

output "private_endpoint_subnet_id" {
  description = "The private endpoints' subnet."
  value       = azurerm_subnet.private_endpoints.id
}

output "build_agent_subnet_id" {
  description = "The build agents' subnet."
  value       = azurerm_subnet.build_agents.id

  depends_on = [
    azurerm_nat_gateway_public_ip_association.this,
    azurerm_subnet_nat_gateway_association.this,
    azurerm_subnet_network_security_group_association.this,
  ]
}

output "aks_nsg_id" {
  description = "The security group of the nodes' subnet."
  value       = azurerm_network_security_group.this["worker_nodes"].id
}

output "subnet_prefixes" {
  description = "Each subnet's range, for network policies."
  value       = local.prefixes
}

output "private_dns_zone_ids" {
  description = "The zones of private names: registry, sql and vault."
  value       = { for what, zone in azurerm_private_dns_zone.this : what => zone.id }

  # An endpoint whose zone is not linked yet would be reached by its public name, which is closed.
  depends_on = [azurerm_private_dns_zone_virtual_network_link.this]
}

output "egress_ip_address" {
  description = "The address that the outside sees."
  value       = azurerm_public_ip.egress.ip_address
}
