"""Daily figures: what a day was like, counted once and kept, so that a year is read without its comments."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from archive.models import Source


class Figure(models.TextChoices):
    """What is counted."""

    COMMENTS = "comments", _("comments")
    FLAGGED = "flagged", _("flagged comments")
    WAITING = "waiting", _("comments that wait")
    OLDEST = "oldest", _("seconds that the oldest waits")
    DECIDED = "decided", _("decisions of people")
    REJECTED = "rejected", _("rejections of people")
    WAITED = "waited", _("first decisions of people, by how long the comment waited")
    JUDGED = "judged", _("judgements of people and rules")
    OVERTURNED = "overturned", _("judgements that were overturned later")
    DETECTED = "detected", _("flagged comments that people judged")
    AGREED = "agreed", _("flagged comments that people rejected")
    APPEALED = "appealed", _("appeals that were decided")
    REVERSED = "reversed", _("appeals that overturned the decision")
    ANSWERED = "answered", _("decided appeals, by how long they were open")


class DailyFigure(models.Model):
    """One figure of one day, as finely as it is asked for; coarser ones are sums.

    `bucket` is of `WAITED` and `ANSWERED`: how long, on a logarithmic scale (`services.statistics.buckets`), because
    medians cannot be added up. `queue` is where the comment was, `rule` the rule of its verdict, `moderator` who
    judged: null for rules and keys.
    """

    day = models.DateField()
    figure = models.CharField(max_length=16, choices=Figure)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    section = models.CharField(max_length=200, blank=True, default="")
    queue = models.CharField(max_length=16, blank=True, default="")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    rule = models.CharField(max_length=100, blank=True, default="")
    bucket = models.PositiveSmallIntegerField(default=0)
    value = models.PositiveBigIntegerField()

    class Meta:
        verbose_name = _("daily figure")
        verbose_name_plural = _("daily figures")
        ordering = ["id"]
        permissions = [("see_moderators", "Can see the numbers of other moderators")]
        indexes = [models.Index(fields=["figure", "day", "source"], name="daily_figure")]

    def __str__(self) -> str:
        return f"{self.figure} of {self.day}"
