//! The tables, as both databases have them; `migrations/` makes them.

diesel::table! {
    orders (number) {
        number -> BigInt,
        date_uuid -> Text,
        user_id -> Text,
        store_code -> Text,
        product_code -> Text,
        product_quantity -> Integer,
        order_date -> Timestamp,
        shipping_date -> Nullable<Timestamp>,
        delivery_date -> Nullable<Timestamp>,
        cancelled_at -> Nullable<Timestamp>,
        card_brand -> Text,
        card_last4 -> Text,
        card_sealed -> Binary,
        card_seal_key -> SmallInt,
        card_hash -> Binary,
        card_hash_key -> SmallInt,
        flags -> SmallInt,
        unseen -> SmallInt,
        note -> Nullable<Text>,
        submission -> Nullable<Text>,
        version -> Integer,
        created_at -> Timestamp,
        created_by -> Text,
        updated_at -> Timestamp,
        updated_by -> Text,
    }
}

diesel::table! {
    order_events (order_number, version) {
        order_number -> BigInt,
        version -> Integer,
        at -> Timestamp,
        actor -> Text,
        kind -> Text,
        changes -> Nullable<Text>,
        submission -> Nullable<Text>,
        client -> Nullable<Text>,
        person_id -> Nullable<Integer>,
        act -> Nullable<Text>,
        detail -> Nullable<Text>,
        job -> Nullable<BigInt>,
    }
}

diesel::table! {
    order_warnings (order_number, kind) {
        order_number -> BigInt,
        kind -> Text,
        seen_by -> Nullable<Text>,
        seen_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    order_counts (period) {
        period -> Integer,
        orders -> BigInt,
    }
}

diesel::table! {
    kept_counts (kind, code, period) {
        kind -> Text,
        code -> Text,
        period -> Integer,
        orders -> BigInt,
        units -> BigInt,
        cancelled -> BigInt,
        dated -> BigInt,
        delivered -> BigInt,
    }
}

diesel::table! {
    card_keys (purpose, id) {
        purpose -> Text,
        id -> SmallInt,
        check_value -> Binary,
        registered_at -> Nullable<Timestamp>,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        message_id -> Text,
        endpoint -> Text,
        order_number -> BigInt,
        version -> Integer,
        kind -> Text,
        body -> Text,
        created_at -> Timestamp,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamp,
        claimed_until -> Nullable<Timestamp>,
        last_status -> Nullable<SmallInt>,
        last_error -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    saved_views (id) {
        id -> Integer,
        name -> Text,
        name_key -> Text,
        query -> Text,
        position -> Integer,
        version -> Integer,
        created_at -> Timestamp,
        created_by -> Text,
        updated_at -> Timestamp,
        updated_by -> Text,
    }
}

diesel::table! {
    people (id) {
        id -> Integer,
        issuer -> Text,
        subject -> Text,
        name -> Text,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        last_roles -> Nullable<Text>,
        disabled_at -> Nullable<Timestamp>,
        disabled_by -> Nullable<Text>,
        disabled_reason -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Integer,
        token_hash -> Binary,
        person_id -> Integer,
        roles -> Text,
        client -> Nullable<Text>,
        created_at -> Timestamp,
        seen_at -> Timestamp,
        ends_at -> Timestamp,
        browser -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Integer,
        token_hash -> Binary,
        state -> Text,
        nonce -> Text,
        verifier -> Text,
        return_path -> Text,
        ends_at -> Timestamp,
        claim -> Nullable<BigInt>,
        form -> Nullable<Binary>,
        form_until -> Nullable<Timestamp>,
    }
}

diesel::joinable!(sessions -> people (person_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, people);

diesel::table! {
    access_log (number) {
        number -> BigInt,
        id -> Text,
        at -> Timestamp,
        actor -> Text,
        client -> Nullable<Text>,
        kind -> Text,
        query -> Nullable<Text>,
        detail -> Nullable<Text>,
        person_id -> Nullable<Integer>,
        session_id -> Nullable<Integer>,
        subject_id -> Nullable<Integer>,
        subject -> Nullable<Text>,
    }
}

diesel::table! {
    access_outcomes (id) {
        id -> Text,
        at -> Timestamp,
        outcome -> Text,
        orders -> BigInt,
        reason -> Nullable<Text>,
        session_id -> Nullable<Integer>,
    }
}

diesel::table! {
    access_states (number) {
        number -> BigInt,
        state -> Text,
        at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(access_log, access_outcomes, access_states);

diesel::table! {
    jobs (id) {
        id -> BigInt,
        kind -> Text,
        details -> Text,
        submission -> Text,
        undoes -> Nullable<BigInt>,
        state -> Text,
        orders -> Integer,
        position -> Integer,
        changed -> Integer,
        left_out -> Integer,
        claimed_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        created_by -> Text,
        person_id -> Nullable<Integer>,
        client -> Nullable<Text>,
        ended_at -> Nullable<Timestamp>,
        reached -> Nullable<BigInt>,
        result -> Nullable<Text>,
    }
}

diesel::table! {
    job_orders (job_id, position) {
        job_id -> BigInt,
        position -> Integer,
        order_number -> BigInt,
        version -> Integer,
        outcome -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    imports (id) {
        id -> BigInt,
        file_name -> Text,
        bytes -> BigInt,
        pieces -> Integer,
        fingerprint -> Nullable<Text>,
        reading -> Nullable<Text>,
        mapping -> Nullable<Text>,
        revision -> Integer,
        survey -> Nullable<Text>,
        resume_at -> Nullable<Text>,
        counts -> Text,
        uploaded_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    import_pieces (import_id, nth) {
        import_id -> BigInt,
        nth -> Integer,
        seal_key -> SmallInt,
        sealed -> Binary,
    }
}

diesel::table! {
    import_mappings (header) {
        header -> Text,
        mapping -> Text,
        used_at -> Timestamp,
    }
}

diesel::table! {
    relocations (id) {
        id -> Integer,
        purpose -> Text,
        source -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(imports, jobs);
diesel::allow_tables_to_appear_in_same_query!(orders, job_orders);
diesel::allow_tables_to_appear_in_same_query!(orders, order_counts);
diesel::allow_tables_to_appear_in_same_query!(orders, order_events);
diesel::allow_tables_to_appear_in_same_query!(orders, order_warnings);
