-- Rooms of shared annotation: a snapshot, and the log of Yjs updates since.

CREATE TABLE rooms (
    id          text PRIMARY KEY,
    -- Number of the last update; the row is the lock that makes numbers gapless and in order of commit.
    head        bigint NOT NULL DEFAULT 0,
    -- Everything up to this update, as one.
    squashed    bigint NOT NULL DEFAULT 0,
    snapshot    bytea NOT NULL,
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE room_updates (
    room        text NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    seq         bigint NOT NULL,
    author      text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    update      bytea NOT NULL,
    -- What it touched, as "add annotations/x".
    touched     text[] NOT NULL,
    PRIMARY KEY (room, seq)
);

-- Who touched what, and when, of the updates that are squashed.
CREATE TABLE room_audit (
    room        text NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    author      text NOT NULL,
    what        text NOT NULL,
    hour        timestamptz NOT NULL,
    times       bigint NOT NULL,
    first       timestamptz NOT NULL,
    last        timestamptz NOT NULL,
    PRIMARY KEY (room, author, what, hour)
);
