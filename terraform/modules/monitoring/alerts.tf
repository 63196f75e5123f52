# Who is told, and what about besides the desk's own objectives (rules/orders.yaml).

resource "azurerm_monitor_action_group" "this" {
  name                = "ag-${var.name}"
  resource_group_name = var.resource_group_name
  short_name          = substr(var.name, 0, 12)
  tags                = var.tags

  dynamic "email_receiver" {
    for_each = var.alert_emails

    content {
      name                    = email_receiver.key
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }

  webhook_receiver {
    name                    = "webhook"
    service_uri             = var.alert_webhook.url
    use_common_alert_schema = true

    dynamic "aad_auth" {
      for_each = var.alert_webhook.entra_object_id == null ? [] : [var.alert_webhook.entra_object_id]

      content {
        object_id = aad_auth.value
      }
    }
  }
}

locals {
  node_alerts = {
    cpu    = { metric = "node_cpu_usage_percentage", about = "A node's CPU was over 80 % for 5 minutes." }
    memory = { metric = "node_memory_working_set_percentage", about = "A node's memory was over 80 % for 5 minutes." }
  }
}

resource "azurerm_monitor_metric_alert" "nodes" {
  for_each = local.node_alerts

  name                = "${var.name}-node-${each.key}"
  description         = each.value.about
  resource_group_name = var.resource_group_name
  scopes              = [var.aks_cluster_id]
  severity            = 2
  window_size         = "PT5M"
  frequency           = "PT1M"
  auto_mitigate       = true
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.ContainerService/managedClusters"
    metric_name      = each.value.metric
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 80

    # Each node by itself: an idle one would hide a busy one in the cluster's average.
    dimension {
      name     = "node"
      operator = "Include"
      values   = ["*"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }
}

locals {
  # The certificate's alert is about the one in Key Vault; the one that the gateway serves is in rules/orders.yaml.
  log_alerts = {
    certificate = {
      about    = "A certificate in Key Vault expires soon, or has expired: its renewal failed, or nobody renews it."
      severity = 1
      query    = <<-KQL
        union isfuzzy=true AZKVAuditLogs, (AzureDiagnostics | where ResourceProvider == "MICROSOFT.KEYVAULT")
        | where OperationName in ("CertificateNearExpiryEventGridNotification", "CertificateExpiredEventGridNotification")
      KQL
    }
    daily-cap = {
      about    = "The workspace reached its daily cap: logs of the rest of the day are lost, the audit logs with them."
      severity = 2
      query    = <<-KQL
        _LogOperation
        | where Category =~ "Ingestion" and Detail has "OverQuota"
      KQL
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.log_alerts

  name                 = "${var.name}-${each.key}"
  description          = each.value.about
  resource_group_name  = var.resource_group_name
  location             = var.location
  scopes               = [azurerm_log_analytics_workspace.this.id]
  severity             = each.value.severity
  evaluation_frequency = "PT15M"
  window_duration      = "PT1H"
  tags                 = var.tags

  # The tables come with their first line, which may be after this rule.
  skip_query_validation = true

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }
}
