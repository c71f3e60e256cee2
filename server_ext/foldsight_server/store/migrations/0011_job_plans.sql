-- The plan under which a job was queued, for what is counted by plan; a plan may change later.
ALTER TABLE jobs ADD COLUMN plan text;
