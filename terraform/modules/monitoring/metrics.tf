# Managed Prometheus: a place for metrics, and the way there from the cluster. What is scraped besides the cluster's own
# targets (the pods' /metrics) is said in the cluster, by the monitoring component of kustomize.

resource "azurerm_monitor_workspace" "this" {
  name                = "amw-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_management_lock" "metrics" {
  name       = "keep"
  scope      = azurerm_monitor_workspace.this.id
  lock_level = "CanNotDelete"
  notes      = "Holds the months of metrics that the objectives are measured by."
}

resource "azurerm_monitor_data_collection_endpoint" "prometheus" {
  name                = "dce-${var.name}-prometheus"
  resource_group_name = var.resource_group_name
  location            = var.location
  kind                = "Linux"
  tags                = var.tags
}

resource "azurerm_monitor_data_collection_rule" "prometheus" {
  name                        = "dcr-${var.name}-prometheus"
  resource_group_name         = var.resource_group_name
  location                    = var.location
  kind                        = "Linux"
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.prometheus.id
  tags                        = var.tags

  data_sources {
    prometheus_forwarder {
      name    = "PrometheusDataSource"
      streams = ["Microsoft-PrometheusMetrics"]
    }
  }

  destinations {
    monitor_account {
      name               = "metrics"
      monitor_account_id = azurerm_monitor_workspace.this.id
    }
  }

  data_flow {
    streams      = ["Microsoft-PrometheusMetrics"]
    destinations = ["metrics"]
  }
}

resource "azurerm_monitor_data_collection_rule_association" "prometheus" {
  name                    = "prometheus"
  target_resource_id      = var.aks_cluster_id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.prometheus.id
}
