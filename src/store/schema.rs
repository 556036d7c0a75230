//! The tables, once for both databases.

diesel::table! {
    locks (name) {
        name -> Text,
        taken -> BigInt,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    identity_provider (one) {
        one -> BigInt,
        provider -> Text,
        chosen_at -> BigInt,
        chosen_by_id -> Nullable<BigInt>,
        chosen_by -> Text,
    }
}

diesel::table! {
    server_admins (id) {
        id -> BigInt,
        name -> Text,
        email -> Text,
        email_key -> Text,
        password_hash -> Text,
        password_generation -> Text,
        active -> Bool,
        created_at -> BigInt,
        last_login_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    one_time_links (code_hash) {
        code_hash -> Text,
        purpose -> Text,
        name -> Nullable<Text>,
        email -> Nullable<Text>,
        created_by -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        admin_id -> Nullable<BigInt>,
        undelivered -> Nullable<Text>,
    }
}

diesel::table! {
    sessions (id_hash) {
        id_hash -> Text,
        admin_id -> BigInt,
        state -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        address -> Nullable<Text>,
        agent -> Nullable<Text>,
        proven_at -> BigInt,
        proof -> Text,
        passkey_id -> Nullable<BigInt>,
        proven_by -> Text,
        proven_passkey_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    passkeys (id) {
        id -> BigInt,
        admin_id -> BigInt,
        credential_id -> Text,
        credential -> Text,
        name -> Text,
        created_at -> BigInt,
        agent -> Nullable<Text>,
        last_used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> BigInt,
        admin_id -> BigInt,
        code_hash -> Text,
        created_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    second_steps (code_hash) {
        code_hash -> Text,
        admin_id -> BigInt,
        password_generation -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    used_challenges (challenge_hash) {
        challenge_hash -> Text,
        used_at -> BigInt,
    }
}

diesel::table! {
    login_failures (subject) {
        subject -> Text,
        failures -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    tokens (id) {
        id -> Text,
        hash -> Nullable<Text>,
        lifespan_months -> BigInt,
        generated_at -> BigInt,
        generated_by_id -> Nullable<BigInt>,
        generated_by -> Text,
        generated_from -> Nullable<Text>,
        generated_agent -> Nullable<Text>,
        expires_at -> BigInt,
        uncopied_at -> Nullable<BigInt>,
        kept_at -> Nullable<BigInt>,
        ends_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        revoked_by_id -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        replaced_by -> Nullable<Text>,
        first_used_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        last_used_from -> Nullable<Text>,
        last_used_agent -> Nullable<Text>,
        late_uses -> BigInt,
        late_used_at -> Nullable<BigInt>,
        late_used_from -> Nullable<Text>,
        position -> BigInt,
        generated_by_key -> Nullable<Text>,
        revoked_by_key -> Nullable<Text>,
        calendar_sequence -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        digest -> Nullable<Text>,
        name -> Text,
        scope -> Text,
        request_hash -> Nullable<Text>,
        created_at -> BigInt,
        created_by_id -> Nullable<BigInt>,
        created_by -> Text,
        expires_at -> BigInt,
        expiry_noted -> Bool,
        revoked_at -> Nullable<BigInt>,
        revoked_by_id -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        last_used_at -> Nullable<BigInt>,
        last_used_from -> Nullable<Text>,
        last_used_agent -> Nullable<Text>,
    }
}

diesel::table! {
    used_requests (id_hash) {
        id_hash -> Text,
        token_id -> Text,
        used_at -> BigInt,
    }
}

diesel::table! {
    activity (id) {
        id -> BigInt,
        at -> BigInt,
        kind -> Text,
        actor_id -> Nullable<BigInt>,
        actor -> Text,
        actor_email -> Nullable<Text>,
        address -> Nullable<Text>,
        agent -> Nullable<Text>,
        token_id -> Nullable<Text>,
        subject -> Nullable<Text>,
        detail -> Nullable<Text>,
        count -> BigInt,
        actor_key -> Nullable<Text>,
    }
}

diesel::table! {
    mails (id) {
        id -> BigInt,
        #[sql_name = "occasion"]
        kind -> Text,
        token_id -> Nullable<Text>,
        admin_id -> Nullable<BigInt>,
        address -> Text,
        due_at -> BigInt,
        attempts -> BigInt,
        claimed_at -> Nullable<BigInt>,
        first_tried_at -> Nullable<BigInt>,
        tried_at -> Nullable<BigInt>,
        next_try_at -> Nullable<BigInt>,
        sent_at -> Nullable<BigInt>,
        failed_at -> Nullable<BigInt>,
        answer -> Nullable<Text>,
        event -> Nullable<Text>,
    }
}

diesel::table! {
    request_hours (hour) {
        hour -> BigInt,
        accepted -> BigInt,
        refused -> BigInt,
        first_accepted_at -> Nullable<BigInt>,
        last_accepted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    callers (address, agent, token_id, day) {
        address -> Text,
        agent -> Text,
        token_id -> Text,
        day -> BigInt,
        accepted -> BigInt,
        refused -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
    }
}

diesel::table! {
    outages (id) {
        id -> BigInt,
        began_at -> BigInt,
        ended_at -> BigInt,
        is_told -> Bool,
        token_id -> Text,
        address -> Text,
        agent -> Nullable<Text>,
    }
}

diesel::table! {
    refused_groups (id) {
        id -> BigInt,
        period -> BigInt,
        reason -> Text,
        token_id -> Nullable<Text>,
        address -> Nullable<Text>,
        agent -> Nullable<Text>,
        looks_like_ours -> Bool,
        count -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        outage_id -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(mails, server_admins, sessions);
