# The environment's own registry. A release is built once and pushed to each environment's registry in turn; it is the
# same release because its digest is the same.

resource "azurerm_container_registry" "this" {
  #checkov:skip=CKV_AZURE_164:azurerm 5 has no trust policy, since the service has none; the pipeline signs and verifies
  #checkov:skip=CKV_AZURE_165:the cluster is in one region as well
  #checkov:skip=CKV_AZURE_166:the pipeline scans before it pushes
  #checkov:skip=CKV_AZURE_167:see the note on retention below

  name                = var.registry_name
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  # Only Premium has private endpoints.
  sku                     = "Premium"
  zone_redundancy_enabled = true

  # Nobody has a password.
  admin_enabled          = false
  anonymous_pull_enabled = false

  public_network_access_enabled = false
  network_rule_bypass_option    = "None"
  export_policy_enabled         = false
  data_endpoint_enabled         = true

  # Roles say which repositories, not only which registry. AcrPull and AcrPush mean nothing in this mode.
  role_assignment_mode = "AbacRepositoryPermissions"

  # No retention_policy_in_days: it removes manifests without a tag, and those are signatures, SBOMs, and any image that
  # runs by its digest after its tag moved on.

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_private_endpoint" "this" {
  name                = "pe-${var.registry_name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.private_endpoint_subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "registry"
    private_connection_resource_id = azurerm_container_registry.this.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [var.private_dns_zone_id]
  }
}

resource "azurerm_role_assignment" "kubelet_pulls" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "Container Registry Repository Reader"
  principal_id         = var.kubelet_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "release_pushes" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "Container Registry Repository Writer"
  principal_id         = var.release_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_management_lock" "this" {
  name       = "keep"
  scope      = azurerm_container_registry.this.id
  lock_level = "CanNotDelete"
  notes      = "Holds the images that run, and those to roll back to."

  # Last to come and first to go: a lock forbids to take away what is below its resource, roles included.
  depends_on = [
    azurerm_private_endpoint.this,
    azurerm_role_assignment.kubelet_pulls,
    azurerm_role_assignment.release_pushes,
  ]
}
