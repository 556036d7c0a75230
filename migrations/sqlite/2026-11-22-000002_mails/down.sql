DROP TABLE mails;
DELETE FROM locks WHERE name = 'mails';
