"""One action on many comments: a selection of a queue, or a comment with its replies, previewed and then confirmed."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import Comment
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.cards import cards_read
from moderation.desk.finding.queues import DEFAULT, QUEUES
from moderation.desk.forms import DEFER, ActionInput, action_input_read, reason_choices
from moderation.desk.responses import act_remember, address, desk_page, go, refused_status
from moderation.desk.wording.labels import ACTIONS, DONE, STATES, label
from moderation.models import Action
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES
from moderation.services.review.bulk import (
    MAX_COMMENTS,
    decisions_preview,
    preview_confirm,
    preview_scope,
    subtree_ids,
)
from moderation.services.review.chunks import BulkOutcome
from moderation.services.review.previews import PreviewTerms, preview_sign
from moderation.services.review.transitions import ActionRefusal
from moderation.services.states.version import VersionToken, version_tokens_parse

NAMED = 20
# Comments of a preview that are shown, the first of them; the others are counted.
SHOWN = 12


@desk_view(DECIDE)
def selection(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows what an action would do to the comments that were ticked; does it once that is confirmed."""
    if request.method != "POST":
        return go(_back(request))
    tokens = version_tokens_parse(" ".join(request.POST.getlist("seen")).split())
    if not tokens:
        messages.warning(request, _("No comment was selected."))
        return go(_back(request))
    if len(tokens) > MAX_COMMENTS:
        messages.warning(request, _("At most %(limit)d comments in one act.") % {"limit": MAX_COMMENTS})
        return go(_back(request))
    return _asked_or_done(request, person, tokens, comment=None)


@desk_view(DECIDE)
def subtree(request: HttpRequest, person: Person, comment_id: int) -> HttpResponse:
    """Shows what an action would do to a comment and all replies below it; does it once that is confirmed."""
    try:
        ids = subtree_ids(comment_id=comment_id, actor=person.user)
    except ServiceError as error:
        raise Http404 from error
    if request.method != "POST":
        return _asked_or_done(request, person, _tokens(ids), comment=comment_id)
    tokens = version_tokens_parse(request.POST.get("seen", "").split())
    if "confirmed" not in request.POST:
        tokens = {pk: token for pk, token in tokens.items() if pk in set(ids)}
    return _asked_or_done(request, person, tokens, comment=comment_id)


def _tokens(ids: Collection[int]) -> dict[int, VersionToken]:
    rows = (
        Comment.objects.filter(pk__in=ids)
        .select_related("review")
        .only("revision", "taken_revision", "review__state_version")
    )
    return {row.pk: VersionToken.of(row) for row in rows}


def _asked_or_done(
    request: HttpRequest, person: Person, tokens: Mapping[int, VersionToken], comment: int | None
) -> HttpResponse:
    wanted, refused = action_input_read(request.POST.dict()), None
    if "confirmed" in request.POST:
        signature = request.POST.get("preview", "")
        try:
            outcome = preview_confirm(
                root=comment, tokens=tokens, signature=signature, actor=person.user, **wanted.parts
            )
        except ServiceError as error:
            refused = error
        else:
            tell(request, wanted.action, outcome, back=_back(request))
            return go(_back(request))
    return _preview(request, person, tokens, wanted, comment=comment, refused=refused)


def _preview(
    request: HttpRequest,
    person: Person,
    tokens: Mapping[int, VersionToken],
    wanted: ActionInput,
    *,
    comment: int | None,
    refused: ServiceError | None,
) -> HttpResponse:
    action = wanted.action if wanted.action in ACTIONS else Action.APPROVE.value
    terms = PreviewTerms(
        actor=person.user, scope=preview_scope(comment), action=action, reason=wanted.reason, until=wanted.until
    )
    preview = decisions_preview(tokens=tokens, action=action, actor=person.user)
    rule, reasons = ACTION_RULES[action], reason_choices()
    return desk_page(
        request,
        person,
        "bulk",
        title=_("With all replies to #%(number)s") % {"number": comment}
        if comment
        else _("With the selected comments"),
        status=refused_status(refused),
        preview=preview,
        signature=preview_sign(terms=terms, tokens=tokens.values()),
        changes=len(preview.changes),
        total=len(tokens),
        cards=cards_read(preview.changes[:SHOWN], person),
        more=max(0, len(preview.changes) - SHOWN),
        becomes=label(STATES, rule.leads_to),
        refusals=refusals_shown(preview.refused),
        tokens=" ".join(map(str, tokens.values())),
        terms=terms,
        act_label=label(ACTIONS, action),
        actions=ACTIONS.items(),
        reasons=reasons,
        reason=next((one for one in reasons if one.code == terms.reason), None),
        lacks_reason=rule.takes_reason and not terms.reason and settings.MODERATION_REASON_REQUIRED,
        defers=DEFER.items(),
        note=wanted.note,
        refused=refused,
        comment_id=comment,
        back=address("comment", comment, query=request.GET.urlencode()) if comment else _back(request),
    )


def refusals_shown(refused: Mapping[str, list[int]]) -> list[dict[str, Any]]:
    """Returns what an action leaves alone and why, with the first comments of each kind."""
    return [
        {"words": ActionRefusal(kind).label, "count": len(ids), "ids": ids[:NAMED], "more": max(0, len(ids) - NAMED)}
        for kind, ids in refused.items()
        if ids
    ]


def tell(request: HttpRequest, action: str, outcome: BulkOutcome, *, back: str) -> None:
    """Says what an action on many comments did, remembers it for an undo, and names what was left alone.

    `back` is the address that an undo comes back to.
    """
    if outcome.done:
        words = ngettext("%(count)d comment: %(done)s.", "%(count)d comments: %(done)s.", outcome.done)
        act_remember(
            request, words % {"count": outcome.done, "done": label(DONE, action)}, back=back, batch=outcome.batch
        )
    for kind in refusals_shown(outcome.refused):
        named = ", ".join(f"#{pk}" for pk in kind["ids"]) + (" …" if kind["more"] else "")
        words = _("Left alone, %(why)s: %(comments)s") % {"why": kind["words"], "comments": named}
        messages.warning(request, words)
    if outcome.left:
        said = ngettext(
            "The time for one act was over: %(count)d comment is left. Look at the range again and go on.",
            "The time for one act was over: %(count)d comments are left. Look at the range again and go on.",
            outcome.left,
        )
        messages.warning(request, said % {"count": outcome.left})
    if not outcome.done and not outcome.refused and not outcome.left:
        messages.info(request, _("Nothing was there to do."))


def _back(request: HttpRequest) -> str:
    """Returns the queue that the person came from."""
    query = request.GET.copy()
    name = query.pop("queue", [""])[-1]
    return address("queue", name if name in QUEUES else DEFAULT.name, query=query.urlencode())
