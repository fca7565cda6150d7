"""The log's schema: entry and vault, what keeps them growing only, and the one way to record an act."""

from django.db import migrations, models

FORWARDS = """
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE audit.entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('row', 'act')),
    action text NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    subject uuid,
    before jsonb,
    after jsonb,
    details jsonb,
    actor text NOT NULL,
    actor_label text NOT NULL,
    role text NOT NULL,
    via text NOT NULL,
    request text NOT NULL,
    task text NOT NULL,
    db_user text NOT NULL
);
CREATE INDEX entry_object ON audit.entry (object_type, object_id, id);
CREATE INDEX entry_subject ON audit.entry (subject, id);
CREATE INDEX entry_tx ON audit.entry (tx);
CREATE INDEX entry_actor ON audit.entry (actor, id);
CREATE TABLE audit.vault (
    digest bytea PRIMARY KEY,
    subject uuid,
    bytes bytea NOT NULL,
    put_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN RAISE EXCEPTION 'audit: % of %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME; END $$;
CREATE TRIGGER entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entry_only_grows;
CREATE TRIGGER vault_is_never_rewritten BEFORE UPDATE OR TRUNCATE ON audit.vault
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.vault ENABLE ALWAYS TRIGGER vault_is_never_rewritten;
CREATE FUNCTION audit.record(action text, object_type text, object_id text, subject uuid, details jsonb,
    sealed bytea)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE t text; c jsonb; made bigint;
BEGIN
    IF action !~ '^[a-z_]+[.][a-z_]+$' THEN RAISE EXCEPTION 'audit: an act is named thing.verb'; END IF;
    IF EXISTS (SELECT 1 FROM jsonb_each(details) e WHERE jsonb_typeof(e.value) <> 'string') THEN
        RAISE EXCEPTION 'audit: details are text';
    END IF;
    t := nullif(current_setting('audit.context', true), '');
    IF t IS NULL AND current_setting('audit.require_context', true) = 'on' THEN
        RAISE EXCEPTION 'audit: nobody was said to act';
    END IF;
    c := coalesce(t::jsonb, '{}'::jsonb);
    IF sealed IS NOT NULL THEN
        INSERT INTO audit.vault(digest, subject, bytes) VALUES (sha256(sealed), subject, sealed) ON CONFLICT DO NOTHING;
        details := coalesce(details, '{}'::jsonb) || jsonb_build_object('sealed', jsonb_build_object(
            'sealed', 'sha256:' || encode(sha256(sealed), 'hex'), 'bytes', length(sealed)::text));
    END IF;
    INSERT INTO audit.entry(tx, at, kind, action, object_type, object_id, subject, details,
        actor, actor_label, role, via, request, task, db_user)
    VALUES (pg_current_xact_id()::text::bigint, clock_timestamp(), 'act', action, object_type, object_id, subject, details,
        coalesce(c->>'actor', '(no context)'), coalesce(c->>'label', ''), coalesce(c->>'role', ''),
        coalesce(c->>'via', 'sql'), coalesce(c->>'request', ''), coalesce(c->>'task', ''), session_user)
    RETURNING id INTO made;
    RETURN made;
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
"""

# Grants go to the roles that set-up made; it left their names as settings of the database.
GRANTS = """
DO $$
DECLARE
    app text := coalesce(current_setting('audit.app_role', true), '');
    sealer text := coalesce(current_setting('audit.sealer_role', true), '');
    auditor text := coalesce(current_setting('audit.auditor_role', true), '');
    reader text;
BEGIN
    FOREACH reader IN ARRAY ARRAY[app, sealer, auditor] LOOP
        CONTINUE WHEN reader = '';
        EXECUTE format('GRANT USAGE ON SCHEMA audit TO %I', reader);
        EXECUTE format('GRANT SELECT ON audit.entry, audit.vault TO %I', reader);
    END LOOP;
    IF app <> '' THEN
        EXECUTE format('GRANT EXECUTE ON FUNCTION audit.record(text, text, text, uuid, jsonb, bytea) TO %I', app);
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM %I', app);
    END IF;
END $$;
"""

_TEXTS = [
    "action",
    "object_type",
    "object_id",
    "actor",
    "actor_label",
    "role",
    "via",
    "request",
    "task",
    "db_user",
]


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        # Going back would destroy the proof; a database is dropped as a whole instead.
        migrations.RunSQL(FORWARDS, migrations.RunSQL.noop),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("tx", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=3)),
                *[(name, models.TextField()) for name in _TEXTS],
                ("subject", models.UUIDField(null=True)),
                *[(name, models.JSONField(null=True)) for name in ("before", "after", "details")],
            ],
            options={"db_table": 'audit"."entry', "ordering": ["-id"], "managed": False},
        ),
        migrations.CreateModel(
            name="Vault",
            fields=[
                ("digest", models.BinaryField(primary_key=True, serialize=False)),
                ("subject", models.UUIDField(null=True)),
                ("bytes", models.BinaryField()),
                ("put_at", models.DateTimeField()),
            ],
            options={"db_table": 'audit"."vault', "managed": False},
        ),
    ]
