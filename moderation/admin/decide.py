"""Decides on the comments selected in the list, through the same service as the desk and the API."""

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from moderation.models import Action, Reason
from moderation.services.errors import ServiceError
from moderation.services.review.bulk import decisions_record
from moderation.services.review.chunks import BulkOutcome
from moderation.services.review.transitions import ActionRefusal
from moderation.services.states.version import version_tokens_parse

SEEN = "seen"
MAX_NAMED = 10


class DecisionForm(ActionForm):
    """The list's action form with the newsroom's reasons."""

    reason = forms.ModelChoiceField(Reason.objects.all(), to_field_name="code", required=False, label=_("Reason:"))


def selection_decide(request: HttpRequest, action: Action) -> None:
    """Decides on each selected comment, and reports what was done and what was refused.

    A comment that changed since the page was rendered is refused. One that no longer matches the list's filter still
    counts, because it was selected. Selecting across pages is not supported, because nobody has seen those comments.
    """
    shown = version_tokens_parse(request.POST.getlist(SEEN))
    selected = set(request.POST.getlist(ACTION_CHECKBOX_NAME))
    tokens = {pk: token for pk, token in shown.items() if str(pk) in selected}
    try:
        outcome = decisions_record(
            tokens=tokens, action=action, actor=cast("User", request.user), reason=request.POST.get("reason", "")
        )
    except ServiceError as error:
        messages.error(request, error.detail)
    else:
        _report(request, action, outcome)


def _report(request: HttpRequest, action: Action, outcome: BulkOutcome) -> None:
    if outcome.done:
        said = ngettext(
            "%(action)s: done for %(count)d comment.", "%(action)s: done for %(count)d comments.", outcome.done
        )
        messages.success(request, said % {"action": action.label, "count": outcome.done})
    for refusal, comments in outcome.refused.items():
        named = ", ".join(f"#{pk}" for pk in comments[:MAX_NAMED]) + (" …" if len(comments) > MAX_NAMED else "")
        words = {"action": action.label, "comments": named, "why": ActionRefusal(refusal).label}
        messages.warning(request, gettext("%(action)s refused for %(comments)s: %(why)s.") % words)
    if not outcome.done and not outcome.refused:
        messages.warning(request, gettext("None of the selected comments is on this page."))
