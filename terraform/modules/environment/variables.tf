variable "environment" {
  description = "Which environment: dev or prod."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "environment: dev or prod."
  }
}

variable "name_suffix" {
  description = "Three to six letters and digits of your own, for the names that must be unique in the world."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,6}$", var.name_suffix))
    error_message = "name_suffix: 3 to 6 lower-case letters and digits."
  }
}

variable "resource_group_name" {
  description = "The environment's resource group, which bootstrap.sh has made."
  type        = string
  nullable    = false
}

variable "aks_cluster_name" {
  description = "The cluster's name."
  type        = string
  nullable    = false
}

variable "cluster_location" {
  description = "The Azure region of everything, by its short name: uksouth."
  type        = string
  nullable    = false
}

variable "dns_prefix" {
  description = "The beginning of the API server's name."
  type        = string
  nullable    = false
}

variable "kubernetes_version" {
  description = "The minor version of Kubernetes."
  type        = string
  nullable    = false
}

variable "vnet_address_space" {
  description = "The virtual network's one range."
  type        = list(string)
  nullable    = false
}

variable "operator_address_ranges" {
  description = "Ranges of a VPN or of the office's network that may reach the API server and the private endpoints."
  type        = list(string)
  nullable    = false
}

variable "oidc_client_id" {
  description = "The app registration in Entra at which the desk's people sign in; null where nobody does, or elsewhere."
  type        = string

  validation {
    condition     = var.oidc_client_id == null || can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.oidc_client_id))
    error_message = "oidc_client_id: an application's (client) id, such as 00000000-0000-0000-0000-000000000000; bootstrap.sh sign-in says it."
  }
}

variable "external_gateway_enabled" {
  description = "Whether the internet may reach the gateway on 443 and 80."
  type        = bool
  nullable    = false
}

variable "system_pool" {
  description = "Nodes for the cluster's own pods."
  type        = object({ vm_size = string, os_disk_size_gb = number, min_count = number, max_count = number })
  nullable    = false
}

variable "worker_pool" {
  description = "Nodes for the desk and its gateway."
  type        = object({ vm_size = string, os_disk_size_gb = number, min_count = number, max_count = number })
  nullable    = false
}

variable "maintenance_day" {
  description = "The day of the week on which Azure may upgrade the cluster."
  type        = string
  nullable    = false
}

variable "database" {
  description = "The database's size, places and backups, as in the module sql-database."
  type = object({
    sku_name            = string
    serverless          = optional(object({ min_capacity = number, auto_pause_delay_in_minutes = number }))
    max_size_gb         = number
    zone_redundant      = bool
    backup_storage      = string
    point_in_time_days  = number
    long_term_retention = optional(object({ weekly = string, monthly = string, yearly = string, week_of_year = number }))
  })
  nullable = false
}

variable "cluster_admin_group_object_ids" {
  description = "Entra groups that administer the cluster."
  type        = list(string)
  nullable    = false
}

variable "sql_admin_group" {
  description = "The Entra group that administers the database."
  type        = object({ name = string, object_id = string })
  nullable    = false
}

variable "secrets_operator_group_object_id" {
  description = "The Entra group that keeps secrets and certificates."
  type        = string
  nullable    = false
}

variable "release_principal_id" {
  description = "The object id of the identity with which the pipeline pushes images and deploys."
  type        = string
  nullable    = false
}

variable "signs_releases" {
  description = "Whether the release identity signs images here, with the key orders-release. One environment does: dev, where each release begins."
  type        = bool
  nullable    = false
}

variable "build_agents" {
  description = "Agents of Azure DevOps inside the network; null where you run your own there."
  type = object({
    organization_url                = string
    project                         = string
    devops_infrastructure_object_id = string
  })
}

variable "alert_emails" {
  description = "Whom alerts reach, by a short name each."
  type        = map(string)
  nullable    = false
}

variable "alert_webhook" {
  description = "What alerts call."
  type        = object({ url = string, entra_object_id = optional(string) })
  nullable    = false
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  nullable    = false
}

variable "log_daily_cap_gb" {
  description = "After so much in a day, logs are dropped until the next."
  type        = number
  nullable    = false
}

variable "monthly_budget" {
  description = "What the environment may cost in a month, in the subscription's currency."
  type        = number
  nullable    = false

  validation {
    condition     = var.monthly_budget > 0
    error_message = "monthly_budget: more than 0."
  }
}

variable "budget_start" {
  description = "The first day of the month in which this is first applied: 2026-12-01. It stays as it is then."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])-01$", var.budget_start))
    error_message = "budget_start: the first day of a month, such as 2026-12-01."
  }
}
