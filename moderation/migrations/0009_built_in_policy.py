from django.db import migrations

from moderation.seeds import renew_policy


def forwards(apps, _editor):
    renew_policy(apps)


class Migration(migrations.Migration):
    """The thresholds of `compact@2`, for installations that have the built-in policy of `compact@1`."""

    dependencies = [("moderation", "0008_names")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
