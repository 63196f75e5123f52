variable "name" {
  description = "The environment, as the middle of every name: orders-prod."
  type        = string
  nullable    = false
}

variable "resource_group_name" {
  description = "An existing resource group."
  type        = string
  nullable    = false
}

variable "location" {
  description = "The Azure region, by its short name."
  type        = string
  nullable    = false
}

variable "oidc_issuer_url" {
  description = "The cluster's issuer: only its service accounts are trusted."
  type        = string
  nullable    = false
}

variable "service_accounts" {
  description = "What each identity is for, and the one service account that may use it."
  type        = map(object({ namespace = string, name = string }))
  nullable    = false

  validation {
    condition     = length(var.service_accounts) > 0 && length(distinct(values(var.service_accounts))) == length(var.service_accounts)
    error_message = "service_accounts: a service account of its own for each identity."
  }

  validation {
    condition = alltrue([
      for name in flatten([for account in values(var.service_accounts) : [account.namespace, account.name]]) :
      can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", name))
    ])
    error_message = "service_accounts: Kubernetes names, without wildcards."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
