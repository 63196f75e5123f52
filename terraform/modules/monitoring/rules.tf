# The rules for the desk's own objectives.

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
