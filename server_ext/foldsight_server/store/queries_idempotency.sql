-- name: claim_key
-- Nothing comes back when the key is taken; one whose server died before it answered is taken over.
INSERT INTO idempotency (user_id, key, fingerprint) VALUES (%(user_id)s, %(key)s, %(fingerprint)s)
ON CONFLICT (user_id, key) DO UPDATE SET created = now()
    WHERE idempotency.status IS NULL AND idempotency.fingerprint = excluded.fingerprint
      AND idempotency.created < now() - make_interval(secs => %(stale)s)
RETURNING key;

-- name: answered
SELECT fingerprint, status, answer FROM idempotency WHERE user_id = %(user_id)s AND key = %(key)s;

-- name: keep_answer
UPDATE idempotency SET status = %(status)s, answer = %(answer)s WHERE user_id = %(user_id)s AND key = %(key)s;

-- name: drop_key
DELETE FROM idempotency WHERE user_id = %(user_id)s AND key = %(key)s AND status IS NULL;

-- name: forget_keys
DELETE FROM idempotency WHERE created < now() - make_interval(secs => %(age)s);
