DROP INDEX mails_to_address;
