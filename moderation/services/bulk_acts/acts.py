"""Acts: begun by a confirmation, done chunk by chunk by whoever comes by, and taken back.

A chunk and how far the act is are written in one transaction, so that an act which is interrupted, or done by two at
once, does each comment once. Locks: the act, then comments, reviews and the ledger.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from archive.database.clock import database_now
from moderation.models import Action, BulkAct, Decision
from moderation.services.accounts.source_limits import user_sources
from moderation.services.errors import ServiceError
from moderation.services.review.actions import DECIDE, ActionRequest, action_check, reason_ground
from moderation.services.review.chunks import CHUNK, BulkOutcome, chunk_apply, chunk_undo
from moderation.services.review.decisions import refuse_others
from moderation.services.review.previews import PreviewTerms, preview_read, tokens_pack, tokens_unpack
from moderation.services.states.version import VersionToken

# The same confirmation gives the same batch id: pressed twice, it is done once.
BATCHES = UUID("0d1f7a52-7f3c-4c0e-8d0b-2b7c1a5f9e10")
# Why an act leaves the rest of its comments alone: who began it may no longer decide.
NOT_ALLOWED = "not_allowed"
Stop = Callable[[], bool]


def bulk_act_begin(*, terms: PreviewTerms, signature: str, note: str = "") -> BulkAct:
    """Records what a confirmed preview asks for, and returns the act; nothing is decided on yet.

    Raises ServiceError `preview_changed` if the signature is not that of a recent preview under these terms, and
    `validation_error` by field.
    """
    tokens = preview_read(terms=terms, signature=signature)
    action_check(action=terms.action, actor=terms.actor, reason=terms.reason, note=note, until=terms.until)
    said = {"action": terms.action, "reason": terms.reason, "until": terms.until, "note": note}
    return _begin(f"{terms.actor.pk}:{signature}", terms.actor, sorted(tokens.values()), **said)


def bulk_undo_begin(*, batch: UUID, actor: User) -> BulkAct:
    """Records that a batch is taken back, and returns the act that does it; the batch itself is done no further.

    Raises ServiceError `not_found` if there is no such batch, or none in the actor's sources, and `permission_denied`
    if another did it and `actor` may not undo others' decisions.
    """
    rows = Decision.objects.in_sources(user_sources(actor)).filter(batch=batch, undoes=None, comment__isnull=False)
    first = rows.order_by("pk").first()
    begun = BulkAct.objects.unfinished().filter(batch=batch)
    if first:
        refuse_others(first, actor, "")
    elif not begun.filter(actor=actor).exists():
        raise ServiceError("not_found", _("There is no such act."))
    begun.update(ended_at=database_now())
    ids = rows.order_by("comment_id").values_list("comment_id", flat=True).distinct()
    tokens = [VersionToken(pk, 1, 1) for pk in ids if pk is not None]
    return _begin(f"undo:{batch}:{actor.pk}", actor, tokens, action=Action.UNDO, undoes=batch)


def bulk_act_run(*, act: BulkAct, stop: Stop) -> BulkAct:
    """Does what is left of an act, until it is through or `stop()`; returns it as it is then.

    At least one chunk is done. Safe to interrupt, to kill, to repeat and to run twice at once.
    """
    while True:
        act = _chunk_do(act.pk)
        if act.ended_at or stop():
            return act


def bulk_acts_run(*, stop: Stop) -> int:
    """Goes on with every act that is not through; returns how many comments changed."""
    done = 0
    for act in BulkAct.objects.unfinished().order_by("pk"):
        if stop():
            break
        done += bulk_act_run(act=act, stop=stop).done - act.done
    return done


def until_in(seconds: float) -> Stop:
    """Returns a stop that is due in so many seconds."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _begin(name: str, actor: User, tokens: Sequence[VersionToken], **columns: Any) -> BulkAct:
    batch = uuid5(BATCHES, name)
    packed = [tokens_pack(tokens[at : at + CHUNK]) for at in range(0, len(tokens), CHUNK)]
    defaults = {"actor": actor, "comments": packed, "total": len(tokens), **columns}
    return BulkAct.objects.get_or_create(batch=batch, defaults=defaults)[0]


@transaction.atomic
def _chunk_do(pk: int) -> BulkAct:
    act = BulkAct.objects.select_for_update(of=("self",)).select_related("actor").get(pk=pk)
    if act.ended_at:
        return act
    outcome = BulkOutcome(act.batch)
    tokens = tokens_unpack(*act.comments[act.position // CHUNK]) if act.left else {}
    ids = list(tokens)
    if not (act.actor.is_active and act.actor.has_perm(DECIDE)):
        _give_up(act)
    elif act.undoes:
        _undo(act, ids, outcome)
    else:
        chunk_apply(ids, tokens, _request(act), user_sources(act.actor), outcome)
    _advance(act, len(ids), outcome)
    return act


def _request(act: BulkAct) -> ActionRequest:
    # Checked when it was confirmed; a time that has passed since is still what was asked for.
    ground = reason_ground(act.reason) if act.reason else ""
    return ActionRequest(Action(act.action), act.actor, "", act.reason, ground, act.note, act.until, act.batch)


def _undo(act: BulkAct, ids: Sequence[int], outcome: BulkOutcome) -> None:
    rows = Decision.objects.filter(batch=act.undoes, undoes=None, comment__in=ids).order_by("pk")
    decisions = {row.comment_id: row for row in rows if row.comment_id}
    request = ActionRequest(Action.UNDO, act.actor, batch=act.batch)
    chunk_undo(decisions, request, user_sources(act.actor), outcome)


def _give_up(act: BulkAct) -> None:
    act.refused = {**act.refused, NOT_ALLOWED: act.left}
    act.position = act.total


def _advance(act: BulkAct, looked_at: int, outcome: BulkOutcome) -> None:
    act.position = min(act.total, act.position + looked_at)
    act.done += outcome.done
    act.refused = dict(Counter(act.refused) + Counter({why: len(ids) for why, ids in outcome.refused.items()}))
    changed = ["position", "done", "refused"]
    if act.position >= act.total:
        # The ledger has what was done; what the form said is needed no longer.
        act.ended_at, act.note, act.comments = database_now(), "", []
        changed += ["ended_at", "note", "comments"]
    act.save(update_fields=changed)
