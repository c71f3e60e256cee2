-- A job that kills its workers is told apart from one whose worker was lost by chance.
ALTER TABLE jobs ADD COLUMN worker_deaths integer NOT NULL DEFAULT 0;

-- The same request under another name is a job of its own; it waits for the first and takes its result.
DROP INDEX jobs_in_flight;
CREATE UNIQUE INDEX jobs_in_flight ON jobs (user_id, cache_key, name) WHERE state IN ('queued', 'running');
