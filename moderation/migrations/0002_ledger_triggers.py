from django.db import migrations

from moderation.models.ledger import InstallLedgerTriggers


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [InstallLedgerTriggers()]
