"""A reader's comment, its earlier texts, and the query that drives scoring: which comments are unscored?"""

import secrets
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from archive.models.article import Article
from archive.models.commenter import Commenter
from archive.models.source import Source


class TextFormat(models.TextChoices):
    """How `raw` is written."""

    PLAIN = "plain", "plain text"
    HTML = "html", "HTML"


class OriginState(models.TextChoices):
    """A comment's state in the system that it came from."""

    PUBLISHED = "published", "published"
    UNAPPROVED = "unapproved", "waiting for approval"
    SPAM = "spam", "spam"
    DELETED = "deleted", "deleted"


def seal_key() -> bytes:
    """Returns 16 random bytes: the key of the seals over this comment's text, cleared when the comment is erased."""
    return seal_keys(1)[0]


def seal_keys(count: int) -> list[bytes]:
    """Returns `count` seal keys from one call to the random generator."""
    drawn = secrets.token_bytes(16 * count)
    return [drawn[at : at + 16] for at in range(0, len(drawn), 16)]


class CommentQuerySet(models.QuerySet["Comment"]):
    """Reads of comments."""

    def unscored(self) -> Self:
        """Comments whose current text the scorer has not taken yet; served by a partial index."""
        return self.filter(taken_revision__lt=F("revision"))

    def open(self) -> Self:
        """Comments that are neither withdrawn nor erased nor deleted at their origin."""
        return self.filter(withdrawn_at=None, erased_at=None).exclude(origin_state=OriginState.DELETED)

    def waiting(self) -> Self:
        """Replies whose parent has not arrived or cannot be linked; served by a partial index."""
        return self.filter(parent=None, parent_external_id__gt="")

    def thread(self, article: Article) -> Self:
        """All comments of an article in one flat query, oldest first; nesting is built in memory from `parent_id`."""
        return self.filter(article=article).select_related("commenter").order_by("created_at", "id")


class Comment(models.Model):
    """One comment. `raw` is kept exactly as received; `text`, its plain form, is what is scored and shown.

    `revision` starts at 1 and increases by one with each edit; the scorer writes the revision it took into
    `taken_revision`, so a comment is unscored while `taken_revision < revision`. `text_hash` is the SHA-256 of `text`
    in hexadecimal. `parent_external_id` is the id, at the origin, of the comment that this one answers; it is kept
    when `parent` is found. Times are aware.
    """

    # No index of their own: other indexes begin with them.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="comments", db_index=False)
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="comments", db_index=False)
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    commenter = models.ForeignKey(Commenter, on_delete=models.PROTECT, null=True, blank=True, related_name="comments")
    external_id = models.CharField(max_length=255)
    parent_external_id = models.CharField(max_length=255, blank=True, default="")
    raw = models.TextField()
    text_format = models.CharField(max_length=8, choices=TextFormat, default=TextFormat.PLAIN)
    text = models.TextField()
    text_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=16, blank=True, default="")
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    origin_state = models.CharField(max_length=16, choices=OriginState, default=OriginState.PUBLISHED)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    seal_key = models.BinaryField(max_length=16, default=seal_key)
    revision = models.PositiveIntegerField(default=1)
    taken_revision = models.PositiveIntegerField(default=0)
    meta = models.JSONField(default=dict, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="comment_source_external_id"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(taken_revision__lt=F("revision")), name="comment_unscored"),
            models.Index(
                fields=["source", "parent_external_id", "id"],
                condition=Q(parent=None, parent_external_id__gt=""),
                name="comment_waiting",
            ),
            models.Index(fields=["created_at", "id"], name="comment_created"),
            models.Index(fields=["article", "created_at", "id"], name="comment_article_created"),
            models.Index(fields=["source", "created_at", "id"], name="comment_source_created"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} ({self.external_id})"


class CommentRevision(models.Model):
    """A text that a comment had before an edit; `revision` is the number of that text."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    raw = models.TextField()
    text = models.TextField()

    class Meta:
        ordering = ["comment", "revision"]
        constraints = [models.UniqueConstraint(fields=["comment", "revision"], name="revision_once")]

    def __str__(self) -> str:
        return f"revision {self.revision} of comment {self.comment_id}"
