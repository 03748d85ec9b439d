from django.db import migrations, models

QUEUES = (
    ("held", models.Q(("held", True))),
    ("reported", models.Q(("reader_flags__gt", 0))),
    ("highlighted", models.Q(("highlighted", True))),
    ("by_policy", models.Q(("decided_by", "policy"))),
)
ORDERS = (("created_at", "created"), ("risk", "risk"), ("uncertainty", "uncertain"))


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_seeds")]

    operations = [
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                fields=["source", "state", "uncertainty", "comment"], name="review_source_state_uncertain"
            ),
        ),
        *(
            migrations.AddIndex(
                model_name="review",
                index=models.Index(fields=[order, "comment"], condition=condition, name=f"review_{queue}_{short}"),
            )
            for queue, condition in QUEUES
            for order, short in ORDERS
        ),
    ]
