"""The guard of legal holds on what portraits are compared by and whom they met."""

from django.db import migrations

_KEPT = ("submissions_portraitlikeness", "submissions_portraitmeeting")
_ADD = """
CREATE TRIGGER keeps_what_is_held BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_while_held('customer_id');
ALTER TABLE {table} ENABLE ALWAYS TRIGGER keeps_what_is_held;
"""
_REMOVE = "DROP TRIGGER keeps_what_is_held ON {table};"


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0005_a_hold_repeated_by_a_restore"),
        ("submissions", "0023_portraits_compared"),
    ]
    operations = [migrations.RunSQL(_ADD.format(table=table), _REMOVE.format(table=table)) for table in _KEPT]
