"""Erases a commenter or a comment: in short transactions, each of which says how far it has come.

What is erased says so itself (`erased_at`), so an erasure that was stopped or killed goes on where it was when it is
asked for again. Comments that come while it runs are erased too; the commenter's own row is the last, under a lock
that waits for writers who have found it already.
"""

from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from archive.database.clock import database_now
from archive.models import Comment, Commenter
from archive.services import commenter_erase, comments_erase
from moderation.models import Action, Decision, DecisionKind, Erasure, ErasureKind, Review, State
from moderation.services.errors import conflict, invalid
from moderation.services.ledger.append import decisions_append
from moderation.services.ledger.export import moment_text
from moderation.services.privacy.export import (
    comment_export_lines,
    commenter_export_lines,
    confirmation_of,
    export_digest,
)
from moderation.services.privacy.forgetting import commenter_forget, comments_forget, review_forget
from moderation.services.states.locking import lock_comments, lock_reviews, reviews_write
from moderation.services.verdicts.transitions import review_close

BATCH = 200
STORED, ERASED = "stored", "erased"


def commenter_erasure(
    *, commenter: Commenter, actor: User | None = None, api_key: str = "", confirmation: str | None = None
) -> Erasure:
    """Begins to erase a commenter, or returns the erasure that was begun; `erasure_run` does it.

    `confirmation` is that of the export. None: the caller has seen to an export, or needs none. Raises ServiceError
    `conflict` for a commenter who is erased already, and at `/confirmation` if it is not that of what is stored now.
    """
    begun = Erasure.objects.unfinished().filter(commenter=commenter).first()
    if begun:
        return begun
    if commenter.erased_at is not None:
        raise conflict("The commenter is erased already.")
    digest = _confirmed(confirmation, lambda: export_digest(lines=commenter_export_lines(commenter=commenter)))
    said = {"kind": ErasureKind.COMMENTER, "commenter": commenter, "source_id": commenter.source_id}
    return _begin(**said, actor=actor, api_key=api_key, export_sha256=digest)


def comment_erasure(
    *, comment: Comment, actor: User | None = None, api_key: str = "", confirmation: str | None = None
) -> Erasure:
    """Begins to erase a comment, as `commenter_erasure` does a commenter."""
    begun = Erasure.objects.unfinished().filter(comment=comment).first()
    if begun:
        return begun
    if comment.erased_at is not None:
        raise conflict("The comment is erased already.")
    digest = _confirmed(confirmation, lambda: export_digest(lines=comment_export_lines(comment=comment)))
    said = {"kind": ErasureKind.COMMENT, "comment": comment, "source_id": comment.source_id}
    return _begin(**said, actor=actor, api_key=api_key, export_sha256=digest)


def erasure_run(
    *,
    erasure: Erasure,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _count: None,
) -> Erasure:
    """Goes on with an erasure to its end, or until `stop()` says so before a batch; returns it as it is then."""
    while not stop():
        ids = list(_left(erasure).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if ids:
            comments_erase_batch(erasure=erasure, ids=ids)
            progress(len(ids))
        elif _finish(erasure):
            break
    erasure.refresh_from_db()
    return erasure


def erasure_receipt(erasure: Erasure) -> dict[str, Any]:
    """Returns the receipt as JSON-ready data: what was erased, when, and how many rows of each kind; no words."""
    return {
        "id": erasure.pk,
        "kind": erasure.kind,
        "source": erasure.source.slug,
        "commenter": erasure.commenter_id,
        "comment": erasure.comment_id,
        "export_sha256": erasure.export_sha256,
        "counts": {name: count for name, count in sorted(erasure.counts.items()) if count},
        "started_at": moment_text(erasure.started_at),
        "finished_at": moment_text(erasure.finished_at) if erasure.finished_at else None,
    }


@transaction.atomic
def comments_erase_batch(*, erasure: Erasure, ids: Collection[int]) -> int:
    """Erases comments, and whatever is stored of them, in one transaction; returns how many were not erased yet."""
    comments = [one for one in lock_comments(ids) if one.erased_at is None]
    keys = [one.pk for one in comments]
    reviews = lock_reviews(keys)
    taken = comments_forget(ids=keys) + Counter(comments=len(keys))
    now = database_now()
    taken["revisions"] += comments_erase(ids=keys, at=now)
    closed = []
    for comment in comments:
        comment.text, comment.text_hash, comment.seal_key, comment.erased_at = "", "", b"", now
        closed.append(_closed(erasure, comment, reviews.get(comment.pk)))
    reviews_write([review for review, _ in closed])
    decisions_append([row for _, row in closed])
    _count(erasure, taken)
    return len(keys)


def _left(erasure: Erasure) -> Any:
    of_whom = {"pk": erasure.comment_id} if erasure.comment_id else {"commenter": erasure.commenter_id}
    return Comment.objects.filter(**of_whom, erased_at=None)


def _closed(erasure: Erasure, comment: Comment, review: Review | None) -> tuple[Review, Decision]:
    """Returns the comment's review, closed and empty, and the ledger row that tells of it; both unsaved."""
    before = review.state if review and comment.taken_revision == comment.revision else "unscored"
    closed, _rows = review_close(comment=comment, review=review)
    review_forget(closed)
    row = _row(erasure, comment_id=comment.pk, revision=comment.revision, from_state=before, to_state=State.CLOSED)
    return closed, row


def _row(erasure: Erasure, **columns: Any) -> Decision:
    kind = DecisionKind.PERSON if erasure.actor_id else DecisionKind.SYSTEM
    return Decision(kind=kind, actor_id=erasure.actor_id, api_key=erasure.api_key, action=Action.ERASE, **columns)


@transaction.atomic
def _finish(erasure: Erasure) -> bool:
    """Erases the commenter's own row; returns False if another comment has come meanwhile."""
    if erasure.commenter_id:
        # FOR UPDATE: waits for imports that hold the row's identity, and makes later ones find it gone.
        commenter = Commenter.objects.select_for_update().get(pk=erasure.commenter_id)
        if _left(erasure).exists():
            return False
        if commenter.erased_at is None:
            _commenter_erase(erasure, commenter)
    Erasure.objects.filter(pk=erasure.pk, finished_at=None).update(finished_at=database_now())
    return True


def _commenter_erase(erasure: Erasure, commenter: Commenter) -> None:
    _count(erasure, commenter_forget(commenter=commenter) + Counter(commenters=1))
    commenter_erase(commenter=commenter, at=database_now())
    decisions_append([_row(erasure, commenter_id=commenter.pk, from_state=STORED, to_state=ERASED)])


def _begin(**columns: Any) -> Erasure:
    try:
        with transaction.atomic():
            return Erasure.objects.create(**columns)
    except IntegrityError as error:
        raise conflict("Somebody else began to erase it at this moment.") from error


def _confirmed(confirmation: str | None, digest: Callable[[], str]) -> str:
    """Returns the export's digest; empty without a confirmation."""
    if confirmation is None:
        return ""
    found = digest()
    if confirmation != confirmation_of(found):
        detail = "This is not the confirmation of what is stored now: export it again; its last line has it."
        raise invalid("/confirmation", detail, code="wrong_confirmation")
    return found


def _count(erasure: Erasure, taken: Counter[str]) -> None:
    """Adds to the receipt, whose row is locked: two runs of one erasure may share the work."""
    row = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure.pk)
    row.counts = dict(Counter(row.counts) + taken)
    row.save(update_fields=["counts"])
