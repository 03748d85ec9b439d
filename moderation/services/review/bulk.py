"""One action on a selection or a whole reply subtree, with a preview of what it will do, and its undo."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from archive.models import Comment, CommentQuerySet
from moderation.models import Action, Decision
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, invalid
from moderation.services.review.actions import ACTION_RULES, ActionRequest, action_check
from moderation.services.review.chunks import BulkOutcome, actions_apply, undos_apply
from moderation.services.review.decisions import refuse_others
from moderation.services.review.previews import PreviewTerms, preview_check
from moderation.services.review.transitions import ActionRefusal, action_refusal
from moderation.services.states.current import review_of
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import handed_to_others

# What a person can pick by hand; a range of scores has a bound of its own, a subtree none.
MAX_COMMENTS = 1_000
PREVIEWED = ("id", "revision", "taken_revision", "review__state", "review__highlighted", "review__holder")


@dataclass(slots=True)
class Preview:
    """What an action would do now: `changes` are the ids that it would change, `refused` those it would leave alone.

    `refused` is the value of an `ActionRefusal` → ids of comments.
    """

    changes: list[int] = field(default_factory=list)
    refused: dict[str, list[int]] = field(default_factory=dict)


def decisions_preview(*, tokens: Mapping[int, VersionToken], action: str, actor: User) -> Preview:
    """Returns what `action` by `actor` would do to the comments now; writes nothing. Three queries a thousand comments.

    `tokens` is comment id → the version that the person saw. Raises ServiceError `validation_error` for an unknown
    action.
    """
    if action not in ACTION_RULES:
        raise invalid("/action", _("There is no such action."), code="invalid_choice")
    request, now, preview = ActionRequest(Action(action), actor), database_now(), Preview()
    found, handed = _previewed(tokens, actor).in_bulk(), handed_to_others(comment_ids=tokens, actor=actor)
    for pk in sorted(tokens):
        refusal = _refusal(found.get(pk), request, tokens[pk], now, handed)
        target = preview.refused.setdefault(refusal.value, []) if refusal else preview.changes
        target.append(pk)
    return preview


def preview_scope(root: int | None) -> str:
    """Returns the scope of a preview: of a selection or, with its root, of a subtree."""
    return "selection" if root is None else f"subtree:{root}"


def preview_confirm(
    *,
    root: int | None,
    tokens: Mapping[int, VersionToken],
    signature: str,
    action: str,
    actor: User,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
) -> BulkOutcome:
    """Applies an action to just what its preview showed: to a selection or, with `root`, to a subtree.

    `signature` is that of the preview. Raises ServiceError `preview_changed` if anything but the note differs from the
    preview, else as `decisions_record` and `subtree_decide` do; nothing is written then.
    """
    terms = PreviewTerms(actor=actor, scope=preview_scope(root), action=action, reason=reason, until=until)
    preview_check(terms=terms, tokens=tokens, signature=signature)
    parts: dict[str, Any] = {"action": action, "actor": actor, "reason": reason, "note": note, "until": until}
    if root is None:
        return decisions_record(tokens=tokens, **parts)
    return subtree_decide(comment_id=root, tokens=tokens, **parts)


def decisions_record(
    *,
    tokens: Mapping[int, VersionToken],
    action: str,
    actor: User,
    reason: str = "",
    note: str = "",
    until: datetime | None = None,
) -> BulkOutcome:
    """Applies one action to a selection; what changed since it was seen, or does not allow it, is left alone and named.

    `tokens` is comment id → the version that the person saw. Raises ServiceError `validation_error` by field, and for
    more than MAX_COMMENTS; nothing is written then.
    """
    _refuse_many(tokens)
    outcome = BulkOutcome(uuid4())
    request = action_check(action=action, actor=actor, reason=reason, note=note, until=until, batch=outcome.batch)
    return actions_apply(comment_ids=tokens, tokens=tokens, request=request, outcome=outcome)


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
    tokens: Mapping[int, VersionToken] | None = None,
) -> BulkOutcome:
    """Applies one action to a comment and all replies below it.

    `tokens` is comment id → the version that the person saw, the comment itself among them: what came or changed
    since is left alone as `changed`. None: whatever is there now. Raises ServiceError as `decisions_record` does, and
    `not_found`.
    """
    outcome = BulkOutcome(uuid4())
    request = action_check(action=action, actor=actor, reason=reason, note=note, until=until, batch=outcome.batch)
    ids = subtree_ids(comment_id=comment_id, actor=actor)
    known = [pk for pk in ids if tokens is None or pk in tokens]
    for pk in sorted(set(ids) - set(known)):
        outcome.refuse(ActionRefusal.CHANGED, pk)
    return actions_apply(comment_ids=known, tokens=tokens, request=request, outcome=outcome)


def batch_undo(*, batch: UUID, actor: User) -> BulkOutcome:
    """Undoes an action on many comments: each of its decisions that is still the last one on its comment.

    The undos share a batch id of their own. If it was interrupted, running it again goes on from there.

    Raises ServiceError `not_found` if there is no such action, or none in the actor's sources, and `permission_denied`
    if another did it and `actor` may not undo others' decisions.
    """
    rows = Decision.objects.in_sources(user_sources(actor)).filter(batch=batch, undoes=None, comment__isnull=False)
    decisions = list(rows.order_by("pk"))
    if not decisions:
        raise ServiceError("not_found", _("There is no such act."))
    for decision in decisions:
        refuse_others(decision, actor, "")
    outcome = BulkOutcome(uuid4())
    return undos_apply(
        decisions=decisions, request=ActionRequest(Action.UNDO, actor, batch=outcome.batch), outcome=outcome
    )


def _refuse_many(comment_ids: Collection[int]) -> None:
    if len(comment_ids) > MAX_COMMENTS:
        said = _("At most %(limit)d comments in one act.") % {"limit": MAX_COMMENTS}
        raise invalid("/comments", said, limit=MAX_COMMENTS)


def _refusal(
    comment: Comment | None, request: ActionRequest, expected: VersionToken, now: datetime, handed: Collection[int]
) -> ActionRefusal | None:
    if comment is None:
        return ActionRefusal.UNKNOWN
    return action_refusal(comment, review_of(comment), request, expected=expected, now=now, handed=handed)


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
