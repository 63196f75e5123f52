variable "name" {
  description = "What the network is for, as the middle of every name: orders-prod."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name: 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "resource_group_name" {
  description = "An existing resource group."
  type        = string
  nullable    = false
}

variable "location" {
  description = "The Azure region, by its short name: uksouth."
  type        = string
  nullable    = false
}

variable "vnet_address_space" {
  description = "The one private range of the virtual network, /18 or larger; the subnets are cut from it."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.vnet_address_space) == 1 && alltrue([for range in var.vnet_address_space : can(cidrhost(range, 0)) && can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\.", range))])
    error_message = "vnet_address_space: exactly one private IPv4 range, such as [\"10.30.0.0/16\"]."
  }

  validation {
    condition     = alltrue([for range in var.vnet_address_space : try(tonumber(split("/", range)[1]) <= 18, false)])
    error_message = "vnet_address_space: /18 or larger, so that the nodes get a /20."
  }
}

variable "operator_address_ranges" {
  description = "Ranges of a VPN or of the office's network that may reach the API server and the private endpoints. Empty: only the nodes and the build agents may."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.operator_address_ranges : can(cidrhost(range, 0)) && !endswith(range, "/0")])
    error_message = "operator_address_ranges: CIDR ranges, and never /0."
  }
}

variable "external_gateway_enabled" {
  description = "Whether the internet may reach the nodes' subnet on 443, and on 80, which sends on to it. Only with the external gateway, at a desk where people sign in."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
