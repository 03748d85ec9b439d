"""Muting commenters, and looking up their record.

A mute holds a commenter's future comments (`services.verdicts.transitions`); existing ones stay as they are. The ledger
records when a mute starts and when somebody ends it. Looking up a record is logged too.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from archive.database.by_the_way import note_soon
from archive.database.clock import database_now
from archive.models import Comment, Commenter
from moderation.models import Action, Decision, DecisionKind, LookUp, Mute, State
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError, conflict, invalid, not_found
from moderation.services.ledger.append import decisions_append
from moderation.services.review.actions import check_future, reason_ground
from moderation.services.states.status import UNSCORED

MUTED, UNMUTED = "muted", "unmuted"
# Counts cover a commenter's most recent comments only: some names have a hundred thousand.
RECORD_COMMENTS = 1_000
RECORD_DECISIONS = 20


@dataclass(frozen=True, slots=True)
class CommenterRecord:
    """A commenter's record: their last RECORD_COMMENTS comments counted by state, and the last decisions.

    `last` is newest first and includes mutes. `mute` is the active mute, or None; `muted_until` is when it ends, None
    also for a mute without end. `states` is state → how many of the comments, `reports` how often these were reported.
    """

    commenter: Commenter
    comments: int
    approved: int
    rejected: int
    pending: int
    last: list[Decision]
    mute: Mute | None
    states: Mapping[str, int]
    reports: int

    @property
    def muted(self) -> bool:
        """Whether their new comments are held."""
        return self.mute is not None

    @property
    def muted_until(self) -> datetime | None:
        """When the mute ends by itself."""
        return self.mute.until if self.mute else None


@transaction.atomic
def commenter_mute(
    *,
    commenter_id: int,
    actor: User | None,
    reason: str,
    until: datetime | None = None,
    comment_id: int | None = None,
    api_key: str = "",
) -> Mute:
    """Holds the commenter's comments from now on, until `until` or until somebody ends the mute; returns the mute.

    `reason` is a Reason's code; `comment_id` is the comment of theirs that caused it; a key has no actor unless it acts
    for a person. Raises ServiceError: `not_found`,
    also for a commenter of another source; `validation_error` by field; `conflict` if they are already muted (end that
    mute first).
    """
    check_future(until)
    if not reason:
        raise invalid("/reason", _("A mute needs a reason."), code="required")
    ground = reason_ground(reason)
    commenter = _lock(commenter_id, actor)
    _check_cause(commenter, comment_id)
    now = database_now()
    if Mute.objects.active(now).filter(commenter=commenter).exists():
        raise conflict(_("The commenter is muted already."))
    Mute.objects.filter(commenter=commenter, ended_at=None).update(ended_at=now)
    said = {"api_key": api_key, "reason": reason, "ground": ground, "until": until, "at": now}
    row = _append_row(commenter, actor, Action.MUTE, **said)
    return Mute.objects.create(
        commenter=commenter, comment_id=comment_id, decision=row, reason=reason, since=now, until=until
    )


@transaction.atomic
def commenter_unmute(*, commenter_id: int, actor: User | None, api_key: str = "") -> Decision:
    """Ends the mute; returns the ledger row. Comments that were held stay held until a person decides.

    Raises ServiceError: `not_found`; `conflict` if the commenter is not muted.
    """
    commenter, now = _lock(commenter_id, actor), database_now()
    if not Mute.objects.active(now).filter(commenter=commenter).update(ended_at=now):
        raise conflict(_("The commenter is not muted."))
    return _append_row(commenter, actor, Action.UNMUTE, api_key=api_key, at=now)


def commenter_record(*, commenter_id: int, actor: User, sources: Collection[int] | None = None) -> CommenterRecord:
    """Returns the commenter's record, and logs that `actor` looked it up. Six queries.

    `sources` are those of the actor, if the caller has read them. Raises ServiceError `not_found`, also for a commenter
    of another source.
    """
    commenter = _with_mute(commenter_id, user_sources(actor) if sources is None else sources)
    seen = {"commenter_id": commenter.pk, "actor_id": actor.pk, "at": timezone.now()}
    note_soon(lambda: LookUp.objects.create(**seen))
    own = Comment.objects.filter(commenter=commenter).order_by("-pk")
    rows = list(own.values_list("pk", "review__state", "review__reader_flags")[:RECORD_COMMENTS])
    comments, states = [pk for pk, *_rest in rows], Counter(state or UNSCORED for _pk, state, _flags in rows)
    return CommenterRecord(
        commenter=commenter,
        comments=len(comments),
        approved=states[State.APPROVED],
        rejected=states[State.REJECTED],
        pending=states[State.PENDING],
        last=_last(commenter, comments),
        mute=_active(commenter),
        states=states,
        reports=sum(flags or 0 for _pk, _state, flags in rows),
    )


def _with_mute(commenter_id: int, sources: Collection[int]) -> Commenter:
    """Returns the commenter with the mute that was not ended, of which there is at most one."""
    standing = FilteredRelation("mutes", condition=Q(mutes__ended_at=None))
    rows: QuerySet[Any] = Commenter.objects.filter(pk=commenter_id)
    found = rows.alias(standing=standing).select_related("standing")
    commenter: Commenter | None = (found.filter(source__in=sources) if sources else found).first()
    if commenter is None:
        raise not_found(_("There is no such commenter."))
    return commenter


def _active(commenter: Commenter) -> Mute | None:
    mute: Mute | None = getattr(commenter, "standing", None)
    return mute if mute and (mute.until is None or mute.until > timezone.now()) else None


def _commenter(commenter_id: int, actor: User | None, *, lock: bool = False) -> Commenter:
    """Returns the commenter; raises `not_found`, also for a commenter of another source."""
    sources = user_sources(actor)
    found = Commenter.objects.filter(pk=commenter_id)
    found = found.filter(source__in=sources) if sources else found
    commenter = (found.select_for_update(no_key=True) if lock else found).first()
    if commenter is None:
        raise ServiceError("not_found", _("There is no such commenter."))
    return commenter


def _lock(commenter_id: int, actor: User | None) -> Commenter:
    return _commenter(commenter_id, actor, lock=True)


def _check_cause(commenter: Commenter, comment_id: int | None) -> None:
    if comment_id is not None and not Comment.objects.filter(pk=comment_id, commenter=commenter).exists():
        raise invalid("/comment", _("The comment is not one of this commenter's."), code="invalid_choice")


def _append_row(commenter: Commenter, actor: User | None, action: Action, **columns: object) -> Decision:
    before, after = (UNMUTED, MUTED) if action == Action.MUTE else (MUTED, UNMUTED)
    row = Decision(
        commenter=commenter,
        kind=DecisionKind.PERSON if actor else DecisionKind.SYSTEM,
        actor=actor,
        action=action,
        from_state=before,
        to_state=after,
        **columns,
    )
    return decisions_append([row])[0]


def _last(commenter: Commenter, comments: Collection[int]) -> list[Decision]:
    shown = Decision.objects.select_related("actor", "policy", "undoes").defer("scores", "policy__body").order_by("-pk")
    about = [*shown.filter(comment__in=comments)[:RECORD_DECISIONS]]
    about += shown.filter(commenter=commenter)[:RECORD_DECISIONS]
    return sorted(about, key=lambda row: -row.pk)[:RECORD_DECISIONS]
