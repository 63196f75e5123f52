output "pool_name" {
  description = "The pool's name, as a pipeline's `pool:` says it."
  value       = azurerm_managed_devops_pool.this.name
}
