-- How many requests an hour had. There is a row for every hour in which an instance ran, even if no request came.
CREATE TABLE request_hours (
    hour BIGINT PRIMARY KEY NOT NULL,
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    first_accepted_at BIGINT,
    last_accepted_at BIGINT
) WITHOUT ROWID;

-- Who sent the requests of a day. What is not known is an empty text, because keys hold no NULL; without an address a
-- row counts the callers that found no room of their own. A caller keeps its first instant from day to day.
CREATE TABLE callers (
    day BIGINT NOT NULL,
    token_id TEXT NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (address, agent, token_id, day)
) WITHOUT ROWID;
CREATE INDEX callers_by_day ON callers (day);

-- Pages ask which token was used last, and when tokens were replaced.
CREATE INDEX tokens_by_last_use ON tokens (last_used_at) WHERE last_used_at IS NOT NULL;
CREATE INDEX tokens_by_revocation ON tokens (revoked_at) WHERE replaced_by IS NOT NULL;
