from django.db import migrations

from moderation.seeds import seed


def forwards(apps, _editor):
    seed(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0002_ledger_triggers"),
        ("archive", "0002_comment_search"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
