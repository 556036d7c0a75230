ALTER TABLE activity DROP COLUMN actor_email;
