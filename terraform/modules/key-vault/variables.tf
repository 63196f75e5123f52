variable "key_vault_name" {
  description = "The vault's name, unique in the world."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.key_vault_name)) && !strcontains(var.key_vault_name, "--")
    error_message = "key_vault_name: 3 to 24 lower-case letters, digits and single hyphens, beginning with a letter."
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

variable "tenant_id" {
  description = "The Entra tenant of those who may open the vault."
  type        = string
  nullable    = false
}

variable "private_endpoint_subnet_id" {
  description = "The private endpoints' subnet."
  type        = string
  nullable    = false
}

variable "private_dns_zone_id" {
  description = "The zone privatelink.vaultcore.azure.net of the network."
  type        = string
  nullable    = false
}

variable "reader_principal_id" {
  description = "The object id of the one identity that reads from this vault."
  type        = string
  nullable    = false
}

variable "operator_group_object_id" {
  description = "The Entra group whose members put things into this vault."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9a-fA-F-]{36}$", var.operator_group_object_id))
    error_message = "operator_group_object_id: the object id of an Entra group."
  }
}

variable "operator_roles" {
  description = "What the operators may, in this vault alone."
  type        = set(string)
  default     = ["Key Vault Secrets Officer"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.operator_roles, ["Key Vault Secrets Officer", "Key Vault Certificates Officer", "Key Vault Crypto Officer"])) == 0
    error_message = "operator_roles: Key Vault Secrets Officer, Certificates Officer or Crypto Officer, nothing wider."
  }
}

variable "signing_key" {
  description = "A key that somebody signs with, by its name and the signer's object id; an operator makes it. Null: none."
  type        = object({ name = string, signer_principal_id = string })
  default     = null
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
