"""Give the cases that are not ended their signals, from their codes and newest checks; the log says a release did."""

import json

from django.db import migrations

_CONTEXT = json.dumps(
    {"actor": "system:release", "label": "release", "role": "system", "via": "command", "request": "", "task": ""}
)
_FILL = """
UPDATE submissions_submission s SET signals = found.signals FROM (
  SELECT one.id, array(
    SELECT DISTINCT 'code:' || CASE WHEN code IN (-9104, -9103, -9102, -9109) THEN code::text ELSE 'unknown' END
      FROM unnest(one.codes) code
    UNION
    SELECT 'check:' || c.rule || ':' || c.result FROM submissions_check c
     WHERE c.submission_id = one.id AND c.result IN ('fail', 'not_checked')
       AND c.version = (SELECT max(version) FROM submissions_check WHERE submission_id = one.id)
    ORDER BY 1)::varchar(60)[] AS signals
  FROM submissions_submission one
  WHERE one.state NOT IN ('approved', 'rejected', 'lapsed', 'withdrawn', 'abandoned')) found
WHERE s.id = found.id AND s.signals <> found.signals
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.context', %s, true)", [_CONTEXT])
        cursor.execute(_FILL)


class Migration(migrations.Migration):
    dependencies = [("submissions", "0012_signals_of_a_case")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
