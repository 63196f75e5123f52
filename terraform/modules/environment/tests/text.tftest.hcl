# What may not be in the code, whoever adds it, and what no plan shows: read as text, of all modules and roots.

mock_provider "azurerm" {
  source          = "../../tests/mocks"
  override_during = plan
}

mock_provider "azapi" {}

variables {
  environment                      = "prod"
  resource_group_name              = "rg-orders-prod"
  aks_cluster_name                 = "aks-orders-prod"
  cluster_location                 = "uksouth"
  dns_prefix                       = "orders-prod"
  kubernetes_version               = "1.36"
  vnet_address_space               = ["10.30.0.0/16"]
  operator_address_ranges          = []
  oidc_client_id                   = null
  external_gateway_enabled         = false
  system_pool                      = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 3, max_count = 6 }
  worker_pool                      = { vm_size = "Standard_D2ds_v5", os_disk_size_gb = 64, min_count = 3, max_count = 6 }
  maintenance_day                  = "Sunday"
  database                         = { sku_name = "GP_Gen5_2", max_size_gb = 32, zone_redundant = true, backup_storage = "Geo", point_in_time_days = 35 }
  log_retention_days               = 30
  log_daily_cap_gb                 = 1
  signs_releases                   = false
  name_suffix                      = "ab12c"
  cluster_admin_group_object_ids   = ["40000000-0000-0000-0000-000000000001"]
  sql_admin_group                  = { name = "orders-sql-admins", object_id = "40000000-0000-0000-0000-000000000004" }
  secrets_operator_group_object_id = "40000000-0000-0000-0000-000000000003"
  release_principal_id             = "40000000-0000-0000-0000-000000000002"
  alert_emails                     = { operators = "orders@example.com" }
  alert_webhook                    = { url = "https://alerts.example.com/orders" }
  monthly_budget                   = 1000
  budget_start                     = "2026-12-01"
  build_agents = {
    organization_url                = "https://dev.azure.com/example"
    project                         = "orders"
    devops_infrastructure_object_id = "40000000-0000-0000-0000-000000000005"
  }
}

run "text" {
  command = plan

  assert {
    condition     = output.namespace != null && length(fileset("../..", "{environments,modules}/*/*.tf")) > 40
    error_message = "The files are not where these tests look."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in fileset("../..", "{environments,modules}/*/*.tf") :
      length(regexall("kube_(admin_)?config|sensitive +=|(primary|secondary)_[a-z_]*key|admin_password|connection_string", file("../../${file}"))) == 0
    ])
    error_message = "Something reads or puts out what opens a door."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in fileset("../..", "{environments,modules}/*/*.tf") :
      length(regexall("\"azurerm_(key_vault_(secret|key|certificate|access_policy)|mssql_firewall_rule|role_definition)\"|client_secret|service_principal \\{|access_policy \\{|administrator_login", file("../../${file}"))) == 0
    ])
    error_message = "A secret value, an access policy, a hole in the database's wall, or a password."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in fileset("../..", "{environments,modules}/*/*.tf") :
      length(regexall("resource \"azurerm_role_assignment\"", file("../../${file}"))) == length(regexall("\\n  principal_type +=", file("../../${file}")))
    ])
    error_message = "A role assignment without principal_type."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in fileset("../..", "{environments,modules}/*/*.tf") :
      length(regexall("scope += .*subscription", file("../../${file}"))) == 0
    ])
    error_message = "A role on the subscription."
  }

  assert {
    condition     = output.namespace != null && alltrue([for file in fileset("../..", "modules/*/*.tf") : length(regexall("(?m)^ *(provider|backend) \"", file("../../${file}"))) == 0])
    error_message = "A module has a provider or a state of its own."
  }

  assert {
    condition     = output.namespace != null && alltrue([for environment in ["dev", "prod"] : strcontains(file("../../environments/${environment}/versions.tf"), "orders-${environment}.tfstate")])
    error_message = "dev and prod share a state."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in ["container-registry/main.tf", "key-vault/main.tf", "monitoring/logs.tf", "monitoring/metrics.tf"] : length(regexall("prevent_destroy = true", file("../../modules/${file}"))) == 1
    ]) && length(regexall("prevent_destroy = true", file("../../modules/sql-database/main.tf"))) == 2
    error_message = "What holds data can be destroyed."
  }

  # What no plan shows: the autoscaler's counts are its own.
  assert {
    condition     = output.namespace != null && length(regexall("ignore_changes = \\[(?:default_node_pool\\[0\\].)?node_count\\]", file("../../modules/aks-cluster/main.tf"))) == 2
    error_message = "Terraform and the autoscaler would fight over the number of nodes."
  }

  # What no plan shows: a lock that is there before them would keep them from being changed, and there after them from
  # being destroyed.
  assert {
    condition = output.namespace != null && alltrue([
      for file in ["container-registry", "key-vault", "sql-database"] : length(setsubtract(
        [for found in regexall("(?m)^resource \"(azurerm_(?:role_assignment|private_endpoint|mssql_(?:database|server_[a-z_]+)))\" \"([a-z_]+)\"", file("../../modules/${file}/main.tf")) : join(".", found)],
        flatten(regexall("(?m)^    (azurerm_[a-z_.]+),$", file("../../modules/${file}/main.tf"))),
      )) == 0
    ])
    error_message = "A lock does not wait for what it would hold."
  }

  assert {
    condition     = output.namespace != null && length(regexall("azure_policy_enabled += true|balance_similar_node_groups", file("../../modules/aks-cluster/main.tf"))) == 0
    error_message = "The policies' add-on without an assignment, or a balance of one pool with itself: neither does anything."
  }

  # The versions that were tried. Modules say how far they would go along.
  assert {
    condition = output.namespace != null && alltrue([
      for environment in ["dev", "prod"] : flatten(regexall("  version += \"([^\"]+)\"", file("../../environments/${environment}/versions.tf"))) == ["5.10.0", "2.13.0"]
    ])
    error_message = "A provider that is not pinned."
  }

  assert {
    condition = output.namespace != null && alltrue([
      for file in fileset("../..", "{environments,modules}/*/*.tf") : alltrue([
        for block in regexall("(?ms)^(?:variable|output) \"[^\"]+\" \\{.*?^\\}", file("../../${file}")) :
        can(regex("\n  description += \"", block)) && (startswith(block, "output") || can(regex("\n  type +=", block)))
      ])
    ])
    error_message = "A variable without a type, or something that does not say what it is."
  }

  # Its condition refuses every other role, so Terraform would fail at the first one.
  assert {
    condition = output.namespace != null && length(setsubtract(
      flatten([for file in fileset("../..", "modules/*/*.tf") : regexall("(?:role_definition_name += |[\\[ ])\"((?:Key Vault|Azure|Container|Managed|Network) [A-Za-z ]+)\"", file("../../${file}"))]),
      flatten(regexall("(?m)^  \"([^\"]+)\"$", file("../../bootstrap.sh"))),
    )) == 0
    error_message = "A role that bootstrap.sh does not let Terraform give."
  }
}
