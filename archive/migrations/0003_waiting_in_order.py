from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0002_comment_search")]

    operations = [
        migrations.RemoveIndex(model_name="comment", name="comment_waiting"),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["source", "parent_external_id", "id"],
                condition=models.Q(parent=None, parent_external_id__gt=""),
                name="comment_waiting",
            ),
        ),
    ]
