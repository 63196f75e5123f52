# Agents of Azure DevOps inside the network: a fresh one for each job, none while nothing runs. From outside, neither
# the registry nor the API server can be reached.

resource "azurerm_role_assignment" "joins_network" {
  for_each = toset(["Reader", "Network Contributor"])

  scope                = var.vnet_id
  role_definition_name = each.key
  principal_id         = var.devops_infrastructure_object_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_dev_center" "this" {
  name                = "dc-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_dev_center_project" "this" {
  name                = "dcp-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  dev_center_id       = azurerm_dev_center.this.id
  tags                = var.tags
}

resource "azurerm_managed_devops_pool" "this" {
  name                  = "mdp-${var.name}"
  resource_group_name   = var.resource_group_name
  location              = var.location
  dev_center_project_id = azurerm_dev_center_project.this.id
  maximum_concurrency   = var.maximum_concurrency
  tags                  = var.tags

  azure_devops_organization {
    organization {
      url         = var.organization_url
      projects    = [var.project]
      parallelism = var.maximum_concurrency
    }
  }

  stateless_agent {}

  virtual_machine_scale_set_fabric {
    sku_name  = "Standard_D2ads_v5"
    subnet_id = var.subnet_id

    image {
      well_known_image_name = "ubuntu-24.04"
    }
  }

  depends_on = [azurerm_role_assignment.joins_network]
}
