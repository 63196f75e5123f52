# What the kustomize overlay, the pipeline and the operators need. Nothing here is a secret, and nothing opens anything.

output "aks_cluster_name" {
  description = "The cluster's name."
  value       = module.aks_cluster.aks_cluster_name
}

output "aks_cluster_id" {
  description = "The cluster's resource id."
  value       = module.aks_cluster.aks_cluster_id
}

output "aks_oidc_issuer_url" {
  description = "Who vouches for service accounts' tokens."
  value       = module.aks_cluster.aks_oidc_issuer_url
}

output "resource_group_name" {
  description = "The environment's resource group."
  value       = data.azurerm_resource_group.this.name
}

output "tenant_id" {
  description = "The Entra tenant."
  value       = data.azurerm_client_config.current.tenant_id
}

output "sign_in" {
  description = "Where people sign in: auth.issuer and auth.client_id; null where nobody does, or elsewhere than in Entra."
  value = var.oidc_client_id == null ? null : {
    issuer    = "https://login.microsoftonline.com/${data.azurerm_client_config.current.tenant_id}/v2.0"
    client_id = var.oidc_client_id
  }
}

output "namespace" {
  description = "The desk's Kubernetes namespace."
  value       = local.namespace
}

output "federated_subjects" {
  description = "Which service account each identity trusts: serving, migrating and gateway."
  value       = module.identity.subjects
}

output "workload_client_ids" {
  description = "The client ids for the service accounts' annotations: serving, migrating and gateway."
  value       = module.identity.client_ids
}

output "container_registry_login_server" {
  description = "The registry's host."
  value       = module.container_registry.login_server
}

output "key_vault_url" {
  description = "The vault of the desk's secrets: key_vault.url."
  value       = module.key_vault.key_vault_url
}

output "signer_scopes" {
  description = "The keys that the pipeline signs with."
  value       = concat(module.key_vault.signer_scopes, module.certificate_vault.signer_scopes)
}

output "certificate_vault_url" {
  description = "The vault of the gateway's certificate: the beginning of tls-cert-keyvault-uri."
  value       = module.certificate_vault.key_vault_url
}

output "sql_server_fqdn" {
  description = "The database server's host."
  value       = module.sql_database.server_fqdn
}

output "sql_database_name" {
  description = "The database's name."
  value       = module.sql_database.database_name
}

output "database_url" {
  description = "The database: database.url. It names no user, so the desk signs in as its identity."
  value       = "mssql://${module.sql_database.server_fqdn}/${module.sql_database.database_name}"
}

output "database_users_sql" {
  description = "T-SQL for an administrator to run once, which makes the identities' users."
  value       = module.sql_database.users_sql
}

output "subnet_prefixes" {
  description = "Each subnet's range: network policies let the desk out to private_endpoints alone."
  value       = module.networking.subnet_prefixes
}

output "vnet_address_space" {
  description = "The virtual network's ranges."
  value       = var.vnet_address_space
}

output "egress_ip_address" {
  description = "The address that the outside sees."
  value       = module.networking.egress_ip_address
}

output "build_agent_pool" {
  description = "The pool for the pipeline's jobs that push and deploy; null where you run your own."
  value       = one(module.build_agents[*].pool_name)
}

output "prometheus_query_endpoint" {
  description = "Where Grafana asks for metrics."
  value       = module.monitoring.prometheus_query_endpoint
}

output "alert_webhook_url" {
  description = "What alerts call, and the pipeline when a release fails."
  value       = var.alert_webhook.url
}
