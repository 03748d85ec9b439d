import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0003_waiting_in_order")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name=f"{name}s",
                to="archive.source",
            ),
        )
        for name in ("article", "commenter")
    ]
