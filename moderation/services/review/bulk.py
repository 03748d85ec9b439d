"""One act on a selection or a whole reply subtree, with a preview of what it will do, and the undo of such an act."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment, CommentQuerySet
from moderation.models import Action, Decision
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, invalid
from moderation.services.review.actions import LEADS_TO, ActionRequest, action_check
from moderation.services.review.chunks import BulkOutcome, actions_apply, undos_apply
from moderation.services.review.decisions import refuse_others
from moderation.services.review.transitions import ActionRefusal, action_refusal
from moderation.services.states.current import review_of
from moderation.services.states.version import VersionToken

# What a person can pick by hand; a range of scores and a subtree have no such bound.
MAX_COMMENTS = 1_000
PREVIEWED = ("id", "revision", "taken_revision", "review__state", "review__highlighted", "review__holder")


@dataclass(slots=True)
class Preview:
    """What an act would do now: `changes` are the ids that it would change, `refused` those that it would leave alone.

    `refused` is the value of a `ActionRefusal` → ids of comments.
    """

    changes: list[int] = field(default_factory=list)
    refused: dict[str, list[int]] = field(default_factory=dict)


def decisions_preview(*, comment_ids: Collection[int], action: str, actor: User) -> Preview:
    """Returns what `action` by `actor` would do to the comments now; writes nothing. Two queries a thousand comments.

    Raises ServiceError `validation_error` for an action that is none and for more than MOST_COMMENTS.
    """
    _refuse_many(comment_ids)
    if action not in LEADS_TO:
        raise invalid("/action", _("There is no such action."), code="invalid_choice")
    act, now, preview = ActionRequest(Action(action), actor), database_now(), Preview()
    found = _previewed(comment_ids, actor).in_bulk()
    for pk in sorted(comment_ids):
        comment = found.get(pk)
        refusal = (
            action_refusal(comment, review_of(comment), act, seen=None, now=now) if comment else ActionRefusal.UNKNOWN
        )
        target = preview.refused.setdefault(refusal.value, []) if refusal else preview.changes
        target.append(pk)
    return preview


def decisions_record(
    *,
    seen: Mapping[int, VersionToken],
    action: str,
    actor: User,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
) -> BulkOutcome:
    """Does one act to a selection; what changed since it was seen, or does not allow the act, is left alone and named.

    `seen` is comment id → what the person had before them. Raises ServiceError `validation_error` by field, and for
    more than MOST_COMMENTS; nothing is written then.
    """
    _refuse_many(seen)
    outcome = BulkOutcome(uuid4())
    act = action_check(action=action, actor=actor, reason=reason, note=note, until=until, batch=outcome.batch)
    return actions_apply(comment_ids=seen, seen=seen, act=act, outcome=outcome)


def subtree_ids(*, comment_id: int, actor: User) -> list[int]:
    """Returns the comment and all replies below it, by their ids; raises ServiceError `not_found`. Two queries."""
    sources = user_sources(actor)
    comments = Comment.objects.filter(source__in=sources) if sources else Comment.objects.all()
    root = comments.filter(pk=comment_id).only("article_id").first()
    if root is None:
        raise ServiceError("not_found", _("There is no such comment."))
    pairs = Comment.objects.filter(article=root.article_id, parent__isnull=False).values_list("parent_id", "pk")
    return sorted(_below(comment_id, pairs))


def subtree_decide(
    *,
    comment_id: int,
    action: str,
    actor: User,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
    seen_replies: Mapping[int, VersionToken] | None = None,
) -> BulkOutcome:
    """Does one act to a comment and all replies below it.

    `seen_replies` is comment id → what the person had before them, the comment itself among them: what came or changed
    since is left alone as `changed`. None: whatever is there now. Raises ServiceError as `decisions_record` does, and
    `not_found`.
    """
    outcome = BulkOutcome(uuid4())
    act = action_check(action=action, actor=actor, reason=reason, note=note, until=until, batch=outcome.batch)
    ids = subtree_ids(comment_id=comment_id, actor=actor)
    known = [pk for pk in ids if seen_replies is None or pk in seen_replies]
    for pk in sorted(set(ids) - set(known)):
        outcome.refuse(ActionRefusal.CHANGED, pk)
    return actions_apply(comment_ids=known, seen=seen_replies, act=act, outcome=outcome)


def batch_undo(*, batch: UUID, actor: User) -> BulkOutcome:
    """Undoes an act on many comments: each of its decisions that is still the last one on its comment.

    The undos share a batch id of their own. Run again it goes on where it was interrupted. Raises ServiceError
    `not_found` where there is no such act, or none in the actor's sources, and `permission_denied` where another did
    it and `actor` may not undo others' decisions.
    """
    rows = Decision.objects.in_sources(user_sources(actor)).filter(batch=batch, undoes=None, comment__isnull=False)
    decisions = list(rows.order_by("pk"))
    if not decisions:
        raise ServiceError("not_found", _("There is no such act."))
    for decision in decisions:
        refuse_others(decision, actor, "")
    outcome = BulkOutcome(uuid4())
    return undos_apply(decisions=decisions, act=ActionRequest(Action.UNDO, actor, batch=outcome.batch), outcome=outcome)


def _refuse_many(comment_ids: Collection[int]) -> None:
    if len(comment_ids) > MAX_COMMENTS:
        said = _("At most %(limit)d comments in one act.") % {"limit": MAX_COMMENTS}
        raise invalid("/comments", said, limit=MAX_COMMENTS)


def _previewed(comment_ids: Collection[int], actor: User) -> CommentQuerySet:
    sources = user_sources(actor)
    comments = Comment.objects.filter(pk__in=comment_ids)
    comments = comments.filter(source__in=sources) if sources else comments
    columns = (*PREVIEWED, "review__holder_until", "review__state_version")
    return comments.select_related("review").only(*columns)


def _below(root: int, pairs: Collection[tuple[int | None, int]]) -> set[int]:
    replies: dict[int | None, list[int]] = {}
    for parent, pk in pairs:
        replies.setdefault(parent, []).append(pk)
    found, waiting = {root}, [root]
    while waiting:
        new = [pk for pk in replies.get(waiting.pop(), []) if pk not in found]
        found.update(new)
        waiting += new
    return found
