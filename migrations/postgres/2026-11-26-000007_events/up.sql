-- A mail is about a token, or about something that happened once and has a key of its own.
ALTER TABLE mails ADD COLUMN event TEXT;
CREATE UNIQUE INDEX one_event_mail_for_an_admin ON mails (event, occasion, admin_id)
    WHERE event IS NOT NULL AND admin_id IS NOT NULL;
CREATE UNIQUE INDEX one_event_mail_for_an_address ON mails (event, occasion, address)
    WHERE event IS NOT NULL AND admin_id IS NULL;
CREATE INDEX mails_about_event ON mails (event, id) WHERE event IS NOT NULL;
CREATE INDEX open_event_mails ON mails (event)
    WHERE event IS NOT NULL AND sent_at IS NULL AND failed_at IS NULL;
-- Mails about tokens stay; the others are removed when they are old.
CREATE INDEX mails_by_time ON mails (due_at) WHERE token_id IS NULL;
