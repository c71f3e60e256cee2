-- Accounts that are to go, and when.
CREATE TABLE account_deletions (
    user_id     text PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    asked       timestamptz NOT NULL DEFAULT now(),
    due         timestamptz NOT NULL
);
CREATE INDEX account_deletions_due ON account_deletions (due);

-- Of what is append-only, one thing may change: who it was, into a pseudonym, when that person's account is
-- deleted. The transaction that does so says so; what was done, where and when stays as it was written.
CREATE FUNCTION forgets() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('foldsight.forgets', true), '') = 'yes'
$$;
CREATE FUNCTION only_pseudonyms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{actor,subject,facts,user_id,account}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{actor,subject,facts,user_id,account}'::text[] THEN
        RAISE EXCEPTION '% is append-only', tg_table_name USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER audit_log_append_only ON audit_log;
CREATE TRIGGER audit_log_append_only BEFORE DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
    FOR EACH STATEMENT WHEN (NOT forgets()) EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_log_pseudonyms BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION only_pseudonyms();
DROP TRIGGER usage_records_append_only ON usage_records;
CREATE TRIGGER usage_records_append_only BEFORE DELETE OR TRUNCATE ON usage_records
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER usage_records_no_update BEFORE UPDATE ON usage_records
    FOR EACH STATEMENT WHEN (NOT forgets()) EXECUTE FUNCTION append_only();
CREATE TRIGGER usage_records_pseudonyms BEFORE UPDATE ON usage_records
    FOR EACH ROW EXECUTE FUNCTION only_pseudonyms();
CREATE INDEX audit_log_of_actor ON audit_log (actor, id);
