"""Plant version 1 of the policy. A database that has it keeps it as it was planted then."""

import json

from django.db import migrations

CONTENT = {
    "signals": {
        "code:-9104": "second_review",
        "code:-9103": "approve",
        "code:-9102": "approve",
        "code:-9109": "approve",
        "code:unknown": "approve",
        **{
            f"check:{rule}:{result}": "approve"
            for rule in (
                "type_allowed", "type_declared", "number_grammar", "number_elsewhere", "dates_plausible",
                "not_expired", "required_fields", "front_agrees_with_back", "confirmation_agrees", "forgery_tested",
            )
            for result in ("fail", "not_checked")
            if (rule, result) != ("forgery_tested", "fail")
        },
        # A number or a picture that another customer has: two people look.
        "check:number_elsewhere:fail": "second_review",
        "check:picture_elsewhere:fail": "second_review",
    },
    "allowed_types": ["hk_macao_resident", "taiwan_resident"],
    "asks_for_portrait": False,
    "numbers": {
        "second_person_percent": 0,
        "failed_pictures_per_side": 3,
        "ocr_failed_tries": 3,
        "rescue_after_working_hours": 24,
        "claim_minutes": 10,
        "undo_seconds": 10,
        "confirm_within_hours": 48,
        "abandon_after_days": 30,
        "stuck_after_hours": 24,
        "expires_soon_days": 90,
    },
}

# Nobody proposed the first version; the log says that a release planted it.
_CONTEXT = json.dumps(
    {"actor": "system:release", "label": "release", "role": "system", "via": "command", "request": "", "task": ""}
)


def plant(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.context', %s, true)", [_CONTEXT])
        cursor.execute(
            "INSERT INTO submissions_policyversion (number, content, why, stage, proposed_at, published_at)"
            " VALUES (1, %s::jsonb, 'The first policy came with the product.', 'published', now(), now())",
            [json.dumps(CONTENT)],
        )


def uproot(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.context', %s, true)", [_CONTEXT])
        cursor.execute("DELETE FROM submissions_policyversion")


class Migration(migrations.Migration):
    dependencies = [("submissions", "0007_policy_versions")]

    operations = [migrations.RunPython(plant, uproot)]
