"""Why a comment is in a queue, beside its scores: what the site, readers and colleagues said of it, in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from archive.models import Comment, OriginState
from moderation.desk.wording.labels import DONE, label
from moderation.models import Claim, Decision, DecisionKind, ReaderFlag, Review, State

MAX_REPORTS = 4
MUTED = "commenter_muted"
# What a card tells of the last decision, in one column: a card costs no query of its own.
_TOLD = {name: name for name in ("action", "kind", "reason", "rule", "api_key", "to_state")}
_JOINED = {"actor": "actor__username", "policy": "policy__version", "note": "note__text"}
LAST_DECISION = Subquery(
    Decision.objects.filter(comment=OuterRef("pk")).order_by("-pk").values(told=JSONObject(**_TOLD, **_JOINED))[:1]
)


@dataclass(frozen=True, slots=True)
class Cause:
    """A line of a card: what is known, and what somebody wrote of it."""

    words: str
    note: str = ""


def reports_read(ids: Collection[int]) -> dict[int, list[str]]:
    """Returns comment id → what readers reported it for, the most frequent first, with counts. One query or none."""
    said: dict[int, list[str]] = {}
    rows = ReaderFlag.objects.filter(comment__in=ids).values_list("comment_id", "reason").annotate(many=Count("pk"))
    for pk, reason, many in rows.order_by("-many", "reason") if ids else ():
        said.setdefault(pk, []).append(f"{reason} ({many})" if many > 1 else reason)
    return said


def failures_read(ids: Collection[int]) -> frozenset[int]:
    """Returns which of the comments the model failed on. One query."""
    return frozenset(Claim.objects.filter(pk__in=ids, set_aside_at__isnull=False).values_list("pk", flat=True))


def causes_of(review: Review, last: Mapping[str, Any] | None, reports: Sequence[str]) -> list[Cause]:
    """Returns why a scored comment is there; `last` is its last decision, `reports` what readers said."""
    found = []
    if review.verdict.get("cause") == MUTED:
        found.append(Cause(_("held because the commenter is muted")))
    if review.held and review.comment.origin_state == OriginState.UNAPPROVED:
        found.append(Cause(_("the site waits for an approval")))
    if review.sampled and review.state == State.PENDING:
        found.append(Cause(_("drawn as a sample")))
    if reports:
        found.append(Cause(_("readers said: %(reasons)s") % {"reasons": ", ".join(reports[:MAX_REPORTS])}))
    if review.deferred_until:
        found.append(Cause(_("comes back %(time)s") % {"time": _moment(review.deferred_until)}))
    return [*found, *([_decided(review, last)] if last and last["to_state"] == review.state else [])]


def causes_unscored(comment: Comment, *, scored_before: bool, failed: bool) -> list[Cause]:
    """Returns why a comment has no scores."""
    if failed:
        found = [Cause(_("the model failed on it: an operator has to have it scored again"))]
    elif scored_before:
        found = [Cause(_("edited after it was scored: the new text waits for its scores"))]
    else:
        found = [Cause(_("new: it waits for its scores"))]
    if comment.origin_state == OriginState.UNAPPROVED:
        found.append(Cause(_("the site waits for an approval")))
    return found


def _decided(review: Review, last: Mapping[str, Any]) -> Cause:
    who = last["actor"] or last["api_key"] or _decider(last)
    words = f"{label(DONE, last['action'])}, {who}"
    if review.decided_at:
        words += f", {_moment(review.decided_at)}"
    return Cause(f"{words}, {last['reason']}" if last["reason"] else words, last["note"] or "")


def _decider(last: Mapping[str, Any]) -> str:
    if last["policy"]:
        return _("policy %(number)s, rule %(rule)s") % {"number": last["policy"], "rule": last["rule"] or "–"}
    return str(DecisionKind(last["kind"]).label)


def _moment(moment: Any) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")
