# The cluster. AKS Automatic is Microsoft's default and would choose much of this by itself; this is Standard, because
# the network, the ranges and the node pools are the customer's own.

locals {
  week = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  # Of AKS itself: https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning
  reserved_ranges = ["169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24"]

  os_sku = "AzureLinux3"
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_116:an add-on that enforces what is assigned, and nothing is; the namespaces' Pod Security labels refuse pods
  #checkov:skip=CKV_AZURE_117:nodes keep nothing; their disks are the hosts' own, encrypted there by host_encryption_enabled

  name                = var.aks_cluster_name
  location            = var.cluster_location
  resource_group_name = var.resource_group_name
  dns_prefix          = var.dns_prefix
  kubernetes_version  = var.kubernetes_version
  sku_tier            = "Standard"
  tags                = var.tags

  # Nobody has a password or a certificate: Entra says who, Azure's roles say what.
  local_account_disabled            = true
  role_based_access_control_enabled = true
  oidc_issuer_enabled               = true
  workload_identity_enabled         = true

  # The API server has no public address. `az aks command invoke` is the administrators' way in where there is no VPN;
  # it runs with the rights of whoever asks.
  private_cluster_enabled             = true
  private_cluster_public_fqdn_enabled = false
  private_dns_zone_id                 = "System"
  run_command_enabled                 = true

  automatic_upgrade_channel    = "patch"
  node_os_upgrade_channel      = "NodeImage"
  cost_analysis_enabled        = true
  image_cleaner_enabled        = true
  image_cleaner_interval_hours = 48

  azure_active_directory_role_based_access_control {
    tenant_id              = var.tenant_id
    azure_rbac_enabled     = true
    admin_group_object_ids = var.admin_group_object_ids
  }

  api_server_access_profile {
    virtual_network_integration_enabled = true
    subnet_id                           = var.control_plane_subnet_id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.control_plane.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.kubelet.client_id
    object_id                 = azurerm_user_assigned_identity.kubelet.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.kubelet.id
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    load_balancer_sku   = "standard"
    outbound_type       = "userAssignedNATGateway"
    pod_cidr            = var.pod_cidr
    service_cidr        = var.service_cidr
    dns_service_ip      = cidrhost(var.service_cidr, 10)

    advanced_networking {
      observability_enabled = var.fqdn_policies_enabled
      security_enabled      = var.fqdn_policies_enabled
    }
  }

  default_node_pool {
    name                         = "system"
    temporary_name_for_rotation  = "systemtmp"
    vm_size                      = var.system_pool.vm_size
    os_sku                       = local.os_sku
    os_disk_type                 = "Ephemeral"
    os_disk_size_gb              = var.system_pool.os_disk_size_gb
    vnet_subnet_id               = var.worker_node_subnet_id
    zones                        = var.zones
    auto_scaling_enabled         = true
    min_count                    = var.system_pool.min_count
    max_count                    = var.system_pool.max_count
    max_pods                     = 110
    only_critical_addons_enabled = true
    host_encryption_enabled      = true
    node_public_ip_enabled       = false
    tags                         = var.tags

    upgrade_settings {
      max_surge                     = "33%"
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 5
      undrainable_node_behavior     = "Cordon"
    }
  }

  # Nodes come from the two pools here, not from node auto-provisioning.
  node_provisioning_profile {
    mode = "Manual"
  }

  # The operator of App Routing takes the gateway's certificate from Key Vault. The NGINX that comes with it, whose
  # support ends in November 2026, is not made; gateway.tf turns on the Gateway API instead.
  web_app_routing {
    dns_zone_ids             = []
    default_nginx_controller = "None"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "5m"
  }

  oms_agent {
    log_analytics_workspace_id      = var.log_analytics_workspace_id
    msi_auth_for_monitoring_enabled = true
  }

  # Both stand here, empty, because the add-on is only made where they do.
  monitor_metrics {
    annotations_allowed = null
    labels_allowed      = null
  }

  storage_profile {
    disk_driver_enabled         = true
    file_driver_enabled         = false
    blob_driver_enabled         = false
    snapshot_controller_enabled = true
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = var.maintenance_day
    start_time  = "02:00"
    utc_offset  = "+00:00"
    duration    = 4
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    day_of_week = local.week[(index(local.week, var.maintenance_day) + 6) % 7]
    start_time  = "02:00"
    utc_offset  = "+00:00"
    duration    = 4
  }

  lifecycle {
    # The autoscaler owns the count.
    ignore_changes = [default_node_pool[0].node_count]
  }

  # Without its roles the cluster would not come up.
  depends_on = [
    azurerm_role_assignment.control_plane_network,
    azurerm_role_assignment.control_plane_kubelet,
  ]
}

resource "azurerm_kubernetes_cluster_node_pool" "workers" {
  name                        = "workers"
  temporary_name_for_rotation = "workerstmp"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  mode                        = "User"
  orchestrator_version        = var.kubernetes_version
  vm_size                     = var.worker_pool.vm_size
  os_sku                      = local.os_sku
  os_disk_type                = "Ephemeral"
  os_disk_size_gb             = var.worker_pool.os_disk_size_gb
  vnet_subnet_id              = var.worker_node_subnet_id
  zones                       = var.zones
  auto_scaling_enabled        = true
  min_count                   = var.worker_pool.min_count
  max_count                   = var.worker_pool.max_count
  max_pods                    = 110
  host_encryption_enabled     = true
  node_public_ip_enabled      = false
  tags                        = var.tags

  upgrade_settings {
    max_surge                     = "33%"
    drain_timeout_in_minutes      = 30
    node_soak_duration_in_minutes = 5
    undrainable_node_behavior     = "Cordon"
  }

  lifecycle {
    ignore_changes = [node_count]
  }
}
