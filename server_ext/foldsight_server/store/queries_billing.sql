-- name: billing_of
SELECT * FROM billing_accounts WHERE account = ANY(%(accounts)s);

-- name: paid_plan
SELECT plan FROM billing_accounts WHERE account = %(account)s AND plan IS NOT NULL;

-- name: put_customer
-- Whoever comes second keeps the first one's customer.
INSERT INTO billing_accounts (account, customer) VALUES (%(account)s, %(customer)s)
ON CONFLICT (account) DO UPDATE SET account = excluded.account RETURNING *;

-- name: agree_beyond
UPDATE billing_accounts SET beyond = %(beyond)s WHERE account = %(account)s AND plan IS NOT NULL RETURNING *;

-- name: note_event
-- Once, however often it comes; what concerns nobody here needs no work.
INSERT INTO stripe_events (id, kind, customer, applied)
VALUES (%(id)s, %(kind)s, %(customer)s, CASE WHEN %(followed)s AND EXISTS (
    SELECT 1 FROM billing_accounts WHERE customer = %(customer)s) THEN NULL ELSE clock_timestamp() END)
ON CONFLICT (id) DO NOTHING RETURNING applied;

-- name: announce_billing
SELECT pg_notify('foldsight_billing', '');

-- name: due_account
-- An account of which Stripe has told, or that was not looked at for a day; to one server at a time, which
-- holds it while it reads: what is written is what was read last.
SELECT b.* FROM billing_accounts b
WHERE EXISTS (SELECT 1 FROM stripe_events e
              WHERE e.customer = b.customer AND e.applied IS NULL AND e.not_before <= clock_timestamp())
   OR (b.subscription IS NOT NULL AND b.read < now() - interval '1 day')
ORDER BY b.read NULLS FIRST, b.account LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: waiting_events
SELECT id FROM stripe_events WHERE customer = %(customer)s AND applied IS NULL;

-- name: events_applied
UPDATE stripe_events SET applied = clock_timestamp(), attempts = attempts + 1 WHERE id = ANY(%(ids)s);

-- name: put_standing
UPDATE billing_accounts SET subscription = %(subscription)s, status = %(status)s, plan = %(plan)s, seats = %(seats)s,
    cancels = %(cancels)s, period_end = %(period_end)s, read = clock_timestamp()
WHERE account = %(account)s;

-- name: put_org_plan
UPDATE organizations SET plan = coalesce(%(plan)s, base_plan), seat_count = %(seats)s, updated = now()
WHERE 'org:' || id = %(account)s RETURNING id;

-- name: postpone_account
-- Stripe did not answer: later and later, at most an hour.
WITH later AS (
    UPDATE stripe_events SET attempts = attempts + 1,
        not_before = clock_timestamp() + make_interval(secs => least(5 * 2 ^ least(attempts, 10), 3600))
    WHERE customer = %(customer)s AND applied IS NULL)
UPDATE billing_accounts SET read = greatest(read, now() - interval '23 hours') WHERE customer = %(customer)s;

-- name: charge_beyond
-- One prediction beyond the allowance, as far as whoever pays has agreed, and what Stripe is to be told of it.
WITH taken AS (
    UPDATE usage u SET used = u.used + 1 FROM billing_accounts b
    WHERE u.account = %(account)s AND u.period = date_trunc('month', now()) AND b.account = u.account
      AND b.plan IS NOT NULL AND u.used < %(limit)s + b.beyond RETURNING u.period, b.customer
), noted AS (
    INSERT INTO usage_records (account, user_id, kind, quantity, period, job_id)
    SELECT %(account)s, %(user_id)s, 'prediction', 1, period, %(id)s FROM taken
), metered AS (
    INSERT INTO meter_events (account, customer, period, job_id)
    SELECT %(account)s, customer, period, %(id)s FROM taken RETURNING job_id)
SELECT job_id, pg_notify('foldsight_billing', '') FROM metered;

-- name: agreed_beyond
SELECT beyond FROM billing_accounts WHERE account = %(account)s AND plan IS NOT NULL;

-- name: claim_meter
UPDATE meter_events SET attempts = attempts + 1, tried = coalesce(tried, clock_timestamp()),
    not_before = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id IN (SELECT id FROM meter_events WHERE state IN ('waiting', 'withdrawing') AND not_before <= clock_timestamp()
             ORDER BY not_before LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
RETURNING id, customer, state, attempts, created, tried < clock_timestamp() - make_interval(secs => %(patience)s) AS late;

-- name: meter_state
UPDATE meter_events SET state = %(state)s, not_before = clock_timestamp() WHERE id = %(id)s AND state = %(was)s;

-- name: meter_later
UPDATE meter_events SET not_before = clock_timestamp() + make_interval(secs => %(delay)s)
WHERE id = %(id)s AND state IN ('waiting', 'withdrawing');

-- name: forget_billing_events
-- Stripe repeats an event for three days at most.
WITH a AS (DELETE FROM stripe_events WHERE applied < now() - interval '30 days')
DELETE FROM meter_events WHERE state IN ('sent', 'withdrawn') AND created < now() - interval '400 days';
