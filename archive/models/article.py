"""An article: its text in blocks, and the page furniture separated from it."""

from django.contrib.postgres.indexes import HashIndex
from django.db import models

from archive.models.source import Source


class Article(models.Model):
    """One article of a source.

    `body` is the paragraphs and sub-headings joined by blank lines. `blocks` holds them separately:
    `[{"kind": "paragraph"|"heading"|"source", "text": str}]`. `furniture` holds what surrounded the article on the
    page: `[{"kind": str, "text": str}]`. `title_derived` is true if the page had no headline and `title` is the first
    sentence.
    """

    # No index of its own: the unique one begins with it. With two, PostgreSQL without statistics might choose the
    # narrow one for a lookup by both columns, and compare each of the source's rows.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="articles", db_index=False)
    external_id = models.CharField(max_length=255)
    url = models.URLField(max_length=2000, blank=True, default="")
    title = models.CharField(max_length=1000, blank=True, default="")
    title_derived = models.BooleanField(default=False)
    section = models.CharField(max_length=200, blank=True, default="", db_index=True)
    summary = models.TextField(blank=True, default="")
    byline = models.CharField(max_length=500, blank=True, default="")
    dateline = models.CharField(max_length=200, blank=True, default="")
    published_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    body = models.TextField(blank=True, default="")
    blocks = models.JSONField(default=list, blank=True)
    furniture = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="article_source_external_id"),
        ]
        indexes = [
            models.Index(fields=["published_at", "id"], name="article_published"),
            # By hash on PostgreSQL, where a long address would not fit into a tree's page.
            HashIndex(fields=["url"], name="article_url"),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id
