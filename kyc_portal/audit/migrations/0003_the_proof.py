"""The tree over the log and its checkpoints: tables that only grow, which the sealer alone adds to."""

from django.db import migrations

FORWARDS = """
CREATE TABLE audit.leaf (
    position bigint PRIMARY KEY,
    entry_id bigint NOT NULL UNIQUE,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE TABLE audit.node (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);
CREATE TABLE audit.seal (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL,
    watermark bigint NOT NULL,
    system_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE audit.checkpoint (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    size bigint NOT NULL,
    note text NOT NULL,
    at timestamptz NOT NULL
);
DO $$
DECLARE
    app text := coalesce(current_setting('audit.app_role', true), '');
    sealer text := coalesce(current_setting('audit.sealer_role', true), '');
    auditor text := coalesce(current_setting('audit.auditor_role', true), '');
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leaf', 'node', 'seal', 'checkpoint'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.%I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()', name || '_only_grows', name);
        EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER %I', name, name || '_only_grows');
    END LOOP;
    FOREACH name IN ARRAY ARRAY[app, sealer, auditor] LOOP
        CONTINUE WHEN name = '';
        EXECUTE format('GRANT SELECT ON audit.leaf, audit.node, audit.seal, audit.checkpoint TO %I', name);
    END LOOP;
    IF sealer <> '' THEN
        EXECUTE format('GRANT INSERT ON audit.leaf, audit.node, audit.seal, audit.checkpoint TO %I', sealer);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_join_tables")]
    # Going back would destroy the proof; a database is dropped as a whole instead.
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
