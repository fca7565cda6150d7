-- Roles, grants and the settings only an administrator may make, in the database this is run in. Safe to repeat.
-- Given before, by set_config: setup.owner, setup.app, setup.sealer, setup.auditor (names; sealer may be empty) and
-- setup.<role>_password (a SCRAM verifier, or empty). Used by `prepare_database`: make run, tests and compose alike.
DO $setup$
DECLARE
    owner text := current_setting('setup.owner');
    app text := current_setting('setup.app');
    sealer text := current_setting('setup.sealer');
    auditor text := current_setting('setup.auditor');
    here text := current_database();
    kind text;
    name text;
    verifier text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['owner', 'app', 'sealer', 'auditor'] LOOP
        name := current_setting('setup.' || kind);
        verifier := nullif(current_setting('setup.' || kind || '_password', true), '');
        CONTINUE WHEN name = '';
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
        EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS %s PASSWORD %L',
            name, CASE WHEN kind = 'auditor' THEN 'NOLOGIN' ELSE 'LOGIN' END, verifier);
        -- The log's first migration grants to these names.
        EXECUTE format('ALTER DATABASE %I SET %I = %L', here, 'audit.' || kind || '_role', name);
    END LOOP;

    EXECUTE format('ALTER DATABASE %I OWNER TO %I', here, owner);
    -- Also takes TEMP away, which everybody has by default.
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', here);
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, %I', here, app, auditor);
    IF sealer <> '' THEN EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', here, sealer); END IF;

    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    EXECUTE format('GRANT ALL ON SCHEMA public TO %I', owner);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
    -- What the owner makes later: tables for the application, functions for nobody.
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public'
        ' GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', owner, app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public'
        ' GRANT USAGE ON SEQUENCES TO %I', owner, app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', owner);

    -- The log's own grants are made by its first migration; here again for roles that came later.
    IF to_regclass('audit.entry') IS NOT NULL THEN
        FOREACH name IN ARRAY ARRAY[app, sealer, auditor] LOOP
            CONTINUE WHEN name = '';
            EXECUTE format('GRANT USAGE ON SCHEMA audit TO %I', name);
            EXECUTE format('GRANT SELECT ON audit.entry, audit.vault TO %I', name);
        END LOOP;
        EXECUTE format('GRANT EXECUTE ON FUNCTION audit.record(text, text, text, uuid, jsonb, bytea) TO %I', app);
    END IF;
    IF to_regprocedure('audit.forget(uuid)') IS NOT NULL THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION audit.forget(uuid) TO %I', app);
    END IF;
    IF to_regclass('audit.checkpoint') IS NOT NULL THEN
        FOREACH name IN ARRAY ARRAY[app, sealer, auditor] LOOP
            CONTINUE WHEN name = '';
            EXECUTE format('GRANT SELECT ON audit.leaf, audit.node, audit.seal, audit.checkpoint TO %I', name);
        END LOOP;
        IF sealer <> '' THEN
            EXECUTE format('GRANT INSERT ON audit.leaf, audit.node, audit.seal, audit.checkpoint TO %I', sealer);
        END IF;
    END IF;

    -- A write of the application that has not said who acts is refused. A lint, not a defence.
    EXECUTE format('ALTER ROLE %I SET audit.require_context = %L', app, 'on');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', app, '60s');
END
$setup$;
