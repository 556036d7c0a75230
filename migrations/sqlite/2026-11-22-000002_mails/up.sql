INSERT INTO locks (name, taken) VALUES ('mails', 0);

-- One row for each mail to one recipient; who sends it claims it first and confirms it afterwards.
CREATE TABLE mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    occasion TEXT NOT NULL,
    token_id TEXT REFERENCES tokens (id),
    admin_id BIGINT REFERENCES server_admins (id),
    address TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    claimed_at BIGINT,
    first_tried_at BIGINT,
    tried_at BIGINT,
    next_try_at BIGINT,
    sent_at BIGINT,
    failed_at BIGINT,
    answer TEXT
);
-- The database has the last word: nobody gets two mails about the same.
CREATE UNIQUE INDEX one_mail_for_an_admin ON mails (token_id, occasion, admin_id)
    WHERE admin_id IS NOT NULL;
CREATE UNIQUE INDEX one_mail_for_an_address ON mails (token_id, occasion, address)
    WHERE admin_id IS NULL;
CREATE INDEX open_mails ON mails (id) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX mails_to_admin ON mails (admin_id, id);
