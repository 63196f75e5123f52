output "log_analytics_workspace_id" {
  description = "The workspace's resource id."
  value       = azurerm_log_analytics_workspace.this.id
}

output "action_group_id" {
  description = "Who is told."
  value       = azurerm_monitor_action_group.this.id
}

output "prometheus_query_endpoint" {
  description = "Where Grafana asks for metrics."
  value       = azurerm_monitor_workspace.this.query_endpoint
}
