output "names" {
  description = "Each identity's name."
  value       = { for what, identity in azurerm_user_assigned_identity.this : what => identity.name }
}

output "client_ids" {
  description = "Each identity's client id, for the annotation of its service account."
  value       = { for what, identity in azurerm_user_assigned_identity.this : what => identity.client_id }
}

output "principal_ids" {
  description = "Each identity's object id, for role assignments."
  value       = { for what, identity in azurerm_user_assigned_identity.this : what => identity.principal_id }
}

output "subjects" {
  description = "Whom each identity trusts."
  value       = { for what, credential in azurerm_federated_identity_credential.this : what => credential.subject }
}
