"""While a legal hold is open, the database itself lets nothing of the customer go, whoever asks and by whichever way.

The ground floor knows of holds by the name of their table alone, as it knows the tables that it watches: what is asked
when a row goes must be owned and verified with the rest of the log. `privacy` hangs the guard on the tables.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION audit.refuse_while_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $held$
DECLARE whose uuid;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO whose USING OLD;
    IF EXISTS (SELECT FROM public.privacy_hold WHERE customer_id = whose AND lifted_at IS NULL) THEN
        RAISE EXCEPTION 'audit: a legal hold is open, nothing of this customer is removed from %', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $held$;
REVOKE ALL ON FUNCTION audit.refuse_while_held() FROM PUBLIC;
CREATE TRIGGER vault_keeps_what_is_held BEFORE DELETE ON audit.vault
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_while_held('subject');
ALTER TABLE audit.vault ENABLE ALWAYS TRIGGER vault_keeps_what_is_held;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_forget")]
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
