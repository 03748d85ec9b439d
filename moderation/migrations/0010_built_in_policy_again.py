from django.db import migrations

from moderation.seeds import renew_policy


def forwards(apps, _editor):
    renew_policy(apps)


class Migration(migrations.Migration):
    """The thresholds of `compact@3`, for installations that have the built-in policies of earlier models alone."""

    dependencies = [("moderation", "0009_built_in_policy")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
