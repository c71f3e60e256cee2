-- name: own_organizations
-- Organisations of a person: who would take over, and how many others are in them.
SELECT g.id, g.name,
    (SELECT m.user_id FROM org_members m WHERE m.org_id = g.id AND m.role = 'admin' AND m.user_id <> %(user)s
     ORDER BY m.joined, m.user_id LIMIT 1) AS heir,
    (SELECT count(*) FROM org_members m WHERE m.org_id = g.id AND m.user_id <> %(user)s)::int AS others
FROM organizations g WHERE g.owner_id = %(user)s ORDER BY g.created, g.id;

-- name: own_projects
-- Projects of a person and who would take over: another owner, else the organisation's owner or, where that
-- is the same person, the admin who takes over there. The personal project goes with its person.
SELECT p.id, p.name, p.org_id, CASE WHEN NOT p.personal THEN coalesce(
    (SELECT m.user_id FROM project_members m WHERE m.project_id = p.id AND m.role = 'owner' AND m.user_id <> %(user)s
     ORDER BY m.added, m.user_id LIMIT 1),
    nullif(g.owner_id, %(user)s),
    (SELECT m.user_id FROM org_members m WHERE m.org_id = g.id AND m.role = 'admin' AND m.user_id <> %(user)s
     ORDER BY m.joined, m.user_id LIMIT 1)) END AS heir
FROM projects p LEFT JOIN organizations g ON g.id = p.org_id
WHERE p.owner_id = %(user)s ORDER BY p.created, p.id;

-- name: deletion_of
SELECT asked, due FROM account_deletions WHERE user_id = %(user)s;

-- name: ask_deletion
INSERT INTO account_deletions (user_id, due) VALUES (%(user)s, now() + make_interval(days => %(days)s))
ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING asked, due;

-- name: withdraw_deletion
DELETE FROM account_deletions WHERE user_id = %(user)s RETURNING user_id;

-- name: due_deletions
SELECT user_id FROM account_deletions WHERE due <= now() ORDER BY due LIMIT 20;

-- name: lock_due
-- It may have been withdrawn meanwhile, or taken by another server.
SELECT user_id FROM account_deletions WHERE user_id = %(user)s AND due <= now() FOR UPDATE SKIP LOCKED;

-- name: begin_forgetting
SELECT set_config('foldsight.forgets', 'yes', true);

-- name: pass_on_organization
WITH passed AS (UPDATE organizations SET owner_id = %(heir)s, updated = now() WHERE id = %(id)s RETURNING id)
UPDATE org_members SET role = 'owner' FROM passed WHERE org_id = passed.id AND user_id = %(heir)s;

-- name: drop_organization
WITH paid AS (DELETE FROM billing_accounts WHERE account = 'org:' || %(id)s::uuid)
DELETE FROM organizations WHERE id = %(id)s::uuid;

-- name: paying
-- Of a person and of organisations, those for which somebody still pays and will go on to.
SELECT account, customer, plan FROM billing_accounts
WHERE account = ANY(%(accounts)s) AND plan IS NOT NULL AND NOT cancels ORDER BY account;

-- name: pass_on_project
WITH passed AS (UPDATE projects SET owner_id = %(heir)s, updated = now() WHERE id = %(id)s RETURNING id)
INSERT INTO project_members (project_id, user_id, role, added_by) SELECT id, %(heir)s, 'owner', %(heir)s FROM passed
ON CONFLICT (project_id, user_id) DO UPDATE SET role = 'owner';

-- name: drop_projects
-- With their rooms, and with embeddings of sequences that nobody else keeps.
WITH hashes AS (
    SELECT DISTINCT sequence_hash FROM structures WHERE project_id = ANY(%(ids)s::uuid[])
), rooms_gone AS (
    DELETE FROM rooms WHERE id = ANY(%(ids)s::text[])
), embeddings_gone AS (
    DELETE FROM embeddings e USING hashes h WHERE e.sequence_hash = h.sequence_hash AND NOT EXISTS (
        SELECT 1 FROM structures s WHERE s.sequence_hash = h.sequence_hash AND s.project_id <> ALL(%(ids)s::uuid[]))
)
DELETE FROM projects WHERE id = ANY(%(ids)s::uuid[]);

-- name: drop_jobs
-- Those of no project that is left, and cached results that nobody else asked for.
WITH gone AS (DELETE FROM jobs WHERE user_id = %(user)s AND project_id IS NULL RETURNING cache_key)
DELETE FROM results r USING gone WHERE r.cache_key = gone.cache_key
    AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.cache_key = r.cache_key AND j.user_id <> %(user)s);

-- name: add_pseudonym
INSERT INTO users (id, name) VALUES (%(pseudonym)s, 'deleted account');

-- name: rename_everywhere
-- What stays in projects of others stays under the pseudonym.
WITH a AS (UPDATE structures SET created_by = %(pseudonym)s WHERE created_by = %(user)s),
b AS (UPDATE alignments SET created_by = %(pseudonym)s WHERE created_by = %(user)s),
c AS (UPDATE binding_sites SET created_by = %(pseudonym)s WHERE created_by = %(user)s),
d AS (UPDATE variant_analyses SET created_by = %(pseudonym)s WHERE created_by = %(user)s),
e AS (UPDATE comments SET author_id = %(pseudonym)s WHERE author_id = %(user)s),
f AS (UPDATE annotations SET author_id = %(pseudonym)s WHERE author_id = %(user)s),
g AS (UPDATE webhooks SET created_by = %(pseudonym)s WHERE created_by = %(user)s),
h AS (UPDATE project_members SET added_by = %(pseudonym)s WHERE added_by = %(user)s AND user_id <> %(user)s),
i AS (UPDATE room_updates SET author = %(pseudonym)s WHERE author = %(user)s),
j AS (UPDATE room_audit SET author = %(pseudonym)s WHERE author = %(user)s),
k AS (UPDATE usage SET account = %(pseudonym)s WHERE account = %(user)s),
l AS (UPDATE usage_records SET
          user_id = CASE WHEN user_id = %(user)s THEN %(pseudonym)s ELSE user_id END,
          account = CASE WHEN account = %(user)s THEN %(pseudonym)s ELSE account END
      WHERE user_id = %(user)s OR account = %(user)s),
m AS (DELETE FROM idempotency WHERE user_id = %(user)s),
n AS (DELETE FROM billing_accounts WHERE account = %(user)s),
o AS (UPDATE meter_events SET account = %(pseudonym)s WHERE account = %(user)s)
UPDATE jobs SET user_id = CASE WHEN user_id = %(user)s THEN %(pseudonym)s ELSE user_id END,
    account = CASE WHEN account = %(user)s THEN %(pseudonym)s ELSE account END
WHERE user_id = %(user)s OR account = %(user)s;

-- name: rename_in_audit
UPDATE audit_log SET
    actor = CASE WHEN actor = %(user)s THEN %(pseudonym)s ELSE actor END,
    subject = CASE WHEN subject = %(user)s THEN %(pseudonym)s ELSE subject END,
    facts = replace(facts::text, to_json(%(user)s::text)::text, to_json(%(pseudonym)s::text)::text)::jsonb
WHERE actor = %(user)s OR subject = %(user)s
   OR position(to_json(%(user)s::text)::text IN facts::text) > 0;

-- name: drop_user
DELETE FROM users WHERE id = %(user)s;

-- name: audit_entries
-- What the caller did, and what was done in what they answer for, oldest first.
SELECT a.id, a.at, a.actor, a.action, a.project_id, a.subject, a.facts FROM audit_log a
WHERE a.id > %(after)s AND (
    a.actor = %(caller)s
    OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = a.project_id AND m.user_id = %(caller)s
               AND m.role = 'owner')
    OR EXISTS (SELECT 1 FROM projects p JOIN org_members o ON o.org_id = p.org_id
               WHERE p.id = a.project_id AND o.user_id = %(caller)s AND o.role IN ('admin', 'owner'))
    OR EXISTS (SELECT 1 FROM org_members o WHERE o.org_id::text = a.subject AND o.user_id = %(caller)s
               AND o.role IN ('admin', 'owner')))
ORDER BY a.id LIMIT %(limit)s;

-- name: export_account
SELECT to_jsonb(u) AS row FROM users u WHERE id = %(user)s;

-- name: export_billing
SELECT to_jsonb(b) AS row FROM billing_accounts b WHERE account = %(user)s ORDER BY account LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_organizations
SELECT to_jsonb(g) || jsonb_build_object('role', m.role, 'joined', m.joined) AS row
FROM org_members m JOIN organizations g ON g.id = m.org_id WHERE m.user_id = %(user)s
ORDER BY g.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_projects
SELECT to_jsonb(p) - 'words' || jsonb_build_object('members', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('user', m.user_id, 'role', m.role, 'added', m.added)), '[]')
    FROM project_members m WHERE m.project_id = p.id)) AS row
FROM projects p WHERE p.owner_id = %(user)s ORDER BY p.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_structures
SELECT to_jsonb(s) - 'words' || jsonb_build_object('tags', (
    SELECT coalesce(jsonb_agg(t.name ORDER BY t.name), '[]') FROM tags t WHERE t.structure_id = s.id)) AS row
FROM structures s JOIN projects p ON p.id = s.project_id
WHERE p.owner_id = %(user)s OR s.created_by = %(user)s ORDER BY s.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_jobs
SELECT to_jsonb(j) - '{lease_owner,lease_until,sort_key,seq}'::text[] AS row
FROM jobs j WHERE j.user_id = %(user)s ORDER BY j.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_comments
SELECT to_jsonb(c) - 'words' AS row FROM comments c WHERE c.author_id = %(user)s
ORDER BY c.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_annotations
SELECT to_jsonb(a) - 'words' AS row FROM annotations a JOIN projects p ON p.id = a.project_id
WHERE a.author_id = %(user)s OR p.owner_id = %(user)s
ORDER BY a.project_id, a.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_alignments
SELECT to_jsonb(a) AS row FROM alignments a WHERE a.created_by = %(user)s
ORDER BY a.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_pockets
SELECT to_jsonb(b) AS row FROM binding_sites b WHERE b.created_by = %(user)s
ORDER BY b.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_variants
SELECT to_jsonb(v) AS row FROM variant_analyses v WHERE v.created_by = %(user)s
ORDER BY v.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_usage
SELECT to_jsonb(r) AS row FROM usage_records r WHERE r.user_id = %(user)s
ORDER BY r.id LIMIT %(limit)s OFFSET %(offset)s;

-- name: export_audit
SELECT to_jsonb(a) AS row FROM audit_log a WHERE a.actor = %(user)s ORDER BY a.id LIMIT %(limit)s OFFSET %(offset)s;
