# The two identities' users in the database. Terraform can't reach the database (it has no public address) and should
# not administer it; an administrator runs this text once, when the tables are there. With the identity's id in its SID,
# SQL needs not ask Entra who that is, so the server needs no Directory Readers role.

locals {
  # A uuid's bytes as SQL Server stores them: the first three groups backwards.
  sids = {
    for name, identity in { serving = var.serving_identity, migrating = var.migrating_identity } : name => format("0x%s", upper(join("", [
      for position, group in split("-", identity.client_id) : position < 3 ? join("", reverse(regexall("..", group))) : group
    ])))
  }
}

output "users_sql" {
  description = "T-SQL that makes the users; run again, it changes nothing."
  value = templatefile("${path.module}/users.sql.tftpl", {
    serving       = var.serving_identity.name
    serving_sid   = local.sids.serving
    migrating     = var.migrating_identity.name
    migrating_sid = local.sids.migrating
  })
}
