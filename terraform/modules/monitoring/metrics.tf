# Managed Prometheus: a place for metrics, the way there from the cluster, and the desk's own rules. What is scraped
# besides the cluster's own targets (the pods' /metrics) is said in the cluster, by the monitoring component of kustomize.

resource "azurerm_monitor_workspace" "this" {
  name                = "amw-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
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

locals {
  # A plain file of Prometheus rules, so that promtool checks and tests what Azure runs.
  rule_groups = { for group in yamldecode(file("${path.module}/rules/orders.yaml")).groups : group.name => group }

  # Azure's scale: 1 is an error, 2 a warning.
  severities = { critical = 1, warning = 2 }
}

resource "azurerm_monitor_alert_prometheus_rule_group" "this" {
  for_each = local.rule_groups

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  cluster_name        = var.aks_cluster_name
  scopes              = [azurerm_monitor_workspace.this.id, var.aks_cluster_id]
  rule_group_enabled  = true
  interval            = "PT${upper(each.value.interval)}"
  tags                = var.tags

  dynamic "rule" {
    for_each = each.value.rules

    content {
      enabled    = true
      expression = rule.value.expr
      record     = try(rule.value.record, null)
      alert      = try(rule.value.alert, null)

      # 10m is PT10M.
      for         = can(rule.value.alert) ? "PT${upper(rule.value.for)}" : null
      severity    = can(rule.value.alert) ? local.severities[rule.value.labels.severity] : null
      labels      = try(rule.value.labels, null)
      annotations = try(rule.value.annotations, null)

      dynamic "action" {
        for_each = can(rule.value.alert) ? ["notify"] : []

        content {
          action_group_id = azurerm_monitor_action_group.this.id
        }
      }

      dynamic "alert_resolution" {
        for_each = can(rule.value.alert) ? ["resolve"] : []

        content {
          auto_resolved   = true
          time_to_resolve = "PT10M"
        }
      }
    }
  }
}
