"""Erases texts and people from the archive for good. What stays are ids, times and states.

A comment's row stays as a tombstone: an import that brings its id again stores nothing (`archive.services.comments`).
"""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from django.db.models import F

from archive.models import Comment, Commenter, CommentRevision

EMPTY = {"raw": "", "text": "", "text_hash": "", "seal_key": b"", "meta": {}}


def comments_erase(*, ids: Collection[int], at: datetime) -> int:
    """Empties comments, which the caller has locked, and deletes their earlier texts; returns how many of these.

    Nothing is left to score, so they count as taken.
    """
    revisions, _ = CommentRevision.objects.filter(comment__in=ids).delete()
    Comment.objects.filter(pk__in=ids).update(**EMPTY, erased_at=at, taken_revision=F("revision"))
    return revisions


def commenter_erase(*, commenter: Commenter, at: datetime) -> None:
    """Takes the name and the site's id from a commenter, which the caller has locked.

    The new id is random: somebody of the old one who writes again is a new commenter.
    """
    commenter.external_id, commenter.name, commenter.erased_at = f"erased:{uuid4().hex}", "", at
    commenter.save(update_fields=["external_id", "name", "erased_at"])
