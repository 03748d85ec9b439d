"""Statements of reasons (article 17 of the EU's Digital Services Act): which decisions were stated, in which batch."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from moderation.models.decision import Decision


class StatementQuerySet(models.QuerySet["Statement"]):
    """Reads of statements."""

    def unsent(self) -> "StatementQuerySet":
        """Those in a batch whose file was not written to its end."""
        return self.filter(sent_at=None, problem="")


class Statement(models.Model):
    """That a decision is stated. The statement itself is made of the decision, and holds nothing personal.

    Statements with one `batch` go into one file. `sent_at` is set once that file is complete. `problem` says which
    field does not fit the public form; such a decision is in no batch.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, primary_key=True, related_name="statement")
    batch = models.PositiveIntegerField(null=True)
    prepared_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, blank=True, default="")

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement of reasons")
        verbose_name_plural = _("statements of reasons")
        ordering = ["decision"]
        indexes = [models.Index(fields=["batch", "decision"], name="statement_batch")]

    def __str__(self) -> str:
        return f"statement on decision {self.decision_id}"
