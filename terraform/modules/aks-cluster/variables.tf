variable "aks_cluster_name" {
  description = "The cluster's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{0,61}[A-Za-z0-9]$", var.aks_cluster_name))
    error_message = "aks_cluster_name: 2 to 63 letters, digits, hyphens and underscores, with a letter or digit at both ends."
  }
}

variable "cluster_location" {
  description = "The Azure region, by its short name: uksouth. It must have three availability zones."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]+[0-9]?$", var.cluster_location))
    error_message = "cluster_location: the region's short name, such as uksouth."
  }
}

variable "dns_prefix" {
  description = "The beginning of the API server's name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?$", var.dns_prefix))
    error_message = "dns_prefix: 1 to 54 letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "kubernetes_version" {
  description = "The minor version; AKS takes the newest patch of it and keeps it patched."
  type        = string
  default     = "1.36"
  nullable    = false

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && try(tonumber(split(".", var.kubernetes_version)[1]) >= 36, false)
    error_message = "kubernetes_version: a minor version from 1.36 on, without a patch: the upgrade channel owns that."
  }
}

variable "resource_group_name" {
  description = "An existing resource group."
  type        = string
  nullable    = false
}

variable "control_plane_subnet_id" {
  description = "The subnet delegated to the API server."
  type        = string
  nullable    = false
}

variable "worker_node_subnet_id" {
  description = "The nodes' subnet, with its way out."
  type        = string
  nullable    = false
}

variable "vnet_address_space" {
  description = "The virtual network's ranges, which those of pods and services must not overlap."
  type        = list(string)
  nullable    = false
}

variable "pod_cidr" {
  description = "The pods' own range (CNI overlay): a /24 for each node."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false

  # Two ranges overlap where they are the same once both have the shorter of their two lengths.
  validation {
    condition = alltrue([
      for other in concat(var.vnet_address_space, [var.service_cidr], local.reserved_ranges) :
      cidrhost("${split("/", other)[0]}/${min(split("/", other)[1], split("/", var.pod_cidr)[1])}", 0)
      != cidrhost("${split("/", var.pod_cidr)[0]}/${min(split("/", other)[1], split("/", var.pod_cidr)[1])}", 0)
    ])
    error_message = "pod_cidr: must not overlap the virtual network, the services' range or the ranges that AKS reserves."
  }
}

variable "service_cidr" {
  description = "The range of services' addresses inside the cluster."
  type        = string
  default     = "10.245.0.0/16"
  nullable    = false

  validation {
    condition = alltrue([
      for other in concat(var.vnet_address_space, local.reserved_ranges) :
      cidrhost("${split("/", other)[0]}/${min(split("/", other)[1], split("/", var.service_cidr)[1])}", 0)
      != cidrhost("${split("/", var.service_cidr)[0]}/${min(split("/", other)[1], split("/", var.service_cidr)[1])}", 0)
    ])
    error_message = "service_cidr: must not overlap the virtual network or the ranges that AKS reserves."
  }
}

variable "system_pool" {
  description = "Nodes for the cluster's own pods. os_disk_size_gb has to fit the size's temporary disk, where it lives."
  type = object({
    vm_size         = string
    os_disk_size_gb = number
    min_count       = number
    max_count       = number
  })
  nullable = false

  validation {
    condition     = var.system_pool.min_count >= 1 && var.system_pool.min_count <= var.system_pool.max_count && var.system_pool.max_count <= 100
    error_message = "system_pool: 1 <= min_count <= max_count <= 100."
  }
}

variable "worker_pool" {
  description = "Nodes for the desk and its gateway."
  type = object({
    vm_size         = string
    os_disk_size_gb = number
    min_count       = number
    max_count       = number
  })
  nullable = false

  validation {
    condition     = var.worker_pool.min_count >= 1 && var.worker_pool.min_count <= var.worker_pool.max_count && var.worker_pool.max_count <= 100
    error_message = "worker_pool: 1 <= min_count <= max_count <= 100."
  }
}

variable "zones" {
  description = "The availability zones of both pools."
  type        = set(string)
  default     = ["1", "2", "3"]
  nullable    = false

  validation {
    condition     = length(var.zones) >= 2 && length(setsubtract(var.zones, ["1", "2", "3"])) == 0
    error_message = "zones: at least two of 1, 2 and 3."
  }
}

variable "maintenance_day" {
  description = "The day of the week on which Azure may upgrade the cluster; nodes' images come the day before."
  type        = string
  nullable    = false

  validation {
    condition     = contains(local.week, var.maintenance_day)
    error_message = "maintenance_day: a day of the week in English, such as Sunday."
  }
}

variable "fqdn_policies_enabled" {
  description = "Whether network policies may name hosts (Advanced Container Networking Services): what leaves to login.microsoftonline.com has no fixed address."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_analytics_workspace_id" {
  description = "Where Container Insights sends logs."
  type        = string
  nullable    = false
}

variable "tenant_id" {
  description = "The Entra tenant whose users may sign in to the cluster."
  type        = string
  nullable    = false
}

variable "admin_group_object_ids" {
  description = "Entra groups whose members administer the cluster. Local accounts are off, so without one nobody could."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.admin_group_object_ids) > 0 && alltrue([for id in var.admin_group_object_ids : can(regex("^[0-9a-fA-F-]{36}$", id))])
    error_message = "admin_group_object_ids: the object ids of one or more Entra groups."
  }
}

variable "release_principal_id" {
  description = "The object id of the identity with which the pipeline deploys."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-fA-F-]{36}$", var.release_principal_id))
    error_message = "release_principal_id: an object id, not a client id or a name."
  }
}

variable "namespace" {
  description = "The only namespace in which the pipeline may deploy."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
