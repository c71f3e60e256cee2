-- name: comment_place
SELECT project_id FROM comments WHERE id = %(part)s;

-- name: comment_for
SELECT c.*, u.name AS author FROM comments c JOIN users u ON u.id = c.author_id
WHERE c.id = %(part)s AND c.project_id = %(id)s;

-- name: insert_comment
INSERT INTO comments (project_id, structure_id, author_id, body, parent_id, residues)
VALUES (%(id)s, %(structure_id)s, %(caller)s, %(body)s, %(parent_id)s, %(residues)s) RETURNING id;

-- name: list_comments
-- Threads, newest first, each with its replies in order.
SELECT c.*, u.name AS author, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'author_id', r.author_id, 'author', ru.name,
        'body', CASE WHEN r.deleted IS NULL THEN r.body END, 'created', r.created, 'updated', r.updated)
        ORDER BY r.created, r.id), '[]')
    FROM comments r JOIN users ru ON ru.id = r.author_id WHERE r.parent_id = c.id) AS replies
FROM comments c JOIN users u ON u.id = c.author_id
WHERE c.project_id = %(id)s AND c.parent_id IS NULL
  AND (%(structure_id)s::uuid IS NULL OR c.structure_id = %(structure_id)s)
  AND (%(at)s::timestamptz IS NULL OR (c.created, c.id) < (%(at)s, %(after)s::uuid))
ORDER BY c.created DESC, c.id DESC LIMIT %(limit)s;

-- name: update_comment
UPDATE comments SET body = coalesce(%(body)s, body), resolved = coalesce(%(resolved)s, resolved), updated = now()
WHERE id = %(part)s;

-- name: delete_comment
UPDATE comments SET deleted = now() WHERE id = %(part)s AND deleted IS NULL;

-- name: mention
-- Only people who may see the project are told of it; nobody is told of what they wrote themselves.
INSERT INTO mentions (comment_id, user_id)
SELECT %(part)s, u.id FROM users u, projects p
WHERE p.id = %(id)s AND u.id = ANY(%(names)s) AND u.id <> %(caller)s AND project_visible(p, u.id)
ON CONFLICT DO NOTHING;

-- name: list_mentions
SELECT c.id, c.project_id, c.structure_id, c.parent_id, c.author_id, u.name AS author, c.body, c.created, m.seen
FROM mentions m JOIN comments c ON c.id = m.comment_id JOIN users u ON u.id = c.author_id
JOIN projects p ON p.id = c.project_id
WHERE m.user_id = %(caller)s AND c.deleted IS NULL AND p.deleted IS NULL AND project_visible(p, %(caller)s)
  AND (%(at)s::timestamptz IS NULL OR (c.created, c.id) < (%(at)s, %(after)s::uuid))
ORDER BY c.created DESC, c.id DESC LIMIT %(limit)s;

-- name: see_mentions
UPDATE mentions SET seen = now() WHERE user_id = %(caller)s AND seen IS NULL;

-- name: drop_annotations
DELETE FROM annotations WHERE project_id = %(id)s AND (%(only)s::text[] IS NULL OR id = ANY (%(only)s));

-- name: index_annotation
INSERT INTO annotations (project_id, id, structure_id, layer, residues, kind, body, color, author_id)
SELECT %(project_id)s, %(id)s, (SELECT s.id FROM structures s
                                WHERE s.id = %(structure_id)s::uuid AND s.project_id = %(project_id)s),
       %(layer)s, %(residues)s, %(kind)s, %(body)s, %(color)s, %(author_id)s
ON CONFLICT DO NOTHING;

-- name: list_annotations
SELECT * FROM annotations WHERE project_id = %(id)s AND (%(structure_id)s::uuid IS NULL OR structure_id = %(structure_id)s)
ORDER BY id;
