ALTER TABLE server_admins DROP COLUMN password_generation;
