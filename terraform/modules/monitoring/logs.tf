# Logs: Container Insights and the services' own, in one workspace that keeps them for a while and costs no more than
# its cap allows.

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  sku                 = "PerGB2018"
  retention_in_days   = var.log_retention_days
  daily_quota_gb      = var.log_daily_cap_gb
  tags                = var.tags

  # The workspace's shared keys, which the provider reads into its state, open nothing.
  local_authentication_enabled = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_management_lock" "logs" {
  name       = "keep"
  scope      = azurerm_log_analytics_workspace.this.id
  lock_level = "CanNotDelete"
  notes      = "Holds the audit logs of the database, the vaults and the cluster."
}

# Metrics are Prometheus's business (metrics.tf), so the streams of Container Insights that measure are left out.
resource "azurerm_monitor_data_collection_rule" "container_insights" {
  name                = "dcr-${var.name}-container-insights"
  resource_group_name = var.resource_group_name
  location            = var.location
  kind                = "Linux"
  tags                = var.tags

  data_sources {
    extension {
      name           = "ContainerInsightsExtension"
      extension_name = "ContainerInsights"
      streams        = local.log_streams
      extension_json = jsonencode({
        dataCollectionSettings = {
          interval               = "1m"
          namespaceFilteringMode = "Exclude"
          namespaces             = var.quiet_namespaces
          enableContainerLogV2   = true
        }
      })
    }
  }

  destinations {
    log_analytics {
      name                  = "logs"
      workspace_resource_id = azurerm_log_analytics_workspace.this.id
    }
  }

  data_flow {
    streams      = local.log_streams
    destinations = ["logs"]
  }
}

# The agent looks for the rule by this name.
resource "azurerm_monitor_data_collection_rule_association" "container_insights" {
  name                    = "ContainerInsightsExtension"
  target_resource_id      = var.aks_cluster_id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.container_insights.id
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = var.diagnostics

  name                       = "to-log-analytics"
  target_resource_id         = each.value.resource_id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  dynamic "enabled_log" {
    for_each = each.value.categories

    content {
      category = enabled_log.value
    }
  }
}

locals {
  log_streams = [
    "Microsoft-ContainerLogV2",
    "Microsoft-KubeEvents",
    "Microsoft-KubeNodeInventory",
    "Microsoft-KubePodInventory",
  ]

  queries = {
    containers = { title = "Desk: what its containers said", about = "The lines of every container in the desk's namespace, newest first." }
    errors     = { title = "Desk: errors by hour", about = "The desk's own lines of level ERROR, counted by hour and message." }
    nodes      = { title = "Nodes: state and events", about = "Each node's last state, and what Kubernetes said about it." }
    pods       = { title = "Desk: state and events of its pods", about = "Each pod's last state and restarts, and what Kubernetes said about it." }
  }
}

# In the cluster's page, under Logs.
resource "azurerm_log_analytics_query_pack" "this" {
  name                = "qp-${var.name}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_log_analytics_query_pack_query" "this" {
  for_each = local.queries

  query_pack_id  = azurerm_log_analytics_query_pack.this.id
  name           = uuidv5("url", "orders/${var.name}/queries/${each.key}")
  display_name   = each.value.title
  description    = each.value.about
  body           = templatefile("${path.module}/queries/${each.key}.kql", { namespace = var.namespace })
  categories     = ["container"]
  resource_types = ["microsoft.containerservice/managedclusters"]
}
