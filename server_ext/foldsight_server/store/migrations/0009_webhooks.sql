-- Outbound webhooks: who is told of what, and the outbox. What happens writes into the outbox in its own
-- transaction, by triggers: nothing is told that did not happen, and nothing that did is forgotten.

CREATE TABLE webhooks (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id    uuid REFERENCES projects (id) ON DELETE CASCADE,
    org_id        uuid REFERENCES organizations (id) ON DELETE CASCADE,
    url           text NOT NULL,
    events        text[] NOT NULL,
    -- The signing key itself: a digest of it could sign nothing.
    secret        text NOT NULL,
    created_by    text NOT NULL,
    created       timestamptz NOT NULL DEFAULT clock_timestamp(),
    failing_since timestamptz,
    disabled      timestamptz,
    -- Why it was disabled.
    note          text NOT NULL DEFAULT '',
    CHECK ((project_id IS NULL) <> (org_id IS NULL))
);
CREATE INDEX webhooks_of_project ON webhooks (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX webhooks_of_org ON webhooks (org_id) WHERE org_id IS NOT NULL;

CREATE TABLE webhook_deliveries (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id  uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    -- The same for all webhooks that are told of one event, and for each replay.
    event_id    uuid NOT NULL,
    event       text NOT NULL,
    payload     jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts    integer NOT NULL DEFAULT 0,
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried       timestamptz,
    status      integer,
    error       text,
    created     timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (not_before) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook_id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_tried ON webhook_deliveries (webhook_id, tried);
CREATE INDEX webhook_deliveries_log ON webhook_deliveries (webhook_id, created DESC, id DESC);
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created);

-- Put an event into the outbox of every webhook that wants it. A receiver with ten thousand events
-- ahead of it is told of no more until it has taken some.
CREATE FUNCTION tell_webhooks(project uuid, what text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told uuid := gen_random_uuid();
BEGIN
    INSERT INTO webhook_deliveries (webhook_id, event_id, event, payload)
    SELECT w.id, told, what, jsonb_build_object('id', told, 'event', what, 'project', project,
        'created', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', facts)
    FROM webhooks w
    WHERE (w.project_id = project OR w.org_id = (SELECT org_id FROM projects WHERE id = project))
      AND w.disabled IS NULL AND what = ANY(w.events)
      AND (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries d
                                 WHERE d.webhook_id = w.id AND d.state = 'waiting' LIMIT 10000) held) < 10000;
    IF FOUND THEN
        PERFORM pg_notify('foldsight_webhook', '');
    END IF;
END $$;

CREATE FUNCTION tell_of_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_webhooks(NEW.project_id, CASE NEW.state WHEN 'done' THEN 'job.finished' ELSE 'job.failed' END,
        jsonb_build_object('job', NEW.id, 'name', NEW.name, 'kind', NEW.kind, 'engine', NEW.engine,
            'state', NEW.state, 'cached', NEW.cached, 'error', NEW.error ->> 'code'));
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_tell AFTER UPDATE OF state ON jobs FOR EACH ROW
    WHEN (NEW.state IN ('done', 'failed') AND OLD.state <> NEW.state) EXECUTE FUNCTION tell_of_job();
-- One that the cache answers is born done.
CREATE TRIGGER jobs_tell_born AFTER INSERT ON jobs FOR EACH ROW
    WHEN (NEW.state = 'done') EXECUTE FUNCTION tell_of_job();

CREATE FUNCTION tell_of_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_webhooks(NEW.project_id, 'comment.created', jsonb_build_object('comment', NEW.id,
        'structure', NEW.structure_id, 'parent', NEW.parent_id, 'author', NEW.author_id));
    RETURN NULL;
END $$;
CREATE TRIGGER comments_tell AFTER INSERT ON comments FOR EACH ROW EXECUTE FUNCTION tell_of_comment();

-- Annotations and their comments live in rooms; what an update added is told by what it touched.
CREATE FUNCTION tell_of_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry text;
    found text[];
BEGIN
    FOREACH entry IN ARRAY NEW.touched LOOP
        found := regexp_match(entry, '^add annotations/([^/]+)(?:/comments/([^/]+))?$');
        IF found IS NULL THEN
            CONTINUE;
        ELSIF found[2] IS NULL THEN
            PERFORM tell_webhooks(NEW.room::uuid, 'annotation.created',
                jsonb_build_object('room', NEW.room, 'annotation', found[1], 'author', NEW.author));
        ELSE
            PERFORM tell_webhooks(NEW.room::uuid, 'comment.created', jsonb_build_object('room', NEW.room,
                'annotation', found[1], 'comment', found[2], 'author', NEW.author));
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER room_updates_tell AFTER INSERT ON room_updates FOR EACH ROW
    WHEN (NEW.room ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') EXECUTE FUNCTION tell_of_update();
