-- name: note_objects
-- Before files are written. Waits while garbage collection removes the same object, which is then made anew.
INSERT INTO objects (digest, bytes) SELECT * FROM unnest(%(digests)s::text[], %(sizes)s::bigint[])
ON CONFLICT (digest) DO UPDATE SET touched = now();

-- name: secret
WITH made AS (
    INSERT INTO service_secrets (name, value) VALUES (%(name)s, %(value)s) ON CONFLICT (name) DO NOTHING RETURNING value)
SELECT value FROM made UNION ALL SELECT value FROM service_secrets WHERE name = %(name)s LIMIT 1;

-- name: unreferenced
SELECT o.digest FROM objects o
WHERE o.touched < now() - make_interval(secs => %(grace)s)
  AND NOT EXISTS (SELECT 1 FROM structures s
                  WHERE s.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
  AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
  AND NOT EXISTS (SELECT 1 FROM results r
                  WHERE r.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
ORDER BY o.touched LIMIT %(limit)s;

-- name: drop_object
-- Asks again what unreferenced asked; the row is locked until the file is gone.
DELETE FROM objects o
WHERE o.digest = %(digest)s AND o.touched < now() - make_interval(secs => %(grace)s)
  AND NOT EXISTS (SELECT 1 FROM structures s
                  WHERE s.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
  AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
  AND NOT EXISTS (SELECT 1 FROM results r
                  WHERE r.files @> jsonb_build_array(jsonb_build_object('digest', o.digest)))
RETURNING o.digest;

-- name: empty_trash
WITH projects_gone AS (
    DELETE FROM projects WHERE deleted < now() - make_interval(days => %(days)s) RETURNING id
), rooms_gone AS (
    DELETE FROM rooms WHERE id IN (SELECT id::text FROM projects_gone)
), structures_gone AS (
    DELETE FROM structures WHERE deleted < now() - make_interval(days => %(days)s) RETURNING id
)
SELECT (SELECT count(*) FROM projects_gone)::int AS projects, (SELECT count(*) FROM structures_gone)::int AS structures;

-- name: try_sweep
SELECT pg_try_advisory_xact_lock(7046029255) AS mine;

-- name: all_references
-- Every digest that something refers to.
SELECT DISTINCT item ->> 'digest' AS digest
FROM (SELECT files FROM structures UNION ALL SELECT files FROM jobs UNION ALL SELECT files FROM results) held,
     jsonb_array_elements(held.files) item
WHERE held.files IS NOT NULL;
