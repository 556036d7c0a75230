-- The identity provider that the pages and mails speak of: one row at most.
CREATE TABLE identity_provider (
    one BIGINT PRIMARY KEY NOT NULL CHECK (one = 1),
    provider TEXT NOT NULL,
    chosen_at BIGINT NOT NULL,
    chosen_by_id BIGINT,
    chosen_by TEXT NOT NULL
);
