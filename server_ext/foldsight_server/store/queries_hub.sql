-- name: hub_organization
-- The organisation that a group of the Hub fills; the operator's file says its name, plan and owner. A plan
-- that is paid for stays.
INSERT INTO organizations (name, owner_id, plan, base_plan, hub_group, seat_count, region)
VALUES (%(name)s, %(owner)s, coalesce(%(plan)s, %(default_plan)s), coalesce(%(plan)s, %(default_plan)s), %(group)s, 1,
        %(region)s)
ON CONFLICT (hub_group) DO UPDATE
SET name = excluded.name, owner_id = excluded.owner_id, base_plan = coalesce(%(plan)s, organizations.base_plan),
    plan = CASE WHEN EXISTS (SELECT 1 FROM billing_accounts b
                             WHERE b.account = 'org:' || organizations.id AND b.plan IS NOT NULL)
           THEN organizations.plan ELSE coalesce(%(plan)s, organizations.base_plan) END,
    region = excluded.region, updated = now()
WHERE organizations.name <> excluded.name OR organizations.owner_id <> excluded.owner_id
   OR organizations.base_plan <> coalesce(%(plan)s, organizations.base_plan)
   OR organizations.region IS DISTINCT FROM excluded.region;

-- name: hub_known_user
-- An owner or account that has not signed in yet.
INSERT INTO users (id, name) VALUES (%(user_id)s, %(user_name)s) ON CONFLICT (id) DO NOTHING;

-- name: hub_owner
-- There is one owner; who was it before stays as a member.
WITH former AS (
    UPDATE org_members m SET role = 'member' FROM organizations g
    WHERE g.hub_group = %(group)s AND m.org_id = g.id AND m.role = 'owner' AND m.user_id <> %(owner)s)
INSERT INTO org_members (org_id, user_id, role)
SELECT id, %(owner)s, 'owner' FROM organizations WHERE hub_group = %(group)s
ON CONFLICT (org_id, user_id) DO UPDATE SET role = 'owner' WHERE org_members.role <> 'owner';

-- name: hub_account
INSERT INTO org_members (org_id, user_id, role)
SELECT id, %(account)s, 'member' FROM organizations WHERE hub_group = %(group)s
ON CONFLICT (org_id, user_id) DO NOTHING;

-- name: hub_join
-- Whoever was made an admin here stays one.
INSERT INTO org_members (org_id, user_id, role)
SELECT id, %(user_id)s, 'member' FROM organizations WHERE hub_group = ANY(%(groups)s)
ON CONFLICT (org_id, user_id) DO NOTHING RETURNING org_id::text;

-- name: hub_leave
-- Out of organisations of the Hub whose group they have left.
DELETE FROM org_members m USING organizations g
WHERE m.org_id = g.id AND m.user_id = %(user_id)s AND m.role <> 'owner'
  AND g.hub_group IS NOT NULL AND g.hub_group <> ALL(%(groups)s) RETURNING m.org_id::text;

-- name: hub_payer
SELECT 'org:' || id AS account, plan FROM organizations WHERE hub_group = %(group)s;

-- name: put_ticket
INSERT INTO hub_tickets (digest, caller, ends) VALUES (%(digest)s, %(caller)s, now() + %(lifetime)s);

-- name: take_ticket
-- Once, whichever replica is asked; what has ended goes with it.
WITH ended AS (DELETE FROM hub_tickets WHERE ends < now() AND digest <> %(digest)s)
DELETE FROM hub_tickets WHERE digest = %(digest)s RETURNING caller, ends >= now() AS good;
