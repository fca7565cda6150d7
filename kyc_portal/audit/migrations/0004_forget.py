"""The one way to empty the vault of a customer: erasure calls it. The log itself is not touched."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION audit.forget(whose uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE gone bigint;
BEGIN
    IF nullif(current_setting('audit.context', true), '') IS NULL THEN
        RAISE EXCEPTION 'audit: nobody was said to act';
    END IF;
    DELETE FROM audit.vault WHERE subject = whose;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION audit.forget(uuid) FROM PUBLIC;
DO $$
DECLARE app text := coalesce(current_setting('audit.app_role', true), '');
BEGIN
    IF app <> '' THEN EXECUTE format('GRANT EXECUTE ON FUNCTION audit.forget(uuid) TO %I', app); END IF;
END $$;
CREATE INDEX vault_subject ON audit.vault (subject);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_the_proof")]
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
