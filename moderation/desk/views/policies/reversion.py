"""Taking back what a rule did without a person: previewed, then confirmed."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from moderation.desk.access import Person, desk_view
from moderation.desk.responses import STATUSES, address, desk_page, go
from moderation.desk.views.policies.access import SWITCH, may_activate, version_or_404
from moderation.models import PolicyVersion, Reversion
from moderation.services.errors import ServiceError
from moderation.services.policies.rollout.stages import policy_revert_previewed
from moderation.services.reversion.preview import MOST_PREVIEWED, ReversionPreview, reversion_preview
from moderation.services.review.previews import PreviewTerms, preview_read, preview_sign

# A request undoes for so long; what is left is previewed again.
REVERT_SECONDS = 10.0
DIGITS = 18
TOO_MANY = "too_many"
NAMED = 20


@desk_view(SWITCH)
def reversion(request: HttpRequest, person: Person, version: int) -> HttpResponse:
    """Shows what undoing the rule that `rule` names would change; does it once that is confirmed."""
    if not may_activate(person):
        raise PermissionDenied
    found, rule = version_or_404(version), request.GET.get("rule", "")
    if not rule:
        return go(address("policy-rollout", version))
    if rule not in {one["id"] for one in found.body["rules"]}:
        raise Http404
    if request.method != "POST" or "confirmed" not in request.POST:
        return _show(request, person, found, rule)
    try:
        done = _confirmed(request, person, found, rule)
    except ServiceError as error:
        return _show(request, person, found, rule, refused=error)
    return _told(request, found, rule, done)


def _terms(person: Person, version: int, rule: str, last_id: int) -> PreviewTerms:
    return PreviewTerms(actor=person.user, scope=f"revert:{version}:{last_id}:{rule}", action="undo")


def _confirmed(request: HttpRequest, person: Person, found: PolicyVersion, rule: str) -> Reversion:
    last = request.POST.get("last", "")
    last_id = int(last) if last.isascii() and last.isdigit() and len(last) <= DIGITS else 0
    terms = _terms(person, found.version, rule, last_id)
    tokens = preview_read(terms=terms, signature=request.POST.get("preview", ""))
    return policy_revert_previewed(
        version=found.version,
        rule=rule,
        last_id=last_id,
        tokens=tokens.values(),
        actor=person.user,
        seconds=REVERT_SECONDS,
    )


def _told(request: HttpRequest, found: PolicyVersion, rule: str, done: Reversion) -> HttpResponse:
    said = ngettext(
        "Rule %(name)s: what it did to %(count)d comment is undone. It acts through a person from now on.",
        "Rule %(name)s: what it did to %(count)d comments is undone. It acts through a person from now on.",
        done.reverted,
    )
    messages.success(request, said % {"name": rule, "count": done.reverted})
    if done.finished_at:
        return go(address("policy-rollout", found.version))
    messages.warning(request, _("The time for one act was over: look at the rest, then confirm it."))
    return go(request.get_full_path())


def _show(
    request: HttpRequest, person: Person, found: PolicyVersion, rule: str, refused: ServiceError | None = None
) -> HttpResponse:
    preview, too_many = _preview(found, rule)
    return desk_page(
        request,
        person,
        "policies/reversion",
        title=_("Undo what rule %(name)s of version %(number)d did") % {"name": rule, "number": found.version},
        status=STATUSES.get(refused.code, 400) if refused else 200,
        version=found,
        rule=rule,
        refused=refused,
        too_many=too_many,
        most=MOST_PREVIEWED,
        **_shown(person, found, rule, preview),
    )


def _preview(found: PolicyVersion, rule: str) -> tuple[ReversionPreview | None, bool]:
    try:
        return reversion_preview(version=found, rule=rule), False
    except ServiceError as error:
        if any(one.code == TOO_MANY for one in error.errors):
            return None, True
        raise


def _shown(person: Person, found: PolicyVersion, rule: str, preview: ReversionPreview | None) -> dict[str, Any]:
    if preview is None:
        return {}
    terms = _terms(person, found.version, rule, preview.last_id)
    return {
        "preview": preview,
        "moves": [(*move, count) for move, count in preview.moves.items()],
        "undone": len(preview.tokens),
        "named": [token.comment_id for token in preview.tokens[:NAMED]],
        "more": max(0, len(preview.tokens) - NAMED),
        "signature": preview_sign(terms=terms, tokens=preview.tokens),
    }
