"""Scores, and the model versions that produced them."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Comment


class ModelVersion(models.Model):
    """A model version that this installation has used; of each name at most one is active. Written as `compact@1`.

    Active ones share the languages (`moderation.services.model_versions`). `experimental_languages` are served only
    where MODERATION_EXPERIMENTAL_LANGUAGES names them.
    """

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    attributes = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    experimental_languages = models.JSONField(default=list)
    active = models.BooleanField(default=False)
    registered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["name", "version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="model_name_version"),
            models.UniqueConstraint(fields=["name"], condition=Q(active=True), name="model_name_active"),
        ]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class AttributeScores(models.Model):
    """The attributes with a column each: probabilities from 0 to 1, null if the model does not serve the attribute."""

    toxicity = models.FloatField(null=True)
    severe_toxicity = models.FloatField(null=True)
    obscene = models.FloatField(null=True)
    threat = models.FloatField(null=True)
    insult = models.FloatField(null=True)
    identity_attack = models.FloatField(null=True)
    sexual_explicit = models.FloatField(null=True)

    ATTRIBUTES = (
        "toxicity",
        "severe_toxicity",
        "obscene",
        "threat",
        "insult",
        "identity_attack",
        "sexual_explicit",
    )

    class Meta:
        abstract = True

    def columns(self) -> dict[str, float | None]:
        """Returns attribute → the value of its column."""
        return {name: getattr(self, name) for name in self.ATTRIBUTES}


class ScoreQuerySet(models.QuerySet["Score"]):
    """Reads of scores."""

    def by(self, model: ModelVersion) -> Self:
        """Scores from `model`."""
        return self.filter(model=model)


class Score(AttributeScores):
    """One model's scores of one revision of a comment: calibrated probabilities from 0 to 1, null if not served.

    Attributes beyond the seven columns are in `extra`. `text_hash` is the hash of the text that was scored.
    """

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="scores")
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="scores")
    revision = models.PositiveIntegerField()
    text_hash = models.CharField(max_length=64)
    extra = models.JSONField(default=dict, blank=True)
    windows = models.PositiveIntegerField(default=1)
    normalised = models.BooleanField(default=False)
    language = models.CharField(max_length=16, blank=True, default="")
    language_confidence = models.FloatField(null=True)
    spans = models.JSONField(default=list, blank=True)
    scored_at = models.DateTimeField(default=timezone.now)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        permissions = [("analyze", "Can have a text scored without storing it")]
        constraints = [
            models.UniqueConstraint(fields=["comment", "model", "revision"], name="score_comment_model_revision"),
        ]
        indexes = [
            models.Index(fields=["toxicity", "comment"], name="score_toxicity"),
        ]

    def __str__(self) -> str:
        return f"score of comment {self.comment_id} by model {self.model_id}"

    def values(self) -> dict[str, float]:
        """Returns attribute → probability, without the attributes that the model does not serve."""
        return {**{name: value for name, value in self.columns().items() if value is not None}, **self.extra}
