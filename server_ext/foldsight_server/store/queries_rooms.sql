-- name: make_room
INSERT INTO rooms (id, snapshot) VALUES (%(room)s, %(snapshot)s) ON CONFLICT (id) DO NOTHING;

-- name: room_state
SELECT head, squashed, snapshot FROM rooms WHERE id = %(room)s;

-- name: room_updates_after
SELECT seq, update FROM room_updates WHERE room = %(room)s AND seq > %(seq)s ORDER BY seq;

-- name: room_advance
-- Numbers for some updates; who comes next waits for this commit.
UPDATE rooms SET head = head + %(count)s, updated = now() WHERE id = %(room)s RETURNING head;

-- name: room_append
INSERT INTO room_updates (room, seq, author, update, touched)
VALUES (%(room)s, %(seq)s, %(author)s, %(update)s, %(touched)s);

-- name: announce_room
SELECT pg_notify('foldsight_room', %(head)s::text || ' ' || %(room)s::text);

-- name: lock_room
SELECT head, squashed FROM rooms WHERE id = %(room)s FOR UPDATE;

-- name: room_squash
UPDATE rooms SET snapshot = %(snapshot)s, squashed = %(head)s WHERE id = %(room)s;

-- name: room_condense
-- The audit of updates that are about to go: one row for what an author did to one thing in an hour.
INSERT INTO room_audit (room, author, what, hour, times, first, last)
SELECT room, author, what, date_trunc('hour', at), count(*), min(at), max(at)
FROM room_updates, unnest(touched) AS what
WHERE room = %(room)s AND seq <= %(head)s
GROUP BY room, author, what, date_trunc('hour', at)
ON CONFLICT (room, author, what, hour) DO UPDATE SET times = room_audit.times + excluded.times,
    first = least(room_audit.first, excluded.first), last = greatest(room_audit.last, excluded.last);

-- name: room_trim
DELETE FROM room_updates WHERE room = %(room)s AND seq <= %(head)s;

-- name: room_history
-- Who did what, newest first, squashed or not.
SELECT author, what, times, first, last FROM room_audit WHERE room = %(room)s
UNION ALL
SELECT author, what, 1, at, at FROM room_updates, unnest(touched) AS what WHERE room = %(room)s
ORDER BY last DESC LIMIT %(limit)s;

-- name: room_structure
-- The files of a structure that may be annotated in a project's room.
SELECT files FROM structures
WHERE id = %(structure)s AND project_id = %(project)s AND deleted IS NULL;
