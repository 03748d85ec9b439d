import uuid

from django.db import migrations, models

from moderation.seeds import ExtendRoles


class Migration(migrations.Migration):
    dependencies = [("moderation", "0005_desk_acts")]

    operations = [
        migrations.AlterModelOptions(
            name="webhooktarget", options={"ordering": ["id"], "verbose_name": "webhook target"}
        ),
        migrations.RemoveField("webhooktarget", "secret"),
        migrations.RemoveField("webhooktarget", "previous_secret"),
        migrations.AddField(
            "webhooktarget", "sources", models.ManyToManyField(blank=True, related_name="+", to="archive.source")
        ),
        migrations.AddField("webhooktarget", "salt", models.CharField(default="", max_length=64), False),
        migrations.AddField("webhooktarget", "mark", models.CharField(default="", max_length=64), False),
        migrations.AddField(
            "webhooktarget", "previous_salt", models.CharField(blank=True, default="", max_length=64)
        ),
        migrations.AddField("webhooktarget", "previous_until", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "webhooktarget", "disabled_because", models.CharField(blank=True, default="", max_length=200)
        ),
        migrations.AddField("webhooktarget", "failures", models.PositiveIntegerField(default=0)),
        migrations.AddField("webhooktarget", "failing_since", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("webhooktarget", "paused_until", models.DateTimeField(blank=True, null=True)),
        migrations.RemoveIndex("delivery", "delivery_due"),
        migrations.AddField("delivery", "message", models.UUIDField(default=uuid.uuid4)),
        migrations.AddField("delivery", "lease", models.UUIDField(null=True)),
        migrations.AddField("delivery", "lease_until", models.DateTimeField(null=True)),
        migrations.AddField("delivery", "given_up_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "delivery",
            models.Index(
                condition=models.Q(("delivered_at__isnull", True), ("given_up_at__isnull", True)),
                fields=["target", "next_attempt_at", "id"],
                name="delivery_open",
            ),
        ),
        migrations.AddIndex("delivery", models.Index(fields=["delivered_at"], name="delivery_delivered")),
        ExtendRoles(),
    ]
