-- name: org_for
SELECT g.*, m.role FROM organizations g
LEFT JOIN org_members m ON m.org_id = g.id AND m.user_id = %(caller)s WHERE g.id = %(id)s;

-- name: lock_org
SELECT id FROM organizations WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: insert_org
INSERT INTO organizations (name, institution, owner_id) VALUES (%(name)s, %(institution)s, %(caller)s) RETURNING id;

-- name: list_orgs
SELECT g.*, m.role FROM organizations g JOIN org_members m ON m.org_id = g.id
WHERE m.user_id = %(caller)s ORDER BY g.created, g.id;

-- name: put_org_member
INSERT INTO org_members (org_id, user_id, role) VALUES (%(id)s, %(user_id)s, %(role)s)
ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role;

-- name: drop_org_member
DELETE FROM org_members WHERE org_id = %(id)s AND user_id = %(user_id)s AND role <> 'owner' RETURNING user_id;

-- name: list_org_members
SELECT m.user_id, u.name, m.role, m.joined FROM org_members m JOIN users u ON u.id = m.user_id
WHERE m.org_id = %(id)s ORDER BY m.joined, m.user_id;
