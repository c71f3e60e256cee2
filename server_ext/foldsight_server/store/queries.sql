-- name: known_caller
SELECT know_caller(%(user_id)s, %(user_name)s, %(own_plan)s);

-- name: charge
-- One prediction of the period, if it is left: count and limit in one statement, and the record of it.
WITH taken AS (
    INSERT INTO usage (account, period, used)
    SELECT %(account)s, date_trunc('month', now()), 1 WHERE %(limit)s > 0
    ON CONFLICT (account, period) DO UPDATE SET used = usage.used + 1 WHERE usage.used < %(limit)s
    RETURNING period)
INSERT INTO usage_records (account, user_id, kind, quantity, period, job_id)
SELECT %(account)s, %(user_id)s, 'prediction', 1, period, %(id)s FROM taken RETURNING job_id;

-- name: refund
-- Give back one prediction of a job that the platform failed; charged turns false with it.
WITH freed AS (
    UPDATE jobs SET charged = false WHERE id = %(id)s AND charged RETURNING id, account, user_id, created
), noted AS (
    INSERT INTO usage_records (account, user_id, kind, quantity, period, job_id)
    SELECT account, user_id, 'prediction', -1, date_trunc('month', created), id FROM freed
), beyond AS (
    -- Where predictions beyond the allowance were charged in that period, one of these is given back.
    UPDATE meter_events SET state = CASE WHEN attempts = 0 THEN 'withdrawn' ELSE 'withdrawing' END,
        tried = clock_timestamp()
    WHERE id = (SELECT m.id FROM meter_events m JOIN freed
                ON m.account = freed.account AND m.period = date_trunc('month', freed.created)
                WHERE m.state IN ('waiting', 'sent') ORDER BY m.created DESC LIMIT 1 FOR UPDATE OF m SKIP LOCKED)
)
UPDATE usage SET used = greatest(used - 1, 0) FROM freed
WHERE usage.account = freed.account AND usage.period = date_trunc('month', freed.created);

-- name: cached
SELECT files, summary FROM results WHERE cache_key = %(cache_key)s;

-- name: insert_done
-- A job that the cache answers.
WITH caller AS MATERIALIZED (SELECT know_caller(%(user_id)s, %(user_name)s, %(own_plan)s) AS own), made AS (
    INSERT INTO jobs (user_id, kind, name, engine, request, cache_key, state, sort_key, max_running, progress,
                      message, files, summary, cached, started, finished, version, account, plan, project_id)
    SELECT %(user_id)s, %(kind)s, %(name)s, %(engine)s, %(request)s, %(cache_key)s, 'done', 0, 1, 1,
           'from the cache', %(files)s, %(summary)s, true, now(), now(), 1, %(account)s, %(plan)s,
           coalesce(%(project_id)s, caller.own) FROM caller
    RETURNING *)
SELECT made.*, NULL AS position, deposit(made.id) FROM made;

-- name: forget
-- A cached result whose files are gone.
DELETE FROM results WHERE cache_key = %(cache_key)s;

-- name: insert_queued
-- Nothing comes back when an equal request is answered already and need not be anew, and when the same request
-- of the same user under the same name and for the same project is in flight.
WITH caller AS MATERIALIZED (SELECT know_caller(%(user_id)s, %(user_name)s, %(own_plan)s) AS own), made AS (
    INSERT INTO jobs (user_id, kind, name, engine, request, cache_key, sort_key, max_running, charged, account,
                      plan, project_id)
    SELECT %(user_id)s, %(kind)s, %(name)s, %(engine)s, %(request)s, %(cache_key)s,
           extract(epoch FROM clock_timestamp()) - %(head_start)s, %(max_running)s, %(charged)s, %(account)s,
           %(plan)s, coalesce(%(project_id)s, caller.own) FROM caller
    WHERE %(afresh)s OR NOT EXISTS (SELECT 1 FROM results WHERE cache_key = %(cache_key)s)
    ON CONFLICT (user_id, cache_key, name, project_id) WHERE state IN ('queued', 'running') DO NOTHING
    RETURNING *)
SELECT made.*, pg_notify('foldsight_work', ''),
    (SELECT count(*) FROM jobs ahead
     WHERE ahead.state = 'queued' AND (ahead.sort_key, ahead.seq) < (made.sort_key, made.seq)) AS position
FROM made;

-- name: in_flight
SELECT id FROM jobs
WHERE user_id = %(user_id)s AND cache_key = %(cache_key)s AND name = %(name)s
  AND project_id = coalesce(%(project_id)s, (SELECT id FROM projects WHERE owner_id = %(user_id)s AND personal))
  AND state IN ('queued', 'running');

-- name: announce_job
SELECT pg_notify('foldsight_job', %(id)s::text || ' ' || %(state)s::text);

-- name: get
-- A job of the caller or of a project that they may see, and how many jobs wait before it.
SELECT jobs.*, CASE WHEN state = 'queued' THEN
    (SELECT count(*) FROM jobs ahead
     WHERE ahead.state = 'queued' AND (ahead.sort_key, ahead.seq) < (jobs.sort_key, jobs.seq))
    END AS position
FROM jobs WHERE id = %(id)s AND (user_id = %(user_id)s OR EXISTS (
    SELECT 1 FROM projects p
    WHERE p.id = jobs.project_id AND p.deleted IS NULL AND project_visible(p, %(user_id)s)));

-- name: list
SELECT jobs.*, CASE WHEN state = 'queued' THEN
    (SELECT count(*) FROM jobs ahead
     WHERE ahead.state = 'queued' AND (ahead.sort_key, ahead.seq) < (jobs.sort_key, jobs.seq))
    END AS position
FROM jobs
WHERE user_id = %(user_id)s AND (%(state)s::text IS NULL OR state = %(state)s)
ORDER BY created DESC, seq DESC LIMIT %(limit)s;

-- name: cancel
UPDATE jobs SET state = 'cancelled', finished = clock_timestamp(), message = 'cancelled',
    lease_owner = NULL, lease_until = NULL, version = version + 1
WHERE id = %(id)s AND user_id = %(user_id)s AND state IN ('queued', 'running')
RETURNING id, engine, cached, summary, extract(epoch FROM finished - started)::float8 AS ran;

-- name: announce_cancel
SELECT pg_notify('foldsight_cancel', %(id)s::text);

-- name: claim
-- The next job: its user is below the cap, and nobody is folding the same request now. One row always: the
-- job or nulls, whether its result is known, whether others wait and are due, and in how many seconds the next
-- will be.
WITH taken AS (UPDATE jobs SET state = 'running', attempt = attempt + 1, lease_owner = %(owner)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    started = coalesce(started, clock_timestamp()), message = 'waiting for a worker', version = version + 1
WHERE id = (
    SELECT j.id FROM jobs j
    WHERE j.state = 'queued' AND j.not_before <= clock_timestamp()
      AND (SELECT count(*) FROM jobs r WHERE r.state = 'running' AND r.user_id = j.user_id) < j.max_running
      AND NOT EXISTS (SELECT 1 FROM jobs r WHERE r.state = 'running' AND r.cache_key = j.cache_key)
    ORDER BY j.sort_key, j.seq
    FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING id, attempt, request, cache_key, plan, extract(epoch FROM started - created)::float8 AS waited)
SELECT taken.*, EXISTS (SELECT 1 FROM results r WHERE r.cache_key = taken.cache_key) AS known, others.*,
    CASE WHEN taken.id IS NOT NULL THEN pg_notify('foldsight_job', taken.id::text || ' running') END
FROM (SELECT) always LEFT JOIN taken ON true CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS waiting, coalesce(bool_or(j.not_before <= clock_timestamp()), false) AS due,
        extract(epoch FROM min(j.not_before) FILTER (WHERE j.not_before > clock_timestamp())
                - clock_timestamp())::float8 AS due_in
    FROM jobs j WHERE j.state = 'queued' AND j.id IS DISTINCT FROM taken.id) others;

-- name: progress
WITH noted AS (
    UPDATE jobs SET progress = %(progress)s, message = %(message)s, version = version + 1
    WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running' RETURNING id)
SELECT pg_notify('foldsight_job', id::text || ' running') FROM noted;

-- name: finish
-- Fenced: only the present attempt of a running job can end it. What lasts is remembered for equal requests.
WITH done AS (
    UPDATE jobs SET state = 'done', progress = 1, message = %(message)s, files = %(files)s, summary = %(summary)s,
        cached = %(cached)s, finished = clock_timestamp(), lease_owner = NULL, lease_until = NULL,
        version = version + 1
    WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
    RETURNING id, engine, cached, summary, files, extract(epoch FROM finished - started)::float8 AS ran
), kept AS (
    INSERT INTO results (cache_key, files, summary) SELECT %(cache_key)s, files, summary FROM done WHERE %(keep)s
    ON CONFLICT (cache_key) DO NOTHING)
SELECT id, engine, cached, summary, ran, deposit(id), pg_notify('foldsight_job', id::text || ' done') FROM done;

-- name: tally
-- The faults of a run so far. Fenced like finish; the row stays locked until the verdict is written.
SELECT attempts, infra_retries, worker_deaths FROM jobs
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
FOR UPDATE;

-- name: after_fault
-- The verdict on a run that went wrong: queued again after a delay, or failed.
UPDATE jobs SET state = %(state)s, attempts = %(attempts)s, infra_retries = %(infra_retries)s,
    worker_deaths = %(worker_deaths)s, message = %(message)s, progress = 0,
    error = CASE WHEN %(state)s = 'failed' THEN %(error)s::jsonb END,
    finished = CASE WHEN %(state)s = 'failed' THEN clock_timestamp() END,
    not_before = clock_timestamp() + make_interval(secs => %(delay)s),
    lease_owner = NULL, lease_until = NULL, version = version + 1
WHERE id = %(id)s AND attempt = %(attempt)s AND state = 'running'
RETURNING engine, cached, summary, extract(epoch FROM finished - started)::float8 AS ran;

-- name: renew
-- Prolong the leases of a dispatcher; what does not come back is no longer its own to run.
UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE lease_owner = %(owner)s AND state = 'running'
RETURNING id, attempt;

-- name: orphans
-- Runs whose lease has run out, and all runs of other dispatchers when this one has just taken over.
SELECT id, attempt FROM jobs
WHERE state = 'running' AND lease_owner IS DISTINCT FROM %(owner)s
  AND (lease_until < clock_timestamp() OR %(all)s);

-- name: waiting
-- Seconds until the next job may run, null when none waits.
SELECT extract(epoch FROM min(not_before) - clock_timestamp())::float FROM jobs WHERE state = 'queued';

-- name: busy
SELECT count(*) FROM jobs WHERE state IN ('queued', 'running');
