output "key_vault_id" {
  description = "The vault's resource id."
  value       = azurerm_key_vault.this.id
}

output "key_vault_url" {
  description = "The vault's address: https://NAME.vault.azure.net/."
  value       = azurerm_key_vault.this.vault_uri
}

output "reader_principal_id" {
  description = "The one identity that reads from this vault."
  value       = azurerm_role_assignment.reader.principal_id
}

output "signer_scopes" {
  description = "The keys that somebody signs with."
  value       = values(azurerm_role_assignment.signer)[*].scope
}
