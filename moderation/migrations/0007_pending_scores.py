from django.db import migrations, models

ATTRIBUTES = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit")
COLUMNS = ", ".join(ATTRIBUTES)
COPY = f"""
    UPDATE moderation_review SET ({COLUMNS}) = (
        SELECT {COLUMNS} FROM moderation_score WHERE moderation_score.id = moderation_review.score_id
    ) WHERE score_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_sent_out")]

    operations = [
        *(migrations.AddField("review", name, models.FloatField(null=True)) for name in ATTRIBUTES),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.AddIndex(
            "review",
            models.Index(
                fields=["state", "source", *ATTRIBUTES, "score", "state_version", "comment"],
                condition=models.Q(("state", "pending")),
                name="review_pending_scores",
            ),
        ),
    ]
