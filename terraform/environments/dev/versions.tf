terraform {
  required_version = ">= 1.11"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "5.10.0"
    }
    azapi = {
      source  = "azure/azapi"
      version = "2.13.0"
    }
  }

  # An account for dev alone, opened by Entra: it has no keys. Its name comes with
  # `terraform init -backend-config=storage_account_name=…`.
  backend "azurerm" {
    container_name   = "state"
    key              = "orders-dev.tfstate"
    use_azuread_auth = true
    use_oidc         = true
  }
}

provider "azurerm" {
  subscription_id     = var.subscription_id
  storage_use_azuread = true

  # Exactly those that this code needs; registering again what is registered does nothing.
  resource_provider_registrations = "none"
  resource_providers_to_register  = compact(split("\n", file("${path.root}/../../resource-providers.txt")))

  features {
    resource_group {
      prevent_deletion_if_contains_resources = true
    }

    key_vault {
      purge_soft_delete_on_destroy    = false
      recover_soft_deleted_key_vaults = true
    }
  }
}

provider "azapi" {
  subscription_id = var.subscription_id
}
