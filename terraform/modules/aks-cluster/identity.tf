# Two identities: the control plane's, which builds load balancers and joins subnets, and the kubelet's, which pulls
# images. Neither has a secret.

resource "azurerm_user_assigned_identity" "control_plane" {
  name                = "id-${var.aks_cluster_name}-control-plane"
  location            = var.cluster_location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_user_assigned_identity" "kubelet" {
  name                = "id-${var.aks_cluster_name}-kubelet"
  location            = var.cluster_location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

# On the two subnets, not on the network or the resource group.
resource "azurerm_role_assignment" "control_plane_network" {
  for_each = {
    control_plane = var.control_plane_subnet_id
    worker_nodes  = var.worker_node_subnet_id
  }

  scope                = each.value
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.control_plane.principal_id
  principal_type       = "ServicePrincipal"
}

# It gives the kubelet's identity to each new node.
resource "azurerm_role_assignment" "control_plane_kubelet" {
  scope                = azurerm_user_assigned_identity.kubelet.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.control_plane.principal_id
  principal_type       = "ServicePrincipal"
}

# What the pipeline may: find the cluster, and deploy in one namespace. Gateways and routes are custom resources, which
# RBAC Writer does not cover; RBAC Admin does, and may not change the namespace, so not its Pod Security labels either.
resource "azurerm_role_assignment" "release_user" {
  scope                = azurerm_kubernetes_cluster.this.id
  role_definition_name = "Azure Kubernetes Service Cluster User Role"
  principal_id         = var.release_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "release_namespace" {
  scope                = "${azurerm_kubernetes_cluster.this.id}/namespaces/${var.namespace}"
  role_definition_name = "Azure Kubernetes Service RBAC Admin"
  principal_id         = var.release_principal_id
  principal_type       = "ServicePrincipal"
}
