# What a team answers, in terraform.tfvars. No answer is a secret. Limits on values are with the modules that use them.

variable "subscription_id" {
  description = "The Azure subscription."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.subscription_id))
    error_message = "subscription_id: a subscription's id, such as 00000000-0000-0000-0000-000000000000."
  }
}

variable "name_suffix" {
  description = "Three to six letters and digits of your own, for the names that must be unique in the world."
  type        = string
  nullable    = false
}

variable "resource_group_name" {
  description = "The resource group that bootstrap.sh has made."
  type        = string
  default     = "rg-orders-prod"
  nullable    = false
}

variable "aks_cluster_name" {
  description = "The cluster's name."
  type        = string
  default     = "aks-orders-prod"
  nullable    = false
}

variable "cluster_location" {
  description = "The Azure region of everything, by its short name."
  type        = string
  default     = "uksouth"
  nullable    = false
}

variable "dns_prefix" {
  description = "The beginning of the API server's name."
  type        = string
  default     = "orders-prod"
  nullable    = false
}

variable "kubernetes_version" {
  description = "The minor version of Kubernetes; its patches come by themselves."
  type        = string
  default     = "1.36"
  nullable    = false
}

variable "vnet_address_space" {
  description = "The virtual network's one range, which no network of yours has."
  type        = list(string)
  default     = ["10.30.0.0/16"]
  nullable    = false
}

variable "operator_address_ranges" {
  description = "Ranges of a VPN or of the office's network that may reach the API server and the private endpoints."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "oidc_client_id" {
  description = "The app registration in Entra at which people sign in; bootstrap.sh sign-in says it. null with another provider."
  type        = string
  default     = null
}

variable "external_gateway_enabled" {
  description = "Whether the internet may reach the gateway on 443 and 80, for the overlay prod-external."
  type        = bool
  default     = false
  nullable    = false
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
  description = "The object id of the identity id-orders-prod-release; bootstrap.sh says it."
  type        = string
  nullable    = false
}

variable "build_agents" {
  description = "Agents of Azure DevOps inside the network; null where you run your own there."
  type = object({
    organization_url                = string
    project                         = string
    devops_infrastructure_object_id = string
  })
  default = null
}

variable "alert_emails" {
  description = "Whom alerts reach, by a short name each."
  type        = map(string)
  nullable    = false
}

variable "alert_webhook" {
  description = "What alerts call: an https address without a key in it, and the Entra application that it expects a token for, if any."
  type        = object({ url = string, entra_object_id = optional(string) })
  nullable    = false
}

variable "monthly_budget" {
  description = "What prod may cost in a month, in the subscription's currency."
  type        = number
  nullable    = false
}

variable "budget_start" {
  description = "The first day of the month in which this is first applied. It stays as it is then."
  type        = string
  nullable    = false
}
