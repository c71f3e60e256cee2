-- Paid plans: who is a customer at Stripe, what Stripe has told of, and predictions beyond an allowance.

CREATE TABLE billing_accounts (
    -- A person's id or org:<uuid>, as in usage.
    account      text PRIMARY KEY,
    customer     text NOT NULL UNIQUE,
    -- What was read at Stripe last; plan is set while it is paid for.
    subscription text,
    status       text,
    plan         text,
    seats        integer NOT NULL DEFAULT 1 CHECK (seats >= 1),
    -- The subscription ends with the period.
    cancels      boolean NOT NULL DEFAULT false,
    period_end   timestamptz,
    -- Predictions of a period beyond the allowance that whoever pays has agreed to.
    beyond       integer NOT NULL DEFAULT 0 CHECK (beyond >= 0),
    read         timestamptz,
    created      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX billing_accounts_read ON billing_accounts (read) WHERE subscription IS NOT NULL;

-- Events by their ids alone: what they say is read again at Stripe, so that neither their order nor a
-- repeat matters. One that concerns nobody here is applied as it comes.
CREATE TABLE stripe_events (
    id          text PRIMARY KEY,
    kind        text NOT NULL,
    customer    text,
    received    timestamptz NOT NULL DEFAULT clock_timestamp(),
    applied     timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX stripe_events_waiting ON stripe_events (customer, not_before) WHERE applied IS NULL;
CREATE INDEX stripe_events_age ON stripe_events (received);

-- Predictions beyond an allowance, until Stripe has counted them; one row for each, written with its charge.
CREATE TABLE meter_events (
    -- Stripe counts what it has counted by this name no second time.
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account     text NOT NULL,
    customer    text NOT NULL,
    period      date NOT NULL,
    job_id      uuid NOT NULL,
    state       text NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'sent', 'withdrawing', 'withdrawn', 'lost')),
    attempts    integer NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When it was tried first, and when it was asked back: Stripe remembers names and takes events back for a day.
    tried       timestamptz,
    created     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX meter_events_due ON meter_events (not_before) WHERE state IN ('waiting', 'withdrawing');
CREATE INDEX meter_events_of_account ON meter_events (account, period, created);

-- What an organisation has without a subscription.
ALTER TABLE organizations ADD COLUMN base_plan text NOT NULL DEFAULT 'free';
UPDATE organizations SET base_plan = plan;
