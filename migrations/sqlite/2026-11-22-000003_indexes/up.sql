-- Pages ask for the mails about one token, and when one was accepted and failed last.
CREATE INDEX mails_about_token ON mails (token_id, id);
CREATE INDEX mails_by_sent ON mails (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX mails_by_failed ON mails (failed_at) WHERE failed_at IS NOT NULL;
-- Mails about replaced tokens may stay open for good: those to send are found without them.
DROP INDEX open_mails;
CREATE INDEX open_mails ON mails (occasion, id) WHERE sent_at IS NULL AND failed_at IS NULL;
-- Strangers can fill this table; it is emptied in batches.
CREATE INDEX login_failures_by_time ON login_failures (last_at);
