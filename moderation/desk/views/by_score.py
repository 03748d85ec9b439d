"""Deciding by score: a histogram of what is pending, a range of it, a sample across it, and one action on all of it.

The range and the action are chosen in the address; what is posted confirms just what was shown for them.
"""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Source
from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.cards import cards_read
from moderation.desk.finding.lookups import LookupField, articles_named
from moderation.desk.finding.queues import DEFAULT
from moderation.desk.forms import ActionInput, action_input_read, reason_choices
from moderation.desk.histogram import HEIGHT, TICKS, WIDTH, columns
from moderation.desk.responses import address, desk_page, go, refused_status
from moderation.desk.views.bulk import tell
from moderation.desk.wording.labels import ATTRIBUTES, label
from moderation.models import Score
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES
from moderation.services.review.chunks import BulkOutcome
from moderation.services.review.score_range import (
    Narrowing,
    RangePreview,
    pending_histogram,
    range_decide,
    range_preview,
    range_terms,
)

SAMPLE = 12
PLACE = ("source", "section", "article")
ACTIONS = {action: rule.label for action, rule in ACTION_RULES.items() if rule.in_range}


class RangeForm(forms.Form):
    """A range of one attribute's score, both ends included."""

    attribute = forms.ChoiceField(
        label=gettext_lazy("Score of"), choices=[(name, ATTRIBUTES[name]) for name in Score.ATTRIBUTES]
    )
    lower = forms.FloatField(label=gettext_lazy("from"), required=False, min_value=0, max_value=1)
    upper = forms.FloatField(label=gettext_lazy("to"), required=False, min_value=0, max_value=1)
    source = forms.ModelChoiceField(
        Source.objects.none(),
        label=gettext_lazy("Source"),
        to_field_name="slug",
        required=False,
        empty_label=gettext_lazy("all"),
    )
    section = forms.CharField(label=gettext_lazy("Section"), required=False, max_length=200)
    article = LookupField(articles_named, label=gettext_lazy("Article"), hint=gettext_lazy("words of its title"))

    def __init__(self, data: Mapping[str, Any], *, person: Person) -> None:
        super().__init__({"attribute": Score.ATTRIBUTES[0], **data})
        self.person = person
        field = cast("forms.ModelChoiceField[Source]", self.fields["source"])
        field.queryset = person.within(Source.objects.all(), "pk")
        cast("LookupField", self.fields["article"]).person = person
        for name in ("lower", "upper"):
            self.fields[name].widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        """Refuses half a range, and one the wrong way round."""
        cleaned = super().clean() or {}
        lower, upper = cleaned.get("lower"), cleaned.get("upper")
        if not self.errors and (lower is None) != (upper is None):
            self.add_error("upper" if upper is None else "lower", _("A range has two ends."))
        if lower is not None and upper is not None and lower > upper:
            self.add_error("upper", _("The range ends before it begins."))
        return cleaned

    @property
    def range(self) -> tuple[float, float] | None:
        """Returns the range, None if none was chosen."""
        lower, upper = self.cleaned_data.get("lower"), self.cleaned_data.get("upper")
        return None if lower is None or upper is None else (lower, upper)

    @property
    def within(self) -> dict[str, Any]:
        """Returns where the range is: the services' `sources` and `narrowing`."""
        source, article = self.cleaned_data.get("source"), self.cleaned_data.get("article")
        sources = frozenset({source.pk}) if source else self.person.sources
        narrowing = Narrowing(self.cleaned_data.get("section", ""), article.ids if article else ())
        return {"sources": sources, "narrowing": narrowing}

    @property
    def place(self) -> dict[str, str]:
        """Returns the fields of the address that say where the range is."""
        return {name: self.data[name] for name in PLACE if self.data.get(name)}


@desk_view(DECIDE)
def batch(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows the histogram and, if a range is chosen, what is in it; decides the range if that was posted."""
    form = RangeForm(request.GET.dict(), person=person)
    posted = request.method == "POST"
    wanted = action_input_read(request.POST.dict() if posted else request.GET.dict())
    if not form.is_valid():
        return _show(request, person, form, wanted=wanted)
    if not posted or form.range is None:
        return _show(request, person, form, wanted=wanted)
    try:
        outcome = range_decide(
            **_range(form),
            token=request.POST.get("token", ""),
            action=wanted.action,
            actor=person.user,
            reason=wanted.reason,
        )
    except ServiceError as error:
        return _show(request, person, form, wanted=wanted, refused=error)
    back = address("batch", query=_after(form, wanted, outcome))
    tell(request, wanted.action, outcome, back=back)
    return go(back)


def _range(form: RangeForm) -> dict[str, Any]:
    lower, upper = form.range or (0.0, 1.0)
    return {"attribute": form.cleaned_data["attribute"], "lower": lower, "upper": upper, **form.within}


def _after(form: RangeForm, wanted: ActionInput, outcome: BulkOutcome) -> str:
    """Returns the query of the page after a decision: the same range and action if some comments are left."""
    query = {"attribute": form.cleaned_data["attribute"], **form.place}
    if outcome.left and form.range:
        lower, upper = form.range
        query |= {"lower": str(lower), "upper": str(upper), "act": wanted.action, "reason": wanted.reason}
    return urlencode(query)


def _status(form: RangeForm, refused: ServiceError | None) -> int:
    return refused_status(refused) if refused or form.is_valid() else 400


def _previewed(person: Person, form: RangeForm, wanted: ActionInput) -> RangePreview | None:
    """Returns what the chosen range holds, with a token if an action is chosen too; None if no range is."""
    if form.range is None:
        return None
    chosen = _range(form)
    terms = None
    if wanted.action in ACTIONS:
        terms = range_terms(**chosen, actor=person.user, action=wanted.action, reason=wanted.reason)
    return range_preview(**chosen, sample=SAMPLE, terms=terms)


def _show(
    request: HttpRequest,
    person: Person,
    form: RangeForm,
    *,
    wanted: ActionInput,
    refused: ServiceError | None = None,
) -> HttpResponse:
    attribute = form.cleaned_data["attribute"] if form.is_valid() else Score.ATTRIBUTES[0]
    chosen, preview = form.range if form.is_valid() else None, None
    try:
        preview = _previewed(person, form, wanted) if chosen else None
    except ServiceError as error:
        refused = refused or error
    within = form.within if form.is_valid() else {"sources": person.sources}
    bins = pending_histogram(attribute=attribute, **within)
    lower, upper = chosen or (None, None)
    rule = ACTION_RULES.get(wanted.action) if wanted.action in ACTIONS else None
    reasons = reason_choices() if preview else []
    return desk_page(
        request,
        person,
        "batch",
        title=_("Decide by score"),
        status=_status(form, refused),
        form=form,
        attribute=attribute,
        attribute_label=label(ATTRIBUTES, attribute),
        columns=columns(bins, lower=lower, upper=upper),
        place=urlencode(form.place),
        place_fields=form.place.items(),
        width=WIDTH,
        height=HEIGHT,
        ticks=TICKS,
        total=sum(one.count for one in bins),
        chosen=chosen,
        preview=preview,
        cards=cards_read([review.pk for review in preview.sample], person) if preview else [],
        actions=ACTIONS.items(),
        wanted=wanted,
        act_label=rule.label if rule else "",
        lacks_reason=bool(rule and rule.takes_reason and not wanted.reason and settings.MODERATION_REASON_REQUIRED),
        pending_queue=DEFAULT,
        reasons=reasons,
        reason=next((one for one in reasons if one.code == wanted.reason), None),
        refused=refused,
    )
