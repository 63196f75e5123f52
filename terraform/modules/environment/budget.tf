# Both groups of the environment: its own, and the one that AKS makes for nodes, where most of the cost is. That is why
# the budget stands on the subscription; the pipeline's identity may set budgets there and register providers, no more.
resource "azurerm_consumption_budget_subscription" "this" {
  name            = local.name
  subscription_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}"
  amount          = var.monthly_budget
  time_grain      = "Monthly"

  time_period {
    start_date = "${var.budget_start}T00:00:00Z"
  }

  filter {
    dimension {
      name   = "ResourceGroupName"
      values = [data.azurerm_resource_group.this.name, module.aks_cluster.node_resource_group]
    }
  }

  dynamic "notification" {
    for_each = {
      half     = { threshold = 50, type = "Actual" }
      most     = { threshold = 80, type = "Actual" }
      all      = { threshold = 100, type = "Actual" }
      expected = { threshold = 100, type = "Forecasted" }
    }

    content {
      enabled        = true
      threshold      = notification.value.threshold
      threshold_type = notification.value.type
      operator       = "GreaterThanOrEqualTo"
      contact_emails = values(var.alert_emails)
      contact_groups = [module.monitoring.action_group_id]
    }
  }
}
