output "server_id" {
  description = "The server's resource id."
  value       = azurerm_mssql_server.this.id
}

output "server_fqdn" {
  description = "The server's host; in the network it leads to the private endpoint."
  value       = azurerm_mssql_server.this.fully_qualified_domain_name
}

output "database_id" {
  description = "The database's resource id."
  value       = azurerm_mssql_database.this.id
}

output "database_name" {
  description = "The database's name."
  value       = azurerm_mssql_database.this.name
}
