from django.conf import settings
from django.db import migrations, models

from moderation.seeds import ExtendRoles

STATUSES = [
    ("draft", "draft"),
    ("shadow", "in shadow"),
    ("rollout", "rolling out"),
    ("active", "active"),
    ("retired", "retired"),
]
PERMISSIONS = [
    ("change_policy", "Can write policies"),
    ("activate_policy", "Can activate policies"),
    ("automate_policy", "Can activate policies whose rules approve or reject without a person"),
]
AGREES = models.Q(active=True, status="active") | (models.Q(active=False) & ~models.Q(status="active"))


def set_statuses(apps, _editor):
    """Whatever is not active now has been: until today nobody could write a draft."""
    versions = apps.get_model("moderation", "PolicyVersion").objects
    versions.filter(active=True).update(status="active")
    versions.filter(active=False).update(status="retired")


class Migration(migrations.Migration):
    """Versions of the policy get a status and who activated them; roles get the new permissions."""

    dependencies = [
        ("moderation", "0011_ledger_no_replace"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="policyversion",
            options={
                "ordering": ["-version"],
                "permissions": PERMISSIONS,
                "verbose_name": "policy version",
                "verbose_name_plural": "policy versions",
            },
        ),
        migrations.AddField("policyversion", "activated_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            model_name="policyversion",
            name="activated_by",
            field=models.ForeignKey(
                settings.AUTH_USER_MODEL, models.PROTECT, blank=True, null=True, related_name="+"
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="status",
            field=models.CharField("status", max_length=8, choices=STATUSES, default="draft"),
        ),
        migrations.RunPython(set_statuses, migrations.RunPython.noop),
        migrations.AddConstraint(
            "policyversion", models.CheckConstraint(condition=AGREES, name="policy_active_status")
        ),
        ExtendRoles(),
    ]
