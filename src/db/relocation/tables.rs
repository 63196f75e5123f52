//! Every table that is moved, in the order in which they refer to each other.
//!
//! This is the one list of them: a table or column that a migration adds has its place here, or is left behind for a reason.

use super::{Column, Kind, Table};

/// Rows of a batch, unless they are long or many.
const ROWS: usize = 4_000;

/// Tables whose rows are moved, each behind those that it refers to.
pub const TABLES: [Table; 17] = [
    Table {
        name: "card_keys",
        columns: &[
            text("purpose"),
            small("id"),
            bytes("check_value"),
            time("registered_at"),
            time("retired_at"),
        ],
        key: 2,
        is_numbered: false,
        batch: ROWS,
    },
    Table {
        name: "people",
        columns: &[
            integer("id"),
            text("issuer"),
            text("subject"),
            text("name"),
            time("created_at"),
            time("seen_at"),
            text("last_roles"),
            time("disabled_at"),
            text("disabled_by"),
            text("disabled_reason"),
        ],
        key: 1,
        is_numbered: true,
        batch: ROWS,
    },
    Table {
        name: "orders",
        columns: &[
            big("number"),
            text("date_uuid"),
            text("user_id"),
            text("store_code"),
            text("product_code"),
            integer("product_quantity"),
            time("order_date"),
            time("shipping_date"),
            time("delivery_date"),
            time("cancelled_at"),
            text("card_brand"),
            text("card_last4"),
            bytes("card_sealed"),
            small("card_seal_key"),
            bytes("card_hash"),
            small("card_hash_key"),
            small("flags"),
            small("unseen"),
            text("note"),
            text("submission"),
            integer("version"),
            time("created_at"),
            text("created_by"),
            time("updated_at"),
            text("updated_by"),
        ],
        key: 1,
        is_numbered: true,
        batch: ROWS,
    },
    Table {
        name: "order_events",
        columns: &[
            big("order_number"),
            integer("version"),
            time("at"),
            text("actor"),
            text("kind"),
            text("changes"),
            text("submission"),
            text("client"),
            integer("person_id"),
            text("act"),
            text("detail"),
            big("job"),
        ],
        key: 2,
        is_numbered: false,
        batch: ROWS,
    },
    Table {
        name: "order_warnings",
        columns: &[big("order_number"), text("kind"), text("seen_by"), time("seen_at")],
        key: 2,
        is_numbered: false,
        batch: ROWS,
    },
    Table {
        name: "order_counts",
        columns: &[integer("period"), big("orders")],
        key: 1,
        is_numbered: false,
        batch: 10_000,
    },
    Table {
        name: "kept_counts",
        columns: &[
            text("kind"),
            text("code"),
            integer("period"),
            big("orders"),
            big("units"),
            big("cancelled"),
            big("dated"),
            big("delivered"),
        ],
        key: 3,
        is_numbered: false,
        batch: 10_000,
    },
    Table {
        name: "outbox",
        columns: &[
            big("id"),
            text("message_id"),
            text("endpoint"),
            big("order_number"),
            integer("version"),
            text("kind"),
            text("body"),
            time("created_at"),
            text("state"),
            integer("attempts"),
            time("next_attempt_at"),
            time("claimed_until"),
            small("last_status"),
            text("last_error"),
            time("settled_at"),
        ],
        key: 1,
        is_numbered: true,
        batch: ROWS,
    },
    Table {
        name: "saved_views",
        columns: &[
            integer("id"),
            text("name"),
            text("name_key"),
            text("query"),
            integer("position"),
            integer("version"),
            time("created_at"),
            text("created_by"),
            time("updated_at"),
            text("updated_by"),
        ],
        key: 1,
        is_numbered: true,
        batch: ROWS,
    },
    Table {
        name: "access_log",
        columns: &[
            big("number"),
            text("id"),
            time("at"),
            text("actor"),
            text("client"),
            text("kind"),
            text("query"),
            text("detail"),
            integer("person_id"),
            integer("session_id"),
            integer("subject_id"),
            text("subject"),
        ],
        key: 1,
        is_numbered: true,
        batch: 1_000,
    },
    Table {
        name: "access_outcomes",
        columns: &[
            text("id"),
            time("at"),
            text("outcome"),
            big("orders"),
            text("reason"),
            integer("session_id"),
        ],
        key: 1,
        is_numbered: false,
        batch: ROWS,
    },
    Table {
        name: "access_states",
        columns: &[big("number"), text("state"), time("at")],
        key: 1,
        is_numbered: false,
        batch: ROWS,
    },
    Table {
        name: "jobs",
        columns: &[
            big("id"),
            text("kind"),
            text("details"),
            text("submission"),
            big("undoes"),
            text("state"),
            integer("orders"),
            integer("position"),
            integer("changed"),
            integer("left_out"),
            time("claimed_until"),
            time("created_at"),
            text("created_by"),
            integer("person_id"),
            text("client"),
            time("ended_at"),
            big("reached"),
            text("result"),
        ],
        key: 1,
        is_numbered: true,
        batch: ROWS,
    },
    Table {
        name: "job_orders",
        columns: &[
            big("job_id"),
            integer("position"),
            big("order_number"),
            integer("version"),
            text("outcome"),
            text("reason"),
        ],
        key: 2,
        is_numbered: false,
        batch: 10_000,
    },
    Table {
        name: "imports",
        columns: &[
            big("id"),
            text("file_name"),
            big("bytes"),
            integer("pieces"),
            text("fingerprint"),
            text("reading"),
            text("mapping"),
            integer("revision"),
            text("survey"),
            text("resume_at"),
            text("counts"),
            time("uploaded_at"),
            time("started_at"),
            time("erased_at"),
        ],
        key: 1,
        is_numbered: false,
        batch: 100,
    },
    Table {
        name: "import_pieces",
        columns: &[big("import_id"), integer("nth"), small("seal_key"), bytes("sealed")],
        key: 2,
        is_numbered: false,
        batch: 32,
    },
    Table {
        name: "import_mappings",
        columns: &[text("header"), text("mapping"), time("used_at")],
        key: 1,
        is_numbered: false,
        batch: 100,
    },
];

/// Tables that stay behind, but whose numbers are not to be given again: the access log has those of sessions.
pub const NUMBERED_AND_LEFT: [&str; 2] = ["sessions", "sign_ins"];

const fn small(name: &'static str) -> Column {
    Column { name, kind: Kind::Small }
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer }
}

const fn big(name: &'static str) -> Column {
    Column { name, kind: Kind::Big }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn time(name: &'static str) -> Column {
    Column { name, kind: Kind::Time }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes }
}

#[cfg(test)]
mod tests;
