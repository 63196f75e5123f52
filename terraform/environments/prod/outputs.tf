output "aks_cluster_name" {
  description = "The cluster's name."
  value       = module.environment.aks_cluster_name
}

output "aks_cluster_id" {
  description = "The cluster's resource id."
  value       = module.environment.aks_cluster_id
}

output "aks_oidc_issuer_url" {
  description = "Who vouches for service accounts' tokens."
  value       = module.environment.aks_oidc_issuer_url
}

output "resource_group_name" {
  description = "The resource group."
  value       = module.environment.resource_group_name
}

output "tenant_id" {
  description = "The Entra tenant."
  value       = module.environment.tenant_id
}

output "sign_in" {
  description = "Where people sign in: auth.issuer and auth.client_id; null where nobody does, or elsewhere than in Entra."
  value       = module.environment.sign_in
}

output "namespace" {
  description = "The desk's Kubernetes namespace."
  value       = module.environment.namespace
}

output "federated_subjects" {
  description = "Which service account each identity trusts: serving, migrating and gateway."
  value       = module.environment.federated_subjects
}

output "workload_client_ids" {
  description = "The client ids for the service accounts' annotations: serving, migrating and gateway."
  value       = module.environment.workload_client_ids
}

output "container_registry_login_server" {
  description = "The registry's host."
  value       = module.environment.container_registry_login_server
}

output "key_vault_url" {
  description = "The vault of the desk's secrets: key_vault.url."
  value       = module.environment.key_vault_url
}

output "certificate_vault_url" {
  description = "The vault of the gateway's certificate: the beginning of tls-cert-keyvault-uri."
  value       = module.environment.certificate_vault_url
}

output "sql_server_fqdn" {
  description = "The database server's host."
  value       = module.environment.sql_server_fqdn
}

output "sql_database_name" {
  description = "The database's name."
  value       = module.environment.sql_database_name
}

output "database_url" {
  description = "The database: database.url. It names no user, so the desk signs in as its identity."
  value       = module.environment.database_url
}

output "database_users_sql" {
  description = "T-SQL for an administrator to run once, which makes the identities' users."
  value       = module.environment.database_users_sql
}

output "subnet_prefixes" {
  description = "Each subnet's range: network policies let the desk out to private_endpoints alone."
  value       = module.environment.subnet_prefixes
}

output "vnet_address_space" {
  description = "The virtual network's ranges."
  value       = module.environment.vnet_address_space
}

output "egress_ip_address" {
  description = "The address that the outside sees."
  value       = module.environment.egress_ip_address
}

output "build_agent_pool" {
  description = "The pool for the pipeline's jobs that push and deploy; null where you run your own."
  value       = module.environment.build_agent_pool
}

output "prometheus_query_endpoint" {
  description = "Where Grafana asks for metrics."
  value       = module.environment.prometheus_query_endpoint
}

output "alert_webhook_url" {
  description = "What alerts call, and the pipeline when a release fails."
  value       = module.environment.alert_webhook_url
}
