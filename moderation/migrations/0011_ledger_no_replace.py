from django.db import migrations

from moderation.models.ledger import InstallLedgerTriggers


class Migration(migrations.Migration):
    """The trigger against `INSERT OR REPLACE`, which on SQLite removes the row that is there without a DELETE."""

    dependencies = [("moderation", "0010_built_in_policy_again")]

    operations = [InstallLedgerTriggers()]
