ALTER TABLE tokens DROP COLUMN calendar_sequence;
