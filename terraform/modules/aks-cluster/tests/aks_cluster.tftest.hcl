mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan

  override_resource {
    target = azurerm_user_assigned_identity.control_plane
    values = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/control-plane"
      principal_id = "20000000-0000-0000-0000-0000000000c0"
    }
  }
  override_resource {
    target = azurerm_user_assigned_identity.kubelet
    values = {
      id           = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet"
      client_id    = "20000000-0000-0000-0000-0000000000a1"
      principal_id = "20000000-0000-0000-0000-0000000000a2"
    }
  }
}

mock_provider "azapi" {}

variables {
  aks_cluster_name           = "aks-orders-test"
  cluster_location           = "uksouth"
  dns_prefix                 = "orders-test"
  resource_group_name        = "rg-orders-test"
  control_plane_subnet_id    = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/control-plane"
  worker_node_subnet_id      = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.Network/virtualNetworks/vnet/subnets/worker-nodes"
  vnet_address_space         = ["10.20.0.0/16"]
  system_pool                = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 1, max_count = 3 }
  worker_pool                = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 1, max_count = 3 }
  maintenance_day            = "Sunday"
  log_analytics_workspace_id = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-orders-test/providers/Microsoft.OperationalInsights/workspaces/log"
  tenant_id                  = "10000000-0000-0000-0000-000000000000"
  admin_group_object_ids     = ["40000000-0000-0000-0000-000000000001"]
  release_principal_id       = "40000000-0000-0000-0000-000000000002"
  namespace                  = "orders-test"
}

run "nobody_has_a_password" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.local_account_disabled && azurerm_kubernetes_cluster.this.azure_active_directory_role_based_access_control[0].azure_rbac_enabled
    error_message = "Local accounts are on, or Azure's roles don't count."
  }

  assert {
    condition     = length(azurerm_kubernetes_cluster.this.service_principal) == 0 && azurerm_kubernetes_cluster.this.identity[0].type == "UserAssigned"
    error_message = "The cluster has a service principal's secret."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.oidc_issuer_enabled && azurerm_kubernetes_cluster.this.workload_identity_enabled
    error_message = "Pods can't sign in without a secret."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.oms_agent[0].msi_auth_for_monitoring_enabled
    error_message = "Logs are sent with the workspace's key."
  }
}

run "the_api_server_is_in_its_subnet_and_nowhere_else" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.api_server_access_profile[0].virtual_network_integration_enabled && azurerm_kubernetes_cluster.this.api_server_access_profile[0].subnet_id == var.control_plane_subnet_id
    error_message = "The API server is not in the subnet that was delegated to it."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.private_cluster_enabled && !azurerm_kubernetes_cluster.this.private_cluster_public_fqdn_enabled
    error_message = "The API server is public."
  }
}

run "pools" {
  command = plan

  assert {
    condition = alltrue([
      for pool in [azurerm_kubernetes_cluster.this.default_node_pool[0], azurerm_kubernetes_cluster_node_pool.workers] :
      pool.zones == toset(["1", "2", "3"]) && length(pool.upgrade_settings) == 1 && pool.temporary_name_for_rotation != null
      && pool.auto_scaling_enabled && pool.os_sku == "AzureLinux3" && pool.host_encryption_enabled && pool.vnet_subnet_id == var.worker_node_subnet_id
    ])
    error_message = "A pool lacks zones, upgrade settings, a name for its rotation, the autoscaler, encryption or its subnet."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.default_node_pool[0].only_critical_addons_enabled
    error_message = "The desk may run on the system's nodes."
  }

  assert {
    condition     = length(azurerm_kubernetes_cluster.this.default_node_pool[0].temporary_name_for_rotation) <= 12 && length(azurerm_kubernetes_cluster_node_pool.workers.temporary_name_for_rotation) <= 12
    error_message = "AKS takes 12 characters for a pool's name."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.sku_tier == "Standard" && azurerm_kubernetes_cluster.this.kubernetes_version == "1.36"
    error_message = "Not the tier with a promise, or not the version."
  }
}

run "ranges" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.network_profile[0].outbound_type == "userAssignedNATGateway" && azurerm_kubernetes_cluster.this.network_profile[0].network_plugin_mode == "overlay" && azurerm_kubernetes_cluster.this.network_profile[0].network_policy == "cilium"
    error_message = "Not an overlay with Cilium behind the NAT gateway."
  }

  assert {
    condition     = cidrhost("${azurerm_kubernetes_cluster.this.network_profile[0].dns_service_ip}/${split("/", var.service_cidr)[1]}", 0) == cidrhost(var.service_cidr, 0)
    error_message = "The cluster's DNS is outside the services' range."
  }
}

run "refuses_pods_in_the_network" {
  command = plan

  variables {
    pod_cidr = "10.20.128.0/17"
  }

  expect_failures = [var.pod_cidr]
}

run "refuses_pods_around_the_network" {
  command = plan

  variables {
    pod_cidr     = "10.0.0.0/8"
    service_cidr = "172.20.0.0/16"
  }

  expect_failures = [var.pod_cidr]
}

run "refuses_services_in_the_network" {
  command = plan

  variables {
    service_cidr = "10.20.4.0/24"
  }

  expect_failures = [var.service_cidr]
}

run "refuses_services_among_pods" {
  command = plan

  variables {
    service_cidr = "10.244.8.0/24"
  }

  expect_failures = [var.pod_cidr]
}

run "refuses_a_range_of_aks" {
  command = plan

  variables {
    service_cidr = "172.30.1.0/24"
  }

  expect_failures = [var.service_cidr]
}

run "refuses_a_patch_version" {
  command = plan

  variables {
    kubernetes_version = "1.36.2"
  }

  expect_failures = [var.kubernetes_version]
}

run "refuses_a_cluster_without_administrators" {
  command = plan

  variables {
    admin_group_object_ids = []
  }

  expect_failures = [var.admin_group_object_ids]
}

run "roles" {
  command = plan

  assert {
    condition = alltrue([
      for subnet, role in azurerm_role_assignment.control_plane_network :
      role.role_definition_name == "Network Contributor" && role.principal_type == "ServicePrincipal"
      && role.principal_id == azurerm_user_assigned_identity.control_plane.principal_id
      && role.scope == (subnet == "control_plane" ? var.control_plane_subnet_id : var.worker_node_subnet_id)
    ])
    error_message = "The control plane's network role is not on its two subnets alone."
  }

  assert {
    condition     = azurerm_role_assignment.control_plane_kubelet.scope == azurerm_user_assigned_identity.kubelet.id && azurerm_role_assignment.control_plane_kubelet.principal_id == azurerm_user_assigned_identity.control_plane.principal_id
    error_message = "The control plane may hand out more than the kubelet's identity."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.kubelet_identity[0].object_id == output.kubelet_principal_id
    error_message = "Roles for pulling go to another identity than the kubelet's."
  }

  assert {
    condition     = azurerm_role_assignment.release_namespace.scope == "${azurerm_kubernetes_cluster.this.id}/namespaces/orders-test" && azurerm_role_assignment.release_namespace.principal_type == "ServicePrincipal"
    error_message = "The pipeline may deploy beyond its namespace."
  }

  assert {
    condition     = !strcontains(join(" ", [azurerm_role_assignment.release_namespace.role_definition_name, azurerm_role_assignment.release_user.role_definition_name]), "Cluster Admin")
    error_message = "The pipeline administers the cluster."
  }
}

run "gateway_api" {
  command = plan

  assert {
    condition     = azapi_update_resource.gateway_api.resource_id == azurerm_kubernetes_cluster.this.id && azapi_update_resource.gateway_api.body.properties.ingressProfile.webAppRouting.gatewayAPIImplementations.appRoutingIstio.mode == "Enabled" && azapi_update_resource.gateway_api.body.properties.ingressProfile.gatewayAPI.installation == "Standard"
    error_message = "The Gateway API of App Routing is off."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.web_app_routing[0].default_nginx_controller == "None"
    error_message = "The NGINX that is no longer supported would run."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_rotation_enabled
    error_message = "A renewed certificate would not arrive."
  }
}

run "maintenance" {
  command = plan

  assert {
    condition     = azurerm_kubernetes_cluster.this.automatic_upgrade_channel == "patch" && azurerm_kubernetes_cluster.this.node_os_upgrade_channel == "NodeImage"
    error_message = "Patches don't come by themselves."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.maintenance_window_auto_upgrade[0].day_of_week == "Sunday" && azurerm_kubernetes_cluster.this.maintenance_window_node_os[0].day_of_week == "Saturday"
    error_message = "Upgrades come on another day, or both at once."
  }
}
