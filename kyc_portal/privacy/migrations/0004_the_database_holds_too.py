"""The guard of legal holds on every table with a customer's rows. A table that comes later brings its own."""

from django.db import migrations

# A table with the column that says whose a row is.
_KEPT = {
    "accounts_customer": "id",
    "accounts_invitation": "used_by_id",
    "sealing_customerkey": "customer",
    "submissions_consent": "customer_id",
    "submissions_submission": "customer_id",
    "submissions_scan": "customer_id",
    "submissions_scanlikeness": "customer_id",
    "submissions_refusedpicture": "customer_id",
    "submissions_reading": "customer_id",
    "submissions_warning": "customer_id",
    "submissions_check": "customer_id",
    "submissions_confirmation": "customer_id",
    "submissions_fieldcorrection": "customer_id",
    "submissions_decision": "customer_id",
    "submissions_reopening": "customer_id",
    "submissions_casenote": "customer_id",
    "submissions_reviewsample": "customer_id",
    "submissions_notice": "customer_id",
    "privacy_hold": "customer_id",
    "privacy_relationshipend": "customer_id",
    "privacy_deletionrequest": "customer_id",
    "privacy_erasure": "customer_id",
}
_ADD = """
CREATE TRIGGER keeps_what_is_held BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_while_held('{column}');
ALTER TABLE {table} ENABLE ALWAYS TRIGGER keeps_what_is_held;
"""
_REMOVE = "DROP TRIGGER keeps_what_is_held ON {table};"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_sessions_with_whose_they_are"),
        ("audit", "0005_held"),
        ("privacy", "0003_erased_again"),
        ("sealing", "0001_keys"),
        ("submissions", "0019_otherwise_notes_and_the_clock"),
    ]
    operations = [
        migrations.RunSQL(_ADD.format(table=table, column=column), _REMOVE.format(table=table))
        for table, column in _KEPT.items()
    ]
