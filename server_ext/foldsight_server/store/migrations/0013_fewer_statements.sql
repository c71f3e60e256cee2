-- What each job needs, as functions: one statement in place of several round trips.

-- The caller, known from now on, and the project that takes predictions for which nobody named one, which is
-- returned. A row that says so already is not written again with every call. The plan counts where others
-- predict in the caller's projects; null where it is not at hand.
CREATE FUNCTION know_caller(caller text, caller_name text, own_plan text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO users (id, name, plan) VALUES (caller, caller_name, coalesce(own_plan, 'free'))
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, last_seen = now(), plan = coalesce(own_plan, users.plan)
    WHERE users.name <> excluded.name OR users.plan <> own_plan OR users.last_seen < now() - interval '1 hour';
    IF NOT EXISTS (SELECT 1 FROM projects WHERE owner_id = caller AND personal) THEN
        WITH made AS (
            INSERT INTO projects (owner_id, name, personal) VALUES (caller, 'Personal', true)
            ON CONFLICT (owner_id) WHERE personal DO NOTHING RETURNING id, owner_id)
        INSERT INTO project_members (project_id, user_id, role, added_by)
        SELECT id, owner_id, 'owner', owner_id FROM made;
    END IF;
    RETURN (SELECT id FROM projects WHERE owner_id = caller AND personal);
END $$;

-- The structure of a finished prediction, put into its project; once, also when it comes from the cache again.
CREATE FUNCTION deposit(job uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO structures (project_id, created_by, name, sequence, sequence_length, sequence_hash, origin,
                            engine, job_id, confidence_kind, confidence_mean, files, bytes)
    SELECT j.project_id, j.user_id, j.name, j.request ->> 'sequence',
           length(replace(j.request ->> 'sequence', ':', '')),
           encode(sha256(convert_to(j.request ->> 'sequence', 'UTF8')), 'hex'),
           j.summary ->> 'origin', j.summary ->> 'engine', j.id,
           j.summary #>> '{confidence,kind}', (j.summary #>> '{confidence,mean}')::float8, j.files,
           (SELECT coalesce(sum((item ->> 'bytes')::bigint), 0) FROM jsonb_array_elements(j.files) item)
    FROM jobs j JOIN projects p ON p.id = j.project_id AND p.deleted IS NULL
    WHERE j.id = job AND j.kind = 'fold' AND j.summary ->> 'origin' IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM structures s WHERE s.project_id = j.project_id AND s.name = j.name AND s.deleted IS NULL
            AND s.files = j.files)
    ON CONFLICT DO NOTHING;
END $$;
