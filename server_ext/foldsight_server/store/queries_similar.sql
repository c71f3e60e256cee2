-- name: unembedded
-- Sequences of structures that have no embedding of this kind yet.
SELECT DISTINCT ON (s.sequence_hash) s.sequence_hash, s.sequence FROM structures s
WHERE s.deleted IS NULL
  AND NOT EXISTS (SELECT 1 FROM embeddings e WHERE e.kind = %(kind)s AND e.sequence_hash = s.sequence_hash)
  AND NOT EXISTS (SELECT 1 FROM embeddings_refused r
                  WHERE r.kind = %(kind)s AND r.sequence_hash = s.sequence_hash)
LIMIT %(limit)s;

-- name: keep_embedding
INSERT INTO embeddings (kind, sequence_hash, embedding) VALUES (%(kind)s, %(sequence_hash)s, %(embedding)s::halfvec)
ON CONFLICT DO NOTHING;

-- name: refuse_embedding
INSERT INTO embeddings_refused (kind, sequence_hash) VALUES (%(kind)s, %(sequence_hash)s) ON CONFLICT DO NOTHING;

-- name: keep_library_embedding
INSERT INTO library_embeddings (kind, entry, title, organism, length, embedding)
VALUES (%(kind)s, %(entry)s, %(title)s, %(organism)s, %(length)s, %(embedding)s::halfvec)
ON CONFLICT (kind, entry) DO UPDATE SET title = excluded.title, organism = excluded.organism,
    length = excluded.length, embedding = excluded.embedding;

-- name: library_entries
SELECT entry FROM library_embeddings WHERE kind = %(kind)s;

-- name: library_size
-- Counted no further than it matters.
SELECT count(*)::int AS n FROM (
    SELECT 1 FROM library_embeddings WHERE kind = %(kind)s LIMIT %(enough)s) held;

-- name: visible_projects
-- Looked up first: with their ids at hand the planner starts from their structures, not from everybody's.
SELECT coalesce(array_agg(p.id), '{}') AS projects FROM projects p
WHERE p.deleted IS NULL AND (%(project)s::uuid IS NULL OR p.id = %(project)s) AND project_visible(p, %(caller)s);

-- name: visible_size
SELECT count(*)::int AS n FROM (
    SELECT 1 FROM structures s WHERE s.project_id = ANY(%(projects)s) AND s.deleted IS NULL LIMIT %(enough)s) held;

-- name: library_exact
SELECT entry, title, organism, length, 1 - (embedding <=> %(query)s::halfvec) AS cosine
FROM library_embeddings WHERE kind = %(kind)s ORDER BY embedding <=> %(query)s::halfvec, entry LIMIT %(k)s;

-- name: library_near
-- The nearest by their signs, from the graph; ranked by the whole vectors.
WITH near AS MATERIALIZED (
    SELECT entry, title, organism, length, embedding FROM library_embeddings WHERE kind = %(kind)s
    ORDER BY binary_quantize(embedding)::bit(1280) <~> binary_quantize(%(query)s::halfvec)::bit(1280) LIMIT %(ef)s)
SELECT entry, title, organism, length, 1 - (embedding <=> %(query)s::halfvec) AS cosine
FROM near ORDER BY embedding <=> %(query)s::halfvec, entry LIMIT %(k)s;

-- name: visible_exact
-- Every structure that the caller may see is compared: none can be missed.
WITH seen AS MATERIALIZED (
    SELECT s.id, s.project_id, s.name, s.organism, s.sequence_length, s.sequence_hash FROM structures s
    WHERE s.project_id = ANY(%(projects)s) AND s.deleted IS NULL)
SELECT seen.*, 1 - (e.embedding <=> %(query)s::halfvec) AS cosine
FROM seen JOIN embeddings e ON e.kind = %(kind)s AND e.sequence_hash = seen.sequence_hash
ORDER BY e.embedding <=> %(query)s::halfvec, seen.id LIMIT %(k)s;

-- name: visible_near
-- Walks the graph until enough of what it meets is visible.
WITH near AS MATERIALIZED (
    SELECT s.id, s.project_id, s.name, s.organism, s.sequence_length, e.embedding
    FROM embeddings e JOIN structures s ON s.sequence_hash = e.sequence_hash
    WHERE e.kind = %(kind)s AND s.deleted IS NULL AND s.project_id = ANY(%(projects)s)
    ORDER BY binary_quantize(e.embedding)::bit(1280) <~> binary_quantize(%(query)s::halfvec)::bit(1280)
    LIMIT %(ef)s)
SELECT id, project_id, name, organism, sequence_length, 1 - (embedding <=> %(query)s::halfvec) AS cosine
FROM near ORDER BY embedding <=> %(query)s::halfvec, id LIMIT %(k)s;
