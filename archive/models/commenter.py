"""A person who writes comments, as far as the source identifies them."""

from django.db import models

from archive.models.source import Source


class Commenter(models.Model):
    """One name in one source. If the source has no id for a person, `external_id` is `name:` + the folded name.

    Once erased, the name is empty and `external_id` random.
    """

    # No index of its own, as in Article.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="commenters", db_index=False)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True, default="")
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="commenter_source_external_id"),
        ]
        indexes = [models.Index(fields=["name"], name="commenter_name")]

    def __str__(self) -> str:
        return self.name or self.external_id
