# The Gateway API through App Routing (gatewayClassName: approuting-istio). azurerm has no argument for it yet.
resource "azapi_update_resource" "gateway_api" {
  type        = "Microsoft.ContainerService/managedClusters@2026-03-01"
  resource_id = azurerm_kubernetes_cluster.this.id

  body = {
    properties = {
      ingressProfile = {
        gatewayAPI = {
          installation = "Standard"
        }
        webAppRouting = {
          gatewayAPIImplementations = {
            appRoutingIstio = {
              mode = "Enabled"
            }
          }
        }
      }
    }
  }

  # The cluster takes one change at a time.
  depends_on = [azurerm_kubernetes_cluster_node_pool.workers]
}
