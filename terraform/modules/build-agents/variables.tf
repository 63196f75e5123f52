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

variable "organization_url" {
  description = "The Azure DevOps organization: https://dev.azure.com/NAME."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://dev\\.azure\\.com/[^/]+$", var.organization_url))
    error_message = "organization_url: https://dev.azure.com/NAME, without a slash at the end."
  }
}

variable "project" {
  description = "The only Azure DevOps project that may use the pool."
  type        = string
  nullable    = false
}

variable "vnet_id" {
  description = "The network that the agents join."
  type        = string
  nullable    = false
}

variable "subnet_id" {
  description = "The subnet delegated to Microsoft.DevOpsInfrastructure/pools."
  type        = string
  nullable    = false
}

variable "devops_infrastructure_object_id" {
  description = "The object id, in this tenant, of Microsoft's service principal DevOpsInfrastructure, which joins agents to the subnet."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-fA-F-]{36}$", var.devops_infrastructure_object_id))
    error_message = "devops_infrastructure_object_id: an object id; `az ad sp list --display-name DevOpsInfrastructure --query [0].id -o tsv` says it."
  }
}

variable "maximum_concurrency" {
  description = "How many agents there may be at once. Idle, there is none."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 1 && var.maximum_concurrency <= 20
    error_message = "maximum_concurrency: 1 to 20."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
