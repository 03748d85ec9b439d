"""What is stored of comments beside their texts, and of commenters beside their names, deleted or emptied.

Each function runs in its caller's transaction and returns how many rows it took, by kind. `services.privacy.registry`
lists the columns.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any
from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q

from archive.database.clock import database_now
from archive.models import Comment, Commenter, CommentRevision
from moderation.models import (
    Appeal,
    AppealOutcome,
    Claim,
    Decision,
    DecisionNote,
    Delivery,
    Feedback,
    HandOver,
    ReaderFlag,
    Review,
    Score,
    ShadowVerdict,
    Standing,
    TeamNote,
)
from moderation.models.appeals.appeal import AppealQuerySet

# A review without a word of its comment in it.
NOTHING: dict[str, Any] = {
    "facts": {},
    "near_hash": None,
    "facts_edition": None,
    "verdict": {},
    "replaced": None,
    "policy": None,
    "flagged": False,
    "highlighted": False,
    "risk": 0.0,
    "uncertainty": 0.0,
    "sampled": False,
    "holder": None,
    "holder_until": None,
}


def comments_forget(*, ids: Collection[int]) -> Counter[str]:
    """Deletes notes, feedback, scores and claims of comments, and empties the admin's log of them."""
    decisions = Decision.objects.filter(comment__in=ids).values("pk")
    taken = Counter(log_entries=_log_empty(Comment, ids), feedback=_feedback_delete(ids))
    taken["appeals"] += appeals_forget(Appeal.objects.filter(comment__in=ids))
    gone = {
        "notes": DecisionNote.objects.filter(decision__in=decisions),
        "shadow_verdicts": ShadowVerdict.objects.filter(comment__in=ids),
        "scores": Score.objects.filter(comment__in=ids),
        "claims": Claim.objects.filter(comment__in=ids),
        "team_notes": TeamNote.objects.filter(comment__in=ids),
        "hand_overs": HandOver.objects.filter(comment__in=ids),
    }
    for name, rows in gone.items():
        taken[name] += rows.delete()[0]
    return taken


def appeals_forget(appeals: AppealQuerySet) -> int:
    """Empties appeals, with the callbacks that tell of them; those that are open fall away. The numbers stay."""
    keys = list(appeals.values_list("pk", flat=True))
    found = Appeal.objects.filter(pk__in=keys)
    found.open().update(outcome=AppealOutcome.DROPPED, decided_at=database_now())
    Delivery.objects.filter(decision__ruled__in=keys).exclude(url="").delete()
    return found.update(text="", appellant="", callback_url="", answer="")


def review_forget(review: Review) -> None:
    """Empties a review in memory."""
    review.score_take(None)
    for name, value in NOTHING.items():
        setattr(review, name, value)


def commenter_forget(*, commenter: Commenter) -> Counter[str]:
    """Deletes notes on a commenter, empties what was noted of their standing, and hides whom they reported as."""
    decisions = Decision.objects.filter(commenter=commenter).values("pk")
    reports = ReaderFlag.objects.filter(reporter=commenter.external_id, comment__source=commenter.source_id)
    standings = Standing.objects.filter(commenter=commenter).exclude(note="")
    return Counter(
        notes=DecisionNote.objects.filter(decision__in=decisions).delete()[0],
        team_notes=TeamNote.objects.filter(commenter=commenter).delete()[0],
        standings=standings.update(note=""),
        reports=reports.update(reporter=f"erased:{uuid4().hex}"),
        log_entries=_log_empty(Commenter, [commenter.pk]),
    )


def _feedback_delete(ids: Collection[int]) -> int:
    """Deletes feedback on the comments, and feedback on the very same texts that names no comment."""
    texts = {text for row in Comment.objects.filter(pk__in=ids).values_list("raw", "text") for text in row}
    earlier = CommentRevision.objects.filter(comment__in=ids).values_list("raw", "text")
    texts |= {text for row in earlier for text in row}
    about = Q(comment__in=ids) | Q(comment=None, text__in=texts - {""})
    return Feedback.objects.filter(about).delete()[0]


def _log_empty(model: type[Model], ids: Collection[int]) -> int:
    kind = ContentType.objects.get_for_model(model)
    entries = LogEntry.objects.filter(content_type=kind, object_id__in=[str(pk) for pk in ids])
    return entries.exclude(object_repr="", change_message="").update(object_repr="", change_message="")
