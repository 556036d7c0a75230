-- The number of the entry for calendars that the mails about a new token carry. Tokens from before have none.
ALTER TABLE tokens ADD COLUMN calendar_sequence BIGINT;
