-- name: project_for
-- A project and the grounds on which the caller may have a role in it.
SELECT p.*, m.role AS member_role, o.role AS org_role, g.plan AS org_plan, g.region AS org_region,
    u.plan AS owner_plan
FROM projects p
JOIN users u ON u.id = p.owner_id
LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = %(caller)s
LEFT JOIN org_members o ON o.org_id = p.org_id AND o.user_id = %(caller)s
LEFT JOIN organizations g ON g.id = p.org_id
WHERE p.id = %(id)s;

-- name: lock_project
-- Writers take turns, and none writes into a project that is being thrown away.
SELECT id FROM projects WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: touch_project
UPDATE projects SET updated = now() WHERE id = %(id)s;

-- name: insert_project
INSERT INTO projects (owner_id, org_id, name, description, visibility, forked_from, fork_source)
VALUES (%(caller)s, %(org_id)s, %(name)s, %(description)s, %(visibility)s, %(forked_from)s, %(fork_source)s)
RETURNING id;

-- name: list_projects
-- Those of the caller and of their organisations; the public ones only when they are asked for.
SELECT p.*, m.role AS member_role, o.role AS org_role
FROM projects p
LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = %(caller)s
LEFT JOIN org_members o ON o.org_id = p.org_id AND o.user_id = %(caller)s
WHERE (p.deleted IS NOT NULL) = %(trash)s
  AND (m.role IS NOT NULL OR o.role IN ('admin', 'owner')
       OR (o.role IS NOT NULL AND p.visibility <> 'private')
       OR (%(public)s AND p.visibility = 'public'))
  AND (NOT %(trash)s OR m.role = 'owner' OR o.role IN ('admin', 'owner'))
  AND (%(at)s::timestamptz IS NULL OR (p.created, p.id) < (%(at)s, %(after)s::uuid))
ORDER BY p.created DESC, p.id DESC LIMIT %(limit)s;

-- name: update_project
UPDATE projects SET name = coalesce(%(name)s, name), description = coalesce(%(description)s, description),
    visibility = coalesce(%(visibility)s, visibility), updated = now()
WHERE id = %(id)s;

-- name: trash_project
UPDATE projects SET deleted = now() WHERE id = %(id)s AND NOT personal AND deleted IS NULL RETURNING id;

-- name: restore_project
UPDATE projects SET deleted = NULL, updated = now() WHERE id = %(id)s AND deleted IS NOT NULL RETURNING id;

-- name: list_members
SELECT m.user_id, u.name, m.role, m.added FROM project_members m JOIN users u ON u.id = m.user_id
WHERE m.project_id = %(id)s ORDER BY m.added, m.user_id;

-- name: known_user
SELECT id, name, plan FROM users WHERE id = %(user_id)s;

-- name: put_member
INSERT INTO project_members (project_id, user_id, role, added_by)
VALUES (%(id)s, %(user_id)s, %(role)s, %(caller)s)
ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role;

-- name: drop_member
DELETE FROM project_members WHERE project_id = %(id)s AND user_id = %(user_id)s RETURNING role;

-- name: count_owners
SELECT count(*) AS n FROM project_members WHERE project_id = %(id)s AND role = 'owner';

-- name: fork_contents
-- Structures with their tags and analyses, under new ids; files are shared, for they never change.
WITH mapping AS MATERIALIZED (
    SELECT id AS old, gen_random_uuid() AS new FROM structures
    WHERE project_id = %(source)s AND deleted IS NULL
), copied AS (
    INSERT INTO structures (id, project_id, created_by, name, sequence, sequence_length, sequence_hash, organism,
                            uniprot, pdb_id, origin, engine, confidence_kind, confidence_mean, files, bytes,
                            forked_from)
    SELECT m.new, %(id)s, %(caller)s, s.name, s.sequence, s.sequence_length, s.sequence_hash, s.organism,
           s.uniprot, s.pdb_id, s.origin, s.engine, s.confidence_kind, s.confidence_mean, s.files, s.bytes, s.id
    FROM mapping m JOIN structures s ON s.id = m.old
), tagged AS (
    INSERT INTO tags (structure_id, name) SELECT m.new, t.name FROM mapping m JOIN tags t ON t.structure_id = m.old
), aligned AS (
    INSERT INTO alignments (project_id, created_by, reference_id, mobile_id, method, by_reference, by_mobile,
                            rmsd, aligned, rotation, translation, per_residue, created)
    SELECT %(id)s, a.created_by, r.new, m.new, a.method, a.by_reference, a.by_mobile, a.rmsd, a.aligned,
           a.rotation, a.translation, a.per_residue, a.created
    FROM alignments a JOIN mapping r ON r.old = a.reference_id JOIN mapping m ON m.old = a.mobile_id
), sites AS (
    INSERT INTO binding_sites (project_id, structure_id, created_by, method, rank, residues, volume, druggability,
                               hydrophobicity, enclosure, facts, created)
    SELECT %(id)s, m.new, b.created_by, b.method, b.rank, b.residues, b.volume, b.druggability, b.hydrophobicity,
           b.enclosure, b.facts, b.created
    FROM binding_sites b JOIN mapping m ON m.old = b.structure_id
), analysed AS (
    INSERT INTO variant_analyses (project_id, structure_id, created_by, method, variants, facts, created)
    SELECT %(id)s, m.new, v.created_by, v.method, v.variants, v.facts, v.created
    FROM variant_analyses v JOIN mapping m ON m.old = v.structure_id
)
SELECT count(*) AS structures FROM mapping;

-- name: audit
INSERT INTO audit_log (actor, action, project_id, subject, facts)
VALUES (%(caller)s, %(action)s, %(project_id)s, %(subject)s, %(facts)s);

-- name: list_audit
SELECT id, at, actor, action, subject, facts FROM audit_log
WHERE project_id = %(id)s AND (%(after)s::bigint IS NULL OR id < %(after)s)
ORDER BY id DESC LIMIT %(limit)s;

-- name: lock_account
SELECT pg_advisory_xact_lock(hashtextextended('storage ' || %(account)s, 0));

-- name: stored_bytes
-- What an account keeps, the trash included: it comes back when it is restored.
SELECT coalesce(sum(s.bytes), 0)::bigint AS bytes FROM structures s JOIN projects p ON p.id = s.project_id
WHERE coalesce('org:' || p.org_id, p.owner_id) = %(account)s;
