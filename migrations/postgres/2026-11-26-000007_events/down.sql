DROP INDEX mails_by_time;
DROP INDEX open_event_mails;
DROP INDEX mails_about_event;
DROP INDEX one_event_mail_for_an_address;
DROP INDEX one_event_mail_for_an_admin;
-- An older scimward does not know these kinds of mails.
DELETE FROM mails WHERE event IS NOT NULL OR occasion LIKE '%-early';
ALTER TABLE mails DROP COLUMN event;
