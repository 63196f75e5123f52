variable "server_name" {
  description = "The logical server's name, unique in the world."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$", var.server_name))
    error_message = "server_name: 2 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends."
  }
}

variable "database_name" {
  description = "The database's name."
  type        = string
  default     = "orders"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,127}$", var.database_name))
    error_message = "database_name: letters, digits, hyphens and underscores, beginning with a letter."
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
  description = "The Entra tenant of everyone who logs in."
  type        = string
  nullable    = false
}

variable "admin_group" {
  description = "The Entra group that administers the server. Nobody administers it by password."
  type = object({
    name      = string
    object_id = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9a-fA-F-]{36}$", var.admin_group.object_id)) && length(var.admin_group.name) > 0
    error_message = "admin_group: the name and the object id of an Entra group."
  }
}

variable "sku_name" {
  description = "The database's size: GP_S_Gen5_N is serverless, GP_Gen5_N and BC_Gen5_N are not."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^(GP_S|GP|BC)_Gen5_[0-9]+$", var.sku_name))
    error_message = "sku_name: GP_S_Gen5_N, GP_Gen5_N or BC_Gen5_N."
  }
}

variable "serverless" {
  description = "Of a serverless database: the fewest vCores, and after how many idle minutes it pauses (-1: never). Otherwise null."
  type = object({
    min_capacity                = number
    auto_pause_delay_in_minutes = number
  })
  default = null

  validation {
    condition     = (var.serverless != null) == startswith(var.sku_name, "GP_S_")
    error_message = "serverless: given exactly where sku_name is GP_S_Gen5_N."
  }
}

variable "max_size_gb" {
  description = "How large the database may grow."
  type        = number
  default     = 32
  nullable    = false

  validation {
    condition     = var.max_size_gb >= 1 && var.max_size_gb <= 1024 && floor(var.max_size_gb) == var.max_size_gb
    error_message = "max_size_gb: a whole number from 1 to 1024."
  }
}

variable "zone_redundant" {
  description = "Whether the database lives in several zones at once."
  type        = bool
  nullable    = false
}

variable "backup_storage" {
  description = "Where backups lie. Geo and GeoZone can be restored in another region."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["Local", "Zone", "Geo", "GeoZone"], var.backup_storage)
    error_message = "backup_storage: Local, Zone, Geo or GeoZone."
  }
}

variable "point_in_time_days" {
  description = "How many days back the database can be restored to any second."
  type        = number
  nullable    = false

  validation {
    condition     = var.point_in_time_days >= 7 && var.point_in_time_days <= 35
    error_message = "point_in_time_days: 7 to 35."
  }
}

variable "long_term_retention" {
  description = "How long weekly, monthly and yearly backups are kept (ISO 8601: P4W, P12M, P7Y); null: not at all."
  type = object({
    weekly       = string
    monthly      = string
    yearly       = string
    week_of_year = number
  })
  default = null
}

variable "security_contacts" {
  description = "E-mail addresses that hear of attacks on the database."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.security_contacts) > 0
    error_message = "security_contacts: at least one."
  }
}

variable "private_endpoint_subnet_id" {
  description = "The private endpoints' subnet."
  type        = string
  nullable    = false
}

variable "private_dns_zone_id" {
  description = "The zone privatelink.database.windows.net of the network."
  type        = string
  nullable    = false
}

variable "serving_identity" {
  description = "The identity that serves: its name and client id, for its user in the database."
  type        = object({ name = string, client_id = string })
  nullable    = false
}

variable "migrating_identity" {
  description = "The identity that migrates: its name and client id, for its user in the database."
  type        = object({ name = string, client_id = string })
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
