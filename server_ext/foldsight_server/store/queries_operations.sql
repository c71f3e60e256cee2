-- name: applied_migrations
SELECT array_agg(version) AS versions FROM schema_migrations;

-- name: lock_held
-- Whether some server holds the dispatching lock: an advisory lock on one bigint, told in two halves.
SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint = %(high)s
               AND objid::bigint = %(low)s AND objsubid = 1 AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS held;

-- name: queue_depth
SELECT state, plan, count(*)::int AS jobs FROM jobs WHERE state IN ('queued', 'running') GROUP BY state, plan;
