-- Jobs, their results, and the cache of finished work.

CREATE TABLE users (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    plan        text NOT NULL DEFAULT 'embedded',
    created     timestamptz NOT NULL DEFAULT now()
);

-- One row per charge account and billing period; the row is the lock that makes quota exact.
CREATE TABLE usage (
    account     text NOT NULL,
    period      date NOT NULL,
    used        integer NOT NULL DEFAULT 0,
    PRIMARY KEY (account, period)
);

CREATE SEQUENCE job_order;

CREATE TABLE jobs (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id         text NOT NULL REFERENCES users (id),
    kind            text NOT NULL,
    name            text NOT NULL,
    engine          text NOT NULL,
    request         jsonb NOT NULL,
    cache_key       text NOT NULL,
    state           text NOT NULL DEFAULT 'queued'
                    CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- Smaller runs first: submission time less the plan's head start, so nobody starves.
    sort_key        double precision NOT NULL,
    seq             bigint NOT NULL DEFAULT nextval('job_order'),
    max_running     integer NOT NULL,
    not_before      timestamptz NOT NULL DEFAULT now(),
    progress        real NOT NULL DEFAULT 0,
    message         text NOT NULL DEFAULT '',
    -- attempts: the job's own faults; infra_retries: lost workers and leases.
    attempt         integer NOT NULL DEFAULT 0,
    attempts        integer NOT NULL DEFAULT 0,
    infra_retries   integer NOT NULL DEFAULT 0,
    lease_owner     text,
    lease_until     timestamptz,
    error           jsonb,
    files           jsonb,
    summary         jsonb,
    cached          boolean NOT NULL DEFAULT false,
    charged         boolean NOT NULL DEFAULT false,
    version         bigint NOT NULL DEFAULT 0,
    created         timestamptz NOT NULL DEFAULT now(),
    started         timestamptz,
    finished        timestamptz
);

CREATE INDEX jobs_waiting ON jobs (sort_key, seq) WHERE state = 'queued';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_of_user ON jobs (user_id, created DESC);
-- Identical requests in flight fold once.
CREATE UNIQUE INDEX jobs_in_flight ON jobs (user_id, cache_key) WHERE state IN ('queued', 'running');

CREATE TABLE results (
    cache_key   text PRIMARY KEY,
    files       jsonb NOT NULL,
    summary     jsonb NOT NULL,
    created     timestamptz NOT NULL DEFAULT now()
);
