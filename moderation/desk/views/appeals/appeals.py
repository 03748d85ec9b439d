"""Appeals at the desk: those that are open or closed, and one of them, to be decided by somebody else."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from moderation.desk.access import VIEW, Person, desk_view
from moderation.desk.responses import address, desk_page, go, refused_status
from moderation.models import Appeal, AppealOutcome
from moderation.services.appeals.ruling import DECIDE_APPEAL, appeal_decide
from moderation.services.errors import ServiceError
from moderation.services.review.actions import NOTE_CHARACTERS

SEE = (*VIEW, "moderation.view_appeal")
LISTED = 25
TABS = {"open": pgettext_lazy("appeals", "Open"), "closed": pgettext_lazy("appeals", "Closed")}
# Digits of a number that every database holds.
MOST_DIGITS = 18


class RulingForm(forms.Form):
    """What a person decides on an appeal."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        widget=forms.RadioSelect,
        choices=[
            (AppealOutcome.UPHELD.value, gettext_lazy("The rejection stands")),
            (AppealOutcome.OVERTURNED.value, gettext_lazy("Overturn it: the comment is approved")),
        ],
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=NOTE_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=gettext_lazy("Why: whoever complained is told this."),
    )


@desk_view(SEE)
def appeals(request: HttpRequest, person: Person) -> HttpResponse:
    """Lists the appeals that are open, the oldest first, or those that are closed, the newest first."""
    tab = "closed" if request.GET.get("show") == "closed" else "open"
    rows = person.within(_shown(), "comment__source_id")
    rows = rows.closed().order_by("-pk") if tab == "closed" else rows.open().order_by("pk")
    after = request.GET.get("after", "")
    if after.isascii() and after.isdigit() and len(after) <= MOST_DIGITS:
        rows = rows.filter(**{"pk__lt" if tab == "closed" else "pk__gt": int(after)})
    found = list(rows[: LISTED + 1])
    more = found[LISTED - 1].pk if len(found) > LISTED else None
    return desk_page(
        request, person, "appeals/appeals", title=_("Appeals"), tab=tab, tabs=TABS, appeals=found[:LISTED], more=more
    )


@desk_view(SEE)
def appeal(request: HttpRequest, person: Person, appeal_id: int) -> HttpResponse:
    """Shows an appeal with the comment and the decision that it is against, and decides it."""
    found = person.within(_shown(), "comment__source_id").filter(pk=appeal_id).first()
    if found is None:
        raise Http404
    if request.method == "POST" and not person.user.has_perm(DECIDE_APPEAL):
        raise PermissionDenied
    refused, form = None, RulingForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_bound and form.is_valid():
        refused = _decided(request, person, found, form.cleaned_data)
        if refused is None:
            return go(address("appeals"))
    return desk_page(
        request,
        person,
        "appeals/appeal",
        title=_("Appeal #%(number)s") % {"number": found.pk},
        status=400 if form.errors else refused_status(refused),
        appeal=found,
        form=form,
        refused=refused,
        may_decide=found.is_open and person.user.has_perm(DECIDE_APPEAL),
        own=found.decision.actor_id == person.user.pk,
    )


def _shown() -> QuerySet[Appeal]:
    joined = ("comment__source", "comment__article", "comment__commenter", "decision__actor", "decision__policy")
    unread = ("comment__raw", "comment__meta", "comment__article__body", "decision__policy__body")
    return Appeal.objects.select_related(*joined, "decision__note", "decided_by").defer(*unread)


def _decided(request: HttpRequest, person: Person, found: Appeal, said: dict[str, Any]) -> ServiceError | None:
    try:
        ruled = appeal_decide(appeal_id=found.pk, actor=person.user, **said)
    except ServiceError as error:
        return error
    words = {"number": ruled.pk, "outcome": ruled.get_outcome_display()}
    messages.success(request, _("Appeal #%(number)s is closed: %(outcome)s.") % words)
    return None
