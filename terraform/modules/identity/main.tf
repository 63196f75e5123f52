# What runs in the cluster signs in as one of these: without a secret, by a token that the cluster gives to one service
# account in one namespace.

resource "azurerm_user_assigned_identity" "this" {
  for_each = var.service_accounts

  name                = "id-${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "this" {
  for_each = var.service_accounts

  name                      = "${each.value.namespace}-${each.value.name}"
  user_assigned_identity_id = azurerm_user_assigned_identity.this[each.key].id
  issuer                    = var.oidc_issuer_url
  subject                   = "system:serviceaccount:${each.value.namespace}:${each.value.name}"
  audience                  = ["api://AzureADTokenExchange"]
}
