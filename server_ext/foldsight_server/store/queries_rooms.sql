-- name: make_room
INSERT INTO rooms (id, snapshot) VALUES (%(room)s, %(snapshot)s) ON CONFLICT (id) DO NOTHING;

-- name: room_state
SELECT head, squashed, snapshot FROM rooms WHERE id = %(room)s;

-- name: room_updates_after
SELECT seq, update FROM room_updates WHERE room = %(room)s AND seq > %(seq)s ORDER BY seq;

-- name: room_append
-- Some updates under the next numbers, and the news of it, in one trip: a person waits for the answer.
-- Who comes next to the same room waits for this commit. What was touched comes one to a line.
WITH room AS (
    UPDATE rooms SET head = head + cardinality(%(authors)s::text[]), updated = now()
    WHERE id = %(room)s RETURNING id, head
), added AS (
    INSERT INTO room_updates (room, seq, author, update, touched)
    SELECT room.id, room.head - cardinality(%(authors)s::text[]) + item.number, item.author, item.update,
        string_to_array(item.touched, E'\n')
    FROM room, unnest(%(authors)s::text[], %(updates)s::bytea[], %(touched)s::text[])
        WITH ORDINALITY AS item (author, update, touched, number)
)
SELECT head, pg_notify('foldsight_room', head::text || ' ' || id) FROM room;

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
