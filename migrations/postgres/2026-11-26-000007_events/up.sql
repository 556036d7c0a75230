-- A mail is about a token, or about something that happened once and has a key of its own.
ALTER TABLE mails ADD COLUMN event TEXT;
CREATE UNIQUE INDEX one_event_mail_for_an_admin ON mails (event, occasion, admin_id)
    WHERE event IS NOT NULL AND admin_id IS NOT NULL;
CREATE UNIQUE INDEX one_event_mail_for_an_address ON mails (event, occasion, address)
    WHERE event IS NOT NULL AND admin_id IS NULL;
CREATE INDEX open_event_mails ON mails (id)
    WHERE event IS NOT NULL AND sent_at IS NULL AND failed_at IS NULL;
