-- name: insert_webhook
INSERT INTO webhooks (project_id, org_id, url, events, secret, created_by)
VALUES (%(project_id)s, %(org_id)s, %(url)s, %(events)s, %(secret)s, %(caller)s) RETURNING *;

-- name: webhook_place
SELECT project_id, org_id FROM webhooks WHERE id = %(webhook)s;

-- name: webhook_for
SELECT * FROM webhooks WHERE id = %(webhook)s FOR UPDATE;

-- name: list_webhooks
SELECT * FROM webhooks
WHERE project_id IS NOT DISTINCT FROM %(project_id)s AND org_id IS NOT DISTINCT FROM %(org_id)s
ORDER BY created, id;

-- name: update_webhook
-- Whoever enables it again gives it its days anew.
UPDATE webhooks SET url = coalesce(%(url)s, url), events = coalesce(%(events)s, events),
    disabled = CASE %(enabled)s::boolean WHEN true THEN NULL WHEN false THEN coalesce(disabled, now()) ELSE disabled END,
    note = CASE %(enabled)s::boolean WHEN true THEN '' WHEN false THEN 'disabled by ' || %(caller)s ELSE note END,
    failing_since = CASE WHEN %(enabled)s::boolean THEN NULL ELSE failing_since END
WHERE id = %(webhook)s RETURNING *;

-- name: delete_webhook
DELETE FROM webhooks WHERE id = %(webhook)s;

-- name: list_deliveries
SELECT * FROM webhook_deliveries
WHERE webhook_id = %(webhook)s AND (%(state)s::text IS NULL OR state = %(state)s)
  AND (%(at)s::timestamptz IS NULL OR (created, id) < (%(at)s, %(after)s::uuid))
ORDER BY created DESC, id DESC LIMIT %(limit)s;

-- name: replay_delivery
-- The same event once more, as a delivery of its own.
INSERT INTO webhook_deliveries (webhook_id, event_id, event, payload)
SELECT webhook_id, event_id, event, payload FROM webhook_deliveries
WHERE id = %(delivery)s AND webhook_id = %(webhook)s RETURNING *;

-- name: announce_webhook
SELECT pg_notify('foldsight_webhook', '');

-- name: claim_deliveries
-- Deliveries that are due, each to one server: until its lease ends nobody else takes it. Of one webhook
-- no more than its share of a minute, and few at a time, so that a slow one does not hold up the others.
WITH due AS (
    SELECT d.id, d.webhook_id, d.not_before,
        row_number() OVER (PARTITION BY d.webhook_id ORDER BY d.not_before, d.id) AS place,
        (SELECT count(*) FROM webhook_deliveries r
           WHERE r.webhook_id = d.webhook_id AND r.tried > clock_timestamp() - interval '1 minute') AS tried
    FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
    WHERE d.state = 'waiting' AND d.not_before <= clock_timestamp() AND w.disabled IS NULL
), chosen AS (
    SELECT d.id FROM webhook_deliveries d JOIN due ON due.id = d.id
    WHERE due.place <= %(each)s AND due.place + due.tried <= %(rate)s AND d.state = 'waiting' AND d.not_before <= clock_timestamp()
    ORDER BY due.not_before LIMIT %(limit)s FOR UPDATE OF d SKIP LOCKED
)
UPDATE webhook_deliveries d SET attempts = d.attempts + 1, tried = clock_timestamp(),
    not_before = clock_timestamp() + make_interval(secs => %(lease)s)
FROM chosen, webhooks w WHERE d.id = chosen.id AND w.id = d.webhook_id
RETURNING d.id, d.webhook_id, d.event, d.payload, d.attempts, w.url, w.secret;

-- name: delivered
WITH done AS (
    UPDATE webhook_deliveries SET state = 'delivered', status = %(status)s, error = NULL
    WHERE id = %(id)s AND attempts = %(attempts)s AND state = 'waiting' RETURNING webhook_id)
UPDATE webhooks SET failing_since = NULL FROM done WHERE webhooks.id = done.webhook_id AND failing_since IS NOT NULL;

-- name: not_delivered
-- Once more after a delay, or given up; a webhook that has failed for days, or says that it is gone, is disabled.
WITH tried AS (
    UPDATE webhook_deliveries SET status = %(status)s, error = %(error)s,
        state = CASE WHEN %(delay)s::float8 IS NULL THEN 'failed' ELSE 'waiting' END,
        not_before = clock_timestamp() + make_interval(secs => coalesce(%(delay)s::float8, 0))
    WHERE id = %(id)s AND attempts = %(attempts)s AND state = 'waiting' RETURNING webhook_id)
UPDATE webhooks SET failing_since = coalesce(failing_since, now()),
    disabled = CASE WHEN %(gone)s OR failing_since < now() - make_interval(days => %(days)s) THEN now() END,
    note = CASE WHEN %(gone)s THEN 'disabled: the receiver answered 410 Gone'
                WHEN failing_since < now() - make_interval(days => %(days)s)
                THEN 'disabled after ' || %(days)s || ' days of failures; the last: ' || %(error)s ELSE note END
FROM tried WHERE webhooks.id = tried.webhook_id AND webhooks.disabled IS NULL
RETURNING webhooks.id, webhooks.disabled;

-- name: forget_deliveries
DELETE FROM webhook_deliveries WHERE created < now() - make_interval(days => %(days)s);
