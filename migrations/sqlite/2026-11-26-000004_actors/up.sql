-- Names are not unique. What the address of an actor was before this is not known.
ALTER TABLE activity ADD COLUMN actor_email TEXT;
