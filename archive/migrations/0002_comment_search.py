from django.db import migrations

from archive.database.search import InstallCommentSearch


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    operations = [InstallCommentSearch()]
