# Never a kubeconfig: `az aks get-credentials` and `kubelogin` make one for whoever is signed in.

output "aks_cluster_name" {
  description = "The cluster's name."
  value       = azurerm_kubernetes_cluster.this.name
}

output "aks_cluster_id" {
  description = "The cluster's resource id."
  value       = azurerm_kubernetes_cluster.this.id
}

output "aks_oidc_issuer_url" {
  description = "Who vouches for service accounts' tokens."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "node_resource_group" {
  description = "The group that AKS makes for nodes, disks and load balancers: most of the cost is there."
  value       = azurerm_kubernetes_cluster.this.node_resource_group
}

output "kubelet_principal_id" {
  description = "The identity that pulls images."
  value       = azurerm_user_assigned_identity.kubelet.principal_id
}
