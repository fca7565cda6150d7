"""The database keeps a published version of the policy as it is, and a proposal as it was proposed."""

from django.db import migrations

# A published version stands for good, and what is proposed is published as it was proposed, whoever asks.
_STANDS = """
CREATE TRIGGER a_published_policy_stands BEFORE UPDATE OR DELETE ON submissions_policyversion
    FOR EACH ROW WHEN (OLD.stage = 'published') EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER a_proposed_policy_is_not_rewritten BEFORE UPDATE OF number, content, based_on_id, proposed_by_id
    ON submissions_policyversion FOR EACH ROW EXECUTE FUNCTION audit.refuse();
ALTER TABLE submissions_policyversion ENABLE ALWAYS TRIGGER a_published_policy_stands;
ALTER TABLE submissions_policyversion ENABLE ALWAYS TRIGGER a_proposed_policy_is_not_rewritten;
"""
_LEAVES = """
DROP TRIGGER a_published_policy_stands ON submissions_policyversion;
DROP TRIGGER a_proposed_policy_is_not_rewritten ON submissions_policyversion;
"""


class Migration(migrations.Migration):
    dependencies = [("submissions", "0008_first_policy"), ("audit", "0001_the_log")]

    operations = [migrations.RunSQL(_STANDS, _LEAVES)]
