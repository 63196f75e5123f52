variable "registry_name" {
  description = "The registry's name, unique in the world."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{5,50}$", var.registry_name))
    error_message = "registry_name: 5 to 50 lower-case letters and digits."
  }
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

variable "private_endpoint_subnet_id" {
  description = "The private endpoints' subnet."
  type        = string
  nullable    = false
}

variable "private_dns_zone_id" {
  description = "The zone privatelink.azurecr.io of the network."
  type        = string
  nullable    = false
}

variable "kubelet_principal_id" {
  description = "The object id of the identity that pulls images."
  type        = string
  nullable    = false
}

variable "release_principal_id" {
  description = "The object id of the identity with which the pipeline pushes images."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
