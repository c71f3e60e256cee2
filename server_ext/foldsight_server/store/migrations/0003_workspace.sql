-- The workspace: organisations, projects, and what people keep in them.

-- Sign-in is the hub's, so there is no password here.
ALTER TABLE users
    ADD COLUMN email         text,
    ADD COLUMN orcid         text,
    ADD COLUMN institution   text,
    ADD COLUMN department    text,
    ADD COLUMN avatar_url    text,
    ADD COLUMN auth_provider text,
    ADD COLUMN last_seen     timestamptz NOT NULL DEFAULT now();

CREATE TABLE organizations (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    institution text NOT NULL DEFAULT '',
    owner_id    text NOT NULL REFERENCES users (id),
    plan        text NOT NULL DEFAULT 'free',
    seat_count  integer NOT NULL DEFAULT 1 CHECK (seat_count >= 1),
    -- The group of the hub that fills this organisation, if one does.
    hub_group   text UNIQUE,
    region      text,
    settings    jsonb NOT NULL DEFAULT '{}',
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE org_members (
    org_id      uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id     text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role        text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin', 'owner')),
    joined      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX org_members_of_user ON org_members (user_id);

CREATE TABLE projects (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id    text NOT NULL REFERENCES users (id),
    org_id      uuid REFERENCES organizations (id) ON DELETE SET NULL,
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    visibility  text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'organisation', 'public')),
    -- Where predictions go when nobody names a project.
    personal    boolean NOT NULL DEFAULT false,
    forked_from uuid REFERENCES projects (id) ON DELETE SET NULL,
    -- What the original was at that moment; it stays when the original goes.
    fork_source jsonb,
    settings    jsonb NOT NULL DEFAULT '{}',
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now(),
    deleted     timestamptz,
    words       tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', translate(name, '_./|', '    ')), 'A')
        || setweight(to_tsvector('simple', description), 'C')) STORED
);
CREATE UNIQUE INDEX projects_personal ON projects (owner_id) WHERE personal;
CREATE INDEX projects_of_org ON projects (org_id);
CREATE INDEX projects_words ON projects USING gin (words);
CREATE INDEX projects_trash ON projects (deleted) WHERE deleted IS NOT NULL;

CREATE TABLE project_members (
    project_id  uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id     text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role        text NOT NULL CHECK (role IN ('viewer', 'commenter', 'editor', 'owner')),
    added_by    text NOT NULL,
    added       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX project_members_of_user ON project_members (user_id);

-- Whether a caller has any role in a project: policy.role_in as a condition; a test compares the two.
CREATE FUNCTION project_visible(project projects, caller text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT project.visibility = 'public'
        OR EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = project.id AND m.user_id = caller)
        OR EXISTS (SELECT 1 FROM org_members o WHERE o.org_id = project.org_id AND o.user_id = caller
                   AND (project.visibility = 'organisation' OR o.role IN ('admin', 'owner')))
$$;

CREATE TABLE structures (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id      uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_by      text NOT NULL REFERENCES users (id),
    name            text NOT NULL,
    -- Protein chains in order, joined by a colon.
    sequence        text NOT NULL,
    sequence_length integer NOT NULL,
    sequence_hash   text NOT NULL,
    organism        text,
    uniprot         text,
    pdb_id          text,
    origin          text NOT NULL,
    engine          text,
    job_id          uuid REFERENCES jobs (id) ON DELETE SET NULL,
    confidence_kind text,
    confidence_mean real,
    -- Files in the object store as [{name, bytes, digest}]; the structure is the one so named.
    files           jsonb NOT NULL,
    bytes           bigint NOT NULL,
    -- The structure of another project that this one was forked from.
    forked_from     uuid REFERENCES structures (id) ON DELETE SET NULL,
    created         timestamptz NOT NULL DEFAULT now(),
    updated         timestamptz NOT NULL DEFAULT now(),
    deleted         timestamptz,
    words           tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', translate(name, '_./|', '    ')), 'A')
        || setweight(to_tsvector('simple', coalesce(uniprot, '') || ' ' || coalesce(pdb_id, '')), 'A')
        || setweight(to_tsvector('simple', coalesce(organism, '')), 'B')) STORED
);
CREATE INDEX structures_of_project ON structures (project_id, created DESC, id DESC);
CREATE INDEX structures_of_sequence ON structures (sequence_hash);
CREATE INDEX structures_words ON structures USING gin (words);
CREATE INDEX structures_trash ON structures (deleted) WHERE deleted IS NOT NULL;
CREATE INDEX structures_files ON structures USING gin (files jsonb_path_ops);
CREATE UNIQUE INDEX structures_of_job ON structures (project_id, job_id) WHERE job_id IS NOT NULL;

CREATE TABLE tags (
    structure_id uuid NOT NULL REFERENCES structures (id) ON DELETE CASCADE,
    name         text NOT NULL,
    PRIMARY KEY (structure_id, name)
);
CREATE INDEX tags_by_name ON tags (name);

CREATE TABLE alignments (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id      uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_by      text NOT NULL REFERENCES users (id),
    reference_id    uuid NOT NULL REFERENCES structures (id) ON DELETE CASCADE,
    mobile_id       uuid NOT NULL REFERENCES structures (id) ON DELETE CASCADE,
    method          text NOT NULL,
    -- TM-scores by the length of each, RMSD in angstrom over so many aligned residues.
    by_reference    real NOT NULL,
    by_mobile       real NOT NULL,
    rmsd            real NOT NULL,
    aligned         integer NOT NULL,
    -- Rotation (3, 3) and translation (3,) that lay the mobile structure on the reference.
    rotation        jsonb NOT NULL,
    translation     jsonb NOT NULL,
    per_residue     jsonb,
    created         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alignments_of_project ON alignments (project_id, created DESC, id DESC);
CREATE INDEX alignments_reference ON alignments (reference_id);
CREATE INDEX alignments_mobile ON alignments (mobile_id);

CREATE TABLE binding_sites (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id      uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    structure_id    uuid NOT NULL REFERENCES structures (id) ON DELETE CASCADE,
    created_by      text NOT NULL REFERENCES users (id),
    method          text NOT NULL,
    rank            integer NOT NULL,
    -- Residues as they are written everywhere: A:25, B:25A.
    residues        text[] NOT NULL,
    volume          real,
    druggability    real,
    hydrophobicity  real,
    enclosure       real,
    facts           jsonb NOT NULL DEFAULT '{}',
    created         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX binding_sites_of_project ON binding_sites (project_id, created DESC, id DESC);
CREATE INDEX binding_sites_of_structure ON binding_sites (structure_id, rank);

CREATE TABLE variant_analyses (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id      uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    structure_id    uuid NOT NULL REFERENCES structures (id) ON DELETE CASCADE,
    created_by      text NOT NULL REFERENCES users (id),
    method          text NOT NULL,
    -- [{variant, ddg, word, ...}]; ddG in kcal/mol, above zero destabilises.
    variants        jsonb NOT NULL,
    facts           jsonb NOT NULL DEFAULT '{}',
    created         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX variant_analyses_of_project ON variant_analyses (project_id, created DESC, id DESC);
CREATE INDEX variant_analyses_of_structure ON variant_analyses (structure_id);

-- A searchable copy: the shared rooms own annotations and write this after each change.
CREATE TABLE annotations (
    project_id  uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    id          text NOT NULL,
    structure_id uuid REFERENCES structures (id) ON DELETE CASCADE,
    layer       text NOT NULL DEFAULT 'default',
    residues    text NOT NULL,
    kind        text NOT NULL,
    body        text NOT NULL DEFAULT '',
    color       text,
    author_id   text,
    updated     timestamptz NOT NULL DEFAULT now(),
    words       tsvector GENERATED ALWAYS AS (to_tsvector('simple', body || ' ' || kind)) STORED,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX annotations_words ON annotations USING gin (words);
CREATE INDEX annotations_of_structure ON annotations (structure_id);

-- Discussion of a project or of one structure; replies on one annotation live in its room.
CREATE TABLE comments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    project_id  uuid NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    structure_id uuid REFERENCES structures (id) ON DELETE CASCADE,
    author_id   text NOT NULL REFERENCES users (id),
    body        text NOT NULL,
    -- The first comment of its thread; a reply to a reply belongs to the same thread.
    parent_id   uuid REFERENCES comments (id) ON DELETE CASCADE,
    residues    text,
    resolved    boolean NOT NULL DEFAULT false,
    created     timestamptz NOT NULL DEFAULT now(),
    updated     timestamptz NOT NULL DEFAULT now(),
    deleted     timestamptz,
    words       tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED
);
CREATE INDEX comments_of_project ON comments (project_id, created DESC, id DESC);
CREATE INDEX comments_of_thread ON comments (parent_id);
CREATE INDEX comments_words ON comments USING gin (words);

CREATE TABLE mentions (
    comment_id  uuid NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    user_id     text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seen        timestamptz,
    PRIMARY KEY (comment_id, user_id)
);
CREATE INDEX mentions_of_user ON mentions (user_id);

-- Predictions belong to a project, and to the account that pays for them.
ALTER TABLE jobs
    ADD COLUMN project_id uuid REFERENCES projects (id) ON DELETE SET NULL,
    ADD COLUMN account text;
INSERT INTO projects (owner_id, name, personal) SELECT id, 'Personal', true FROM users;
INSERT INTO project_members (project_id, user_id, role, added_by)
    SELECT id, owner_id, 'owner', owner_id FROM projects;
UPDATE jobs SET account = user_id,
    project_id = (SELECT id FROM projects WHERE owner_id = jobs.user_id AND personal);
ALTER TABLE jobs ALTER COLUMN account SET NOT NULL;
DROP INDEX jobs_in_flight;
CREATE UNIQUE INDEX jobs_in_flight ON jobs (user_id, cache_key, name, project_id) NULLS NOT DISTINCT
    WHERE state IN ('queued', 'running');
CREATE INDEX jobs_of_project ON jobs (project_id, created DESC, id DESC);

-- Each charge and refund as it was made; usage holds the sums that decide.
CREATE TABLE usage_records (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account     text NOT NULL,
    user_id     text NOT NULL,
    kind        text NOT NULL,
    quantity    double precision NOT NULL,
    period      date NOT NULL,
    job_id      uuid,
    facts       jsonb NOT NULL DEFAULT '{}',
    created     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX usage_records_of_account ON usage_records (account, period, created);

CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor       text NOT NULL,
    action      text NOT NULL,
    project_id  uuid,
    subject     text NOT NULL,
    facts       jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_of_project ON audit_log (project_id, id);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', tg_table_name USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER usage_records_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON usage_records
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Answers to requests that carry a key, so that a repeat changes nothing.
CREATE TABLE idempotency (
    user_id     text NOT NULL,
    key         text NOT NULL,
    fingerprint text NOT NULL,
    status      integer,
    answer      bytea,
    created     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_age ON idempotency (created);

-- Every object in the store; garbage collection holds the row while it removes the file.
CREATE TABLE objects (
    digest      text PRIMARY KEY,
    bytes       bigint NOT NULL,
    touched     timestamptz NOT NULL DEFAULT now()
);
INSERT INTO objects (digest, bytes)
    SELECT DISTINCT ON (item ->> 'digest') item ->> 'digest', (item ->> 'bytes')::bigint
    FROM (SELECT files FROM jobs UNION ALL SELECT files FROM results) held, jsonb_array_elements(held.files) item
    WHERE held.files IS NOT NULL;
CREATE INDEX jobs_files ON jobs USING gin (files jsonb_path_ops);
CREATE INDEX results_files ON results USING gin (files jsonb_path_ops);

-- Secrets that all replicas share, made by the first that needs one.
CREATE TABLE service_secrets (
    name        text PRIMARY KEY,
    value       bytea NOT NULL
);
