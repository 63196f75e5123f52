# A vault with one reader and one group of operators; one key in it may have a signer. Terraform makes the vault and never what is in it: a secret that
# Terraform writes is readable in its state.

resource "azurerm_key_vault" "this" {
  name                = var.key_vault_name
  resource_group_name = var.resource_group_name
  location            = var.location
  tenant_id           = var.tenant_id
  sku_name            = "standard"
  tags                = var.tags

  rbac_authorization_enabled = true
  purge_protection_enabled   = true
  soft_delete_retention_days = 90

  public_network_access_enabled = false

  # Closed for Azure's own services as well; nothing of theirs reads here.
  network_acls {
    bypass         = "None"
    default_action = "Deny"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_private_endpoint" "this" {
  name                = "pe-${var.key_vault_name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.private_endpoint_subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.this.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [var.private_dns_zone_id]
  }
}

# Secrets User also covers a certificate with its private key: Key Vault hands that out as a secret.
resource "azurerm_role_assignment" "reader" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = var.reader_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "operators" {
  for_each = var.operator_roles

  scope                = azurerm_key_vault.this.id
  role_definition_name = each.key
  principal_id         = var.operator_group_object_id
  principal_type       = "Group"
}

# The pipeline signs with that key, and has no business with what else is here.
resource "azurerm_role_assignment" "signer" {
  for_each = var.signing_key == null ? {} : { (var.signing_key.name) = var.signing_key.signer_principal_id }

  scope                = "${azurerm_key_vault.this.id}/keys/${each.key}"
  role_definition_name = "Key Vault Crypto User"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}

resource "azurerm_management_lock" "this" {
  name       = "keep"
  scope      = azurerm_key_vault.this.id
  lock_level = "CanNotDelete"
  notes      = "Without the card keys in it, stored card numbers can never be read again."

  # Last to come and first to go: a lock forbids to take away what is below its resource, roles included.
  depends_on = [
    azurerm_private_endpoint.this,
    azurerm_role_assignment.operators,
    azurerm_role_assignment.reader,
    azurerm_role_assignment.signer,
  ]
}
