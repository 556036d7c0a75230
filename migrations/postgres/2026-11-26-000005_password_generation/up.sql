-- Names the password: a new one has another name, the same one with another hash keeps its own.
ALTER TABLE server_admins ADD COLUMN password_generation TEXT NOT NULL DEFAULT '';
