-- Whose password a link is for, and why its mail did not arrive. Of older links that is not known.
ALTER TABLE one_time_links ADD COLUMN admin_id BIGINT;
ALTER TABLE one_time_links ADD COLUMN undelivered TEXT;
