mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan

  override_resource {
    target = azurerm_monitor_data_collection_rule.prometheus
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Insights/dataCollectionRules/prometheus" }
  }
  override_resource {
    target = azurerm_monitor_data_collection_rule.container_insights
    values = { id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Insights/dataCollectionRules/container-insights" }
  }
}

variables {
  name                = "orders-test"
  resource_group_name = "rg-orders-test"
  location            = "uksouth"
  namespace           = "orders-test"
  aks_cluster_id      = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ContainerService/managedClusters/aks"
  aks_cluster_name    = "aks"
  log_retention_days  = 30
  log_daily_cap_gb    = 1
  alert_emails        = { operators = "orders@example.com" }
  alert_webhook       = { url = "https://alerts.example.com/orders" }
  diagnostics = {
    vault = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.KeyVault/vaults/kv-orders-test", categories = ["AuditEvent"] }
  }
}

run "nodes" {
  command = plan

  assert {
    condition = { for what, alert in azurerm_monitor_metric_alert.nodes : what => alert.criteria[0].metric_name } == {
      cpu    = "node_cpu_usage_percentage"
      memory = "node_memory_working_set_percentage"
    }
    error_message = "Alerts for CPU and memory are not on the cluster's metrics."
  }

  assert {
    condition = alltrue([
      for alert in azurerm_monitor_metric_alert.nodes :
      alert.window_size == "PT5M" && alert.criteria[0].threshold == 80 && alert.criteria[0].operator == "GreaterThan" && alert.criteria[0].aggregation == "Average"
    ])
    error_message = "Not over 80 % on average over 5 minutes."
  }

  assert {
    condition = alltrue([
      for alert in azurerm_monitor_metric_alert.nodes :
      alert.criteria[0].metric_namespace == "Microsoft.ContainerService/managedClusters" && alert.scopes == toset([var.aks_cluster_id])
    ])
    error_message = "The alerts watch something else than the cluster."
  }
}

run "somebody_is_told" {
  command = plan

  assert {
    condition     = length(azurerm_monitor_action_group.this.email_receiver) == 1 && length(azurerm_monitor_action_group.this.webhook_receiver) == 1 && length(azurerm_monitor_action_group.this.short_name) <= 12
    error_message = "The action group lacks e-mail or webhook."
  }

  assert {
    condition     = alltrue([for alert in azurerm_monitor_metric_alert.nodes : toset(alert.action[*].action_group_id) == toset([azurerm_monitor_action_group.this.id])])
    error_message = "A metric alert tells nobody."
  }

  assert {
    condition     = alltrue([for alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : alert.action[0].action_groups == tolist([azurerm_monitor_action_group.this.id])])
    error_message = "A log alert tells nobody."
  }

  assert {
    condition = alltrue(flatten([
      for group in azurerm_monitor_alert_prometheus_rule_group.this : [
        for rule in group.rule : rule.alert == null || try(rule.action[0].action_group_id == azurerm_monitor_action_group.this.id, false)
      ]
    ]))
    error_message = "A Prometheus alert tells nobody."
  }
}

run "rules" {
  command = plan

  assert {
    condition = toset(flatten([for group in azurerm_monitor_alert_prometheus_rule_group.this : [for rule in group.rule : coalesce(rule.alert, rule.record)]])) == toset(flatten([
      for group in yamldecode(file("rules/orders.yaml")).groups : [for rule in group.rules : try(rule.alert, rule.record)]
    ]))
    error_message = "Azure does not run all the rules of the file."
  }

  assert {
    condition = alltrue(flatten([
      for group in azurerm_monitor_alert_prometheus_rule_group.this : [
        for rule in group.rule : rule.alert == null ? rule.severity == null && rule.for == null : (
          contains([1, 2], rule.severity) && can(regex("^PT[0-9]+[MH]$", rule.for)) && startswith(rule.annotations.runbook, "docs/operations.md#")
        )
      ]
    ]))
    error_message = "An alert lacks its severity, its patience or its runbook."
  }

  assert {
    condition     = alltrue([for group in azurerm_monitor_alert_prometheus_rule_group.this : length(group.rule) <= 20 && group.rule_group_enabled && group.interval == "PT1M"])
    error_message = "Azure takes 20 rules a group, once a minute."
  }

  assert {
    condition     = alltrue(flatten([for group in azurerm_monitor_alert_prometheus_rule_group.this : [for rule in group.rule : rule.enabled]]))
    error_message = "A rule is off."
  }
}

run "workbook" {
  command = plan

  assert {
    condition = [
      for item in jsondecode(azurerm_application_insights_workbook.cluster.data_json).items : item.content.metrics[0].metric if item.type == 10
      ] == [
      "microsoft.containerservice/managedclusters-Nodes (PREVIEW)-node_cpu_usage_percentage",
      "microsoft.containerservice/managedclusters-Nodes (PREVIEW)-node_memory_working_set_percentage",
      "microsoft.containerservice/managedclusters-Pods-kube_pod_status_phase",
    ]
    error_message = "The workbook has not the three charts."
  }

  assert {
    condition = one([
      for item in jsondecode(azurerm_application_insights_workbook.cluster.data_json).items : item.content.metrics[0].splitBy if item.name == "pods-by-phase"
    ]) == "phase"
    error_message = "Pods are not told apart by phase."
  }
}

run "logs" {
  command = plan

  assert {
    condition     = azurerm_log_analytics_workspace.this.retention_in_days == 30 && azurerm_log_analytics_workspace.this.daily_quota_gb == 1
    error_message = "Logs are kept for another time, or without a cap."
  }

  assert {
    condition     = !azurerm_log_analytics_workspace.this.local_authentication_enabled && azurerm_management_lock.logs.scope == azurerm_log_analytics_workspace.this.id
    error_message = "The workspace's keys open it, or it has no lock."
  }

  assert {
    condition     = contains(azurerm_monitor_data_collection_rule.container_insights.data_flow[0].streams, "Microsoft-ContainerLogV2") && jsondecode(azurerm_monitor_data_collection_rule.container_insights.data_sources[0].extension[0].extension_json).dataCollectionSettings.enableContainerLogV2
    error_message = "Container logs are not in ContainerLogV2."
  }

  assert {
    condition     = length(setintersection(["nodes", "pods", "containers"], keys(azurerm_log_analytics_query_pack_query.this))) == 3
    error_message = "A saved query is missing."
  }

  assert {
    condition     = strcontains(azurerm_log_analytics_query_pack_query.this["containers"].body, "PodNamespace == \"orders-test\"") && length(regexall("[$][{]", join("", values(azurerm_log_analytics_query_pack_query.this)[*].body))) == 0
    error_message = "A saved query asks for another namespace."
  }

  assert {
    condition     = azurerm_monitor_diagnostic_setting.this["vault"].log_analytics_workspace_id == azurerm_log_analytics_workspace.this.id && one(azurerm_monitor_diagnostic_setting.this["vault"].enabled_log).category == "AuditEvent"
    error_message = "The services' own logs don't arrive."
  }
}

run "prometheus" {
  command = plan

  assert {
    condition     = azurerm_monitor_data_collection_rule.prometheus.destinations[0].monitor_account[0].monitor_account_id == azurerm_monitor_workspace.this.id && azurerm_monitor_data_collection_rule.prometheus.data_collection_endpoint_id == azurerm_monitor_data_collection_endpoint.prometheus.id
    error_message = "Metrics have no way to their workspace."
  }

  assert {
    condition     = azurerm_monitor_data_collection_rule_association.prometheus.data_collection_rule_id == azurerm_monitor_data_collection_rule.prometheus.id && azurerm_monitor_data_collection_rule_association.container_insights.data_collection_rule_id == azurerm_monitor_data_collection_rule.container_insights.id
    error_message = "A rule is not the cluster's, or another's."
  }
}

# That rules and dashboard name metrics which the desk has is seen by its own tests (tests/desk/metrics_names.rs).
run "dashboard" {
  command = plan

  assert {
    condition     = length(jsondecode(file("dashboards/orders.json")).panels) > 0 && output.action_group_id != null
    error_message = "The dashboard has no panels."
  }
}

run "refuses_a_key_in_the_webhook" {
  command = plan

  variables {
    alert_webhook = { url = "https://alerts.example.com/orders?sig=abc" }
  }

  expect_failures = [var.alert_webhook]
}

run "refuses_plain_http" {
  command = plan

  variables {
    alert_webhook = { url = "http://alerts.example.com/orders" }
  }

  expect_failures = [var.alert_webhook]
}

run "refuses_logs_without_a_cap" {
  command = plan

  variables {
    log_daily_cap_gb = -1
  }

  expect_failures = [var.log_daily_cap_gb]
}

run "refuses_to_tell_nobody" {
  command = plan

  variables {
    alert_emails = {}
  }

  expect_failures = [var.alert_emails]
}
