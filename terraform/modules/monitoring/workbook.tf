# The three charts, in the cluster's page under Workbooks. They read the cluster's platform metrics, which are there
# without any agent.

locals {
  # aggregation: 4 is the average, 1 the sum.
  charts = {
    "average-node-cpu"    = { title = "Average node CPU (%)", metric = "Nodes (PREVIEW)-node_cpu_usage_percentage", aggregation = 4, split_by = null }
    "average-node-memory" = { title = "Average node memory, working set (%)", metric = "Nodes (PREVIEW)-node_memory_working_set_percentage", aggregation = 4, split_by = null }
    "pods-by-phase"       = { title = "Pods by phase", metric = "Pods-kube_pod_status_phase", aggregation = 1, split_by = "phase" }
  }

  cluster_type = "microsoft.containerservice/managedclusters"
}

resource "azurerm_application_insights_workbook" "cluster" {
  name                = uuidv5("url", "orders/${var.name}/workbooks/cluster")
  display_name        = "Cluster of ${var.name}"
  description         = "Average CPU and memory of the nodes, and how many pods are in which phase."
  resource_group_name = var.resource_group_name
  location            = var.location
  source_id           = lower(var.aks_cluster_id)
  tags                = var.tags

  data_json = jsonencode({
    version  = "Notebook/1.0"
    isLocked = false
    items = concat(
      [{
        type = 9
        name = "time"
        content = {
          version = "KqlParameterItem/1.0"
          style   = "pills"
          parameters = [{
            id      = uuidv5("url", "orders/${var.name}/workbooks/cluster/time")
            version = "KqlParameterItem/1.0"
            name    = "time"
            label   = "Time"
            type    = 4
            value   = { durationMs = 14400000 }
            typeSettings = {
              allowCustom      = true
              selectableValues = [for hours in [1, 4, 24, 168] : { durationMs = hours * 3600000 }]
            }
          }]
        }
      }],
      [for name, chart in local.charts : {
        type = 10
        name = name
        content = {
          chartId                  = "workbook-${name}"
          version                  = "MetricsItem/2.0"
          size                     = 0
          chartType                = 2
          resourceType             = local.cluster_type
          metricScope              = 0
          resourceIds              = [var.aks_cluster_id]
          timeContextFromParameter = "time"
          title                    = chart.title
          metrics = [{
            namespace   = local.cluster_type
            metric      = "${local.cluster_type}-${chart.metric}"
            aggregation = chart.aggregation
            splitBy     = chart.split_by
          }]
          gridSettings = { rowLimit = 10000 }
        }
      }],
    )
    fallbackResourceIds = [var.aks_cluster_id]
  })
}
