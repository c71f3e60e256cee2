-- name: accounts
-- The caller's own account, and those of the organisations that they belong to.
SELECT %(caller)s AS account, NULL AS title, NULL AS plan
UNION ALL
SELECT 'org:' || g.id, g.name, g.plan FROM organizations g JOIN org_members m ON m.org_id = g.id
WHERE m.user_id = %(caller)s ORDER BY title NULLS FIRST, account;

-- name: used
SELECT coalesce(max(used), 0)::int AS used FROM usage
WHERE account = %(account)s AND period = date_trunc('month', now());

-- name: in_work
SELECT count(*) FILTER (WHERE state = 'queued')::int AS queued, count(*) FILTER (WHERE state = 'running')::int AS running
FROM jobs WHERE account = %(account)s AND state IN ('queued', 'running');

-- name: used_by_day
SELECT created::date AS day, sum(quantity)::int AS used FROM usage_records
WHERE account = %(account)s AND kind = 'prediction' AND period = date_trunc('month', now())
GROUP BY 1 ORDER BY 1;

-- name: used_by_person
SELECT r.user_id, u.name, sum(r.quantity)::int AS used FROM usage_records r LEFT JOIN users u ON u.id = r.user_id
WHERE r.account = %(account)s AND r.kind = 'prediction' AND r.period = date_trunc('month', now())
GROUP BY 1, 2 ORDER BY 3 DESC, 1;

-- name: period
SELECT date_trunc('month', now())::date AS start, (date_trunc('month', now()) + interval '1 month')::date AS next;

-- name: place_in_queue
-- How many jobs would go before one that is submitted now, by the plan's head start.
SELECT count(*)::int AS ahead FROM jobs
WHERE state = 'queued' AND sort_key < extract(epoch FROM clock_timestamp()) - %(head_start)s;
