-- A browser signed in through the Hub opens a websocket with a ticket: good once, for a minute, at any replica.
CREATE TABLE hub_tickets (
    digest      bytea PRIMARY KEY,
    caller      jsonb NOT NULL,
    ends        timestamptz NOT NULL
);
CREATE INDEX hub_tickets_ends ON hub_tickets (ends);
