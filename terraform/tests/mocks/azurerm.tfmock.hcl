# What Azure would answer, with ids of the form that the provider insists on. Known already at plan, so that a test
# never applies: prevent_destroy would forbid to clean up after it.

mock_data "azurerm_client_config" {
  defaults = {
    tenant_id       = "10000000-0000-0000-0000-000000000000"
    subscription_id = "00000000-0000-0000-0000-000000000000"
    object_id       = "10000000-0000-0000-0000-000000000001"
  }
}

mock_data "azurerm_resource_group" {
  defaults = {
    id       = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test"
    location = "uksouth"
  }
}

mock_resource "azurerm_virtual_network" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet"
  }
}

mock_resource "azurerm_subnet" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/subnet"
  }
}

mock_resource "azurerm_network_security_group" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/networkSecurityGroups/nsg"
  }
}

mock_resource "azurerm_route_table" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/routeTables/rt"
  }
}

mock_resource "azurerm_public_ip" {
  defaults = {
    id         = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/publicIPAddresses/pip"
    ip_address = "203.0.113.7"
  }
}

mock_resource "azurerm_nat_gateway" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/natGateways/ng"
  }
}

mock_resource "azurerm_private_dns_zone" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/privateDnsZones/privatelink.example.net"
  }
}

mock_resource "azurerm_user_assigned_identity" {
  defaults = {
    id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
    client_id    = "20000000-0000-0000-0000-000000000001"
    principal_id = "20000000-0000-0000-0000-000000000002"
    tenant_id    = "10000000-0000-0000-0000-000000000000"
  }
}

mock_resource "azurerm_kubernetes_cluster" {
  defaults = {
    id                  = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ContainerService/managedClusters/aks"
    oidc_issuer_url     = "https://uksouth.oic.prod-aks.azure.com/10000000-0000-0000-0000-000000000000/30000000-0000-0000-0000-000000000000/"
    node_resource_group = "MC_rg-orders-test_aks_uksouth"
  }
}

mock_resource "azurerm_container_registry" {
  defaults = {
    id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ContainerRegistry/registries/orderstest"
    login_server = "orderstest.azurecr.io"
  }
}

mock_resource "azurerm_key_vault" {
  defaults = {
    id        = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.KeyVault/vaults/kv-orders-test"
    vault_uri = "https://kv-orders-test.vault.azure.net/"
  }
}

mock_resource "azurerm_mssql_server" {
  defaults = {
    id                          = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Sql/servers/sql-orders-test"
    fully_qualified_domain_name = "sql-orders-test.database.windows.net"
  }
}

mock_resource "azurerm_mssql_database" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Sql/servers/sql-orders-test/databases/orders"
  }
}

mock_resource "azurerm_log_analytics_workspace" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.OperationalInsights/workspaces/log"
  }
}

mock_resource "azurerm_log_analytics_query_pack" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.OperationalInsights/queryPacks/qp"
  }
}

mock_resource "azurerm_monitor_workspace" {
  defaults = {
    id             = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Monitor/accounts/amw"
    query_endpoint = "https://amw.uksouth.prometheus.monitor.azure.com"
  }
}

mock_resource "azurerm_monitor_data_collection_endpoint" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Insights/dataCollectionEndpoints/dce"
  }
}

mock_resource "azurerm_monitor_data_collection_rule" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Insights/dataCollectionRules/dcr"
  }
}

mock_resource "azurerm_monitor_action_group" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Insights/actionGroups/ag"
  }
}

mock_resource "azurerm_dev_center" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.DevCenter/devCenters/dc"
  }
}

mock_resource "azurerm_dev_center_project" {
  defaults = {
    id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.DevCenter/projects/dcp"
  }
}
