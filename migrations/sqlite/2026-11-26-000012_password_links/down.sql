-- An older scimward knows neither these links, mails nor entries.
DELETE FROM one_time_links WHERE purpose = 'password';
DELETE FROM mails WHERE occasion IN ('password-link', 'password-link-used');
DELETE FROM activity WHERE kind IN ('password_link_sent', 'password_link_used');
ALTER TABLE one_time_links DROP COLUMN undelivered;
ALTER TABLE one_time_links DROP COLUMN admin_id;
