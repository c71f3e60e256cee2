-- name: structure_place
SELECT project_id FROM structures WHERE id = %(part)s;

-- name: structure_for
SELECT s.*, (SELECT coalesce(array_agg(t.name ORDER BY t.name), '{}') FROM tags t WHERE t.structure_id = s.id) AS tags
FROM structures s WHERE s.id = %(part)s AND s.project_id = %(id)s;

-- name: project_bytes
SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM structures WHERE project_id = %(id)s AND deleted IS NULL;

-- name: insert_structure
INSERT INTO structures (project_id, created_by, name, sequence, sequence_length, sequence_hash, organism, uniprot,
                        pdb_id, origin, engine, confidence_kind, confidence_mean, files, bytes)
VALUES (%(id)s, %(caller)s, %(name)s, %(sequence)s, %(sequence_length)s, %(sequence_hash)s, %(organism)s,
        %(uniprot)s, %(pdb_id)s, %(origin)s, %(engine)s, %(confidence_kind)s, %(confidence_mean)s, %(files)s,
        %(bytes)s)
RETURNING id;

-- name: list_structures
SELECT s.*, (SELECT coalesce(array_agg(t.name ORDER BY t.name), '{}') FROM tags t WHERE t.structure_id = s.id) AS tags
FROM structures s
WHERE s.project_id = %(id)s AND (s.deleted IS NOT NULL) = %(trash)s
  AND (%(tag)s::text IS NULL OR EXISTS (
      SELECT 1 FROM tags t WHERE t.structure_id = s.id AND t.name = %(tag)s))
  AND (%(at)s::timestamptz IS NULL OR (s.created, s.id) < (%(at)s, %(after)s::uuid))
ORDER BY s.created DESC, s.id DESC LIMIT %(limit)s;

-- name: update_structure
UPDATE structures SET name = coalesce(%(name)s, name), organism = coalesce(%(organism)s, organism),
    uniprot = coalesce(%(uniprot)s, uniprot), pdb_id = coalesce(%(pdb_id)s, pdb_id), updated = now()
WHERE id = %(part)s;

-- name: trash_structure
UPDATE structures SET deleted = now() WHERE id = %(part)s AND deleted IS NULL;

-- name: restore_structure
UPDATE structures SET deleted = NULL, updated = now() WHERE id = %(part)s AND deleted IS NOT NULL RETURNING id;

-- name: put_tag
INSERT INTO tags (structure_id, name) VALUES (%(part)s, %(tag)s) ON CONFLICT DO NOTHING;

-- name: drop_tag
DELETE FROM tags WHERE structure_id = %(part)s AND name = %(tag)s RETURNING name;

-- name: count_tags
SELECT count(*) AS n FROM tags WHERE structure_id = %(part)s;

-- name: list_predictions
SELECT jobs.*, CASE WHEN state = 'queued' THEN
    (SELECT count(*) FROM jobs ahead
     WHERE ahead.state = 'queued' AND (ahead.sort_key, ahead.seq) < (jobs.sort_key, jobs.seq))
    END AS position
FROM jobs
WHERE project_id = %(id)s AND (%(at)s::timestamptz IS NULL OR (created, jobs.id) < (%(at)s, %(after)s::uuid))
ORDER BY created DESC, jobs.id DESC LIMIT %(limit)s;

-- name: search
-- Whatever the caller may see, best match first. One branch for each kind of thing.
WITH asked AS (SELECT to_tsquery('simple', %(query)s) AS q),
mine AS MATERIALIZED (
    SELECT p.id FROM projects p WHERE p.deleted IS NULL AND (%(project)s::uuid IS NULL OR p.id = %(project)s)
      AND project_visible(p, %(caller)s)
), found AS (
    SELECT 'project' AS kind, p.id AS project_id, p.id::text AS id, NULL::uuid AS structure_id, p.name AS title,
           p.description AS text, ts_rank(p.words, q) AS rank, p.updated
    FROM projects p JOIN mine ON mine.id = p.id, asked WHERE p.words @@ q
    UNION ALL
    SELECT 'structure', s.project_id, s.id::text, s.id, s.name, coalesce(s.organism, ''), ts_rank(s.words, q), s.updated
    FROM structures s JOIN mine ON mine.id = s.project_id, asked WHERE s.words @@ q AND s.deleted IS NULL
    UNION ALL
    SELECT 'annotation', a.project_id, a.id, a.structure_id, a.residues, a.body, ts_rank(a.words, q), a.updated
    FROM annotations a JOIN mine ON mine.id = a.project_id
    LEFT JOIN structures s ON s.id = a.structure_id, asked WHERE a.words @@ q AND s.deleted IS NULL
    UNION ALL
    SELECT 'comment', c.project_id, c.id::text, c.structure_id, coalesce(c.residues, ''), c.body,
           ts_rank(c.words, q), c.updated
    FROM comments c JOIN mine ON mine.id = c.project_id
    LEFT JOIN structures s ON s.id = c.structure_id, asked
    WHERE c.words @@ q AND c.deleted IS NULL AND s.deleted IS NULL
    UNION ALL
    SELECT 'tag', s.project_id, s.id::text, s.id, s.name, t.name, 0.1, s.updated
    FROM tags t JOIN structures s ON s.id = t.structure_id JOIN mine ON mine.id = s.project_id, asked
    WHERE to_tsvector('simple', t.name) @@ q AND s.deleted IS NULL
)
SELECT * FROM found WHERE %(kind)s::text IS NULL OR kind = %(kind)s
ORDER BY rank DESC, updated DESC, id LIMIT %(limit)s OFFSET %(offset)s;
