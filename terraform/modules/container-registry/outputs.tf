output "registry_id" {
  description = "The registry's resource id."
  value       = azurerm_container_registry.this.id
}

output "login_server" {
  description = "The registry's host, in front of every image's name."
  value       = azurerm_container_registry.this.login_server
}
