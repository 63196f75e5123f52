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

variable "namespace" {
  description = "The desk's Kubernetes namespace, for the saved queries."
  type        = string
  nullable    = false
}

variable "aks_cluster_id" {
  description = "The cluster to watch."
  type        = string
  nullable    = false
}

variable "aks_cluster_name" {
  description = "The cluster's name."
  type        = string
  nullable    = false
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  nullable    = false

  validation {
    condition     = var.log_retention_days >= 30 && var.log_retention_days <= 730
    error_message = "log_retention_days: 30 to 730."
  }
}

variable "log_daily_cap_gb" {
  description = "After so much in a day, logs are dropped until the next. An alert says so."
  type        = number
  nullable    = false

  validation {
    condition     = var.log_daily_cap_gb > 0
    error_message = "log_daily_cap_gb: more than 0; without a cap, a loop that logs costs without end."
  }
}

variable "quiet_namespaces" {
  description = "Namespaces whose logs are not collected."
  type        = list(string)
  default     = ["kube-system"]
  nullable    = false
}

variable "alert_emails" {
  description = "Whom alerts reach, by a short name each."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.alert_emails) > 0 && alltrue([for address in values(var.alert_emails) : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", address))])
    error_message = "alert_emails: at least one, all of them e-mail addresses."
  }
}

variable "alert_webhook" {
  description = "What alerts call: an https address without a key in it, which would be a secret in the state. The callee checks a token of Entra instead, where entra_object_id names its application."
  type = object({
    url             = string
    entra_object_id = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^https://[^?#]+$", var.alert_webhook.url))
    error_message = "alert_webhook.url: https, and no query string."
  }
}

variable "diagnostics" {
  description = "Resources whose logs go to Log Analytics, and the categories of each."
  type = map(object({
    resource_id = string
    categories  = set(string)
  }))
  default  = {}
  nullable = false
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}
