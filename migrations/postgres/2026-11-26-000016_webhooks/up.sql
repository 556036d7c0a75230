-- The page asks for the latest mails to each webhook.
CREATE INDEX mails_to_address ON mails (address, id) WHERE admin_id IS NULL;
