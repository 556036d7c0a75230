-- When the window that showed a token was closed before it was copied.
ALTER TABLE tokens ADD COLUMN uncopied_at BIGINT;

-- Times in which sync stood still, if a mail told of them or they were long.
CREATE TABLE outages (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    is_told BOOLEAN NOT NULL,
    token_id TEXT NOT NULL REFERENCES tokens (id),
    address TEXT NOT NULL,
    agent TEXT
);
CREATE INDEX outages_by_end ON outages (ended_at);

-- What was refused since the last accepted request, in groups. period is when the state of the tokens began in which it
-- was refused. A group ends with the next accepted request and is kept while it belongs to an outage.
CREATE TABLE refused_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    period BIGINT NOT NULL,
    reason TEXT NOT NULL,
    token_id TEXT,
    address TEXT,
    agent TEXT,
    looks_like_ours BOOLEAN NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    ended_at BIGINT,
    outage_id BIGINT REFERENCES outages (id)
);
CREATE INDEX refused_groups_by_end ON refused_groups (ended_at, last_at);
CREATE INDEX refused_groups_by_outage ON refused_groups (outage_id) WHERE outage_id IS NOT NULL;

-- What is usual on the connection is learnt from the hours in which requests were accepted.
CREATE INDEX request_hours_accepted ON request_hours (hour) WHERE first_accepted_at IS NOT NULL;

-- A replaced token and one that was revoked without a replacement are told apart from now on.
UPDATE activity SET subject = 'replaced' WHERE kind = 'requests_refused' AND subject = 'revoked'
    AND token_id IN (SELECT id FROM tokens WHERE replaced_by IS NOT NULL);
