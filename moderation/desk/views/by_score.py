"""Deciding by score: a histogram of what is pending, a range of it, a sample across it, and one act on all of it."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.desk.access import DECIDE, Person, desk_view
from moderation.desk.cards import cards_read
from moderation.desk.forms import action_input_read, reason_choices
from moderation.desk.histogram import HEIGHT, TICKS, WIDTH, columns
from moderation.desk.labels import ATTRIBUTES, label
from moderation.desk.queues import DEFAULT
from moderation.desk.responses import address, desk_page, go
from moderation.desk.views.bulk import tell
from moderation.models import Score
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES
from moderation.services.review.chunks import BulkOutcome
from moderation.services.review.score_range import pending_histogram, range_decide, range_preview

SAMPLE = 12


class RangeForm(forms.Form):
    """A range of one attribute's score, both ends included."""

    attribute = forms.ChoiceField(
        label=gettext_lazy("Score of"), choices=[(name, ATTRIBUTES[name]) for name in Score.ATTRIBUTES]
    )
    lower = forms.FloatField(label=gettext_lazy("from"), required=False, min_value=0, max_value=1)
    upper = forms.FloatField(label=gettext_lazy("to"), required=False, min_value=0, max_value=1)

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
        """Returns the range, None where none was chosen."""
        lower, upper = self.cleaned_data.get("lower"), self.cleaned_data.get("upper")
        return None if lower is None or upper is None else (lower, upper)


@desk_view(DECIDE)
def batch(request: HttpRequest, person: Person) -> HttpResponse:
    """Shows the histogram and, where a range is chosen, what is in it; decides the range where that was posted."""
    form = RangeForm({"attribute": Score.ATTRIBUTES[0], **request.GET.dict()})
    for name in ("lower", "upper"):
        form.fields[name].widget.attrs["step"] = "any"
    if not form.is_valid():
        return _show(request, person, form, Score.ATTRIBUTES[0], None, None)
    attribute, chosen, refused = form.cleaned_data["attribute"], form.range, None
    if request.method == "POST" and chosen:
        try:
            outcome = _done(request, person, attribute, chosen)
        except ServiceError as error:
            refused = error
        else:
            tell(request, request.POST["act"], outcome)
            range_again = f"&lower={chosen[0]}&upper={chosen[1]}" if outcome.left else ""
            return go(address("batch", query=f"attribute={attribute}{range_again}"))
    return _show(request, person, form, attribute, chosen, refused)


def _done(request: HttpRequest, person: Person, attribute: str, chosen: tuple[float, float]) -> BulkOutcome:
    wanted = action_input_read(request.POST.dict())
    return range_decide(
        attribute=attribute,
        lower=chosen[0],
        upper=chosen[1],
        sources=person.sources,
        token=request.POST.get("token", ""),
        action=wanted.action,
        actor=person.user,
        reason=wanted.reason,
    )


def _status(form: RangeForm, refused: ServiceError | None) -> int:
    if refused is None:
        return 200 if form.is_valid() else 400
    return 400 if refused.code == "validation_error" else 409


def _show(
    request: HttpRequest,
    person: Person,
    form: RangeForm,
    attribute: str,
    chosen: tuple[float, float] | None,
    refused: ServiceError | None,
) -> HttpResponse:
    bins = pending_histogram(attribute=attribute, sources=person.sources)
    lower, upper = chosen or (None, None)
    preview = None
    if lower is not None and upper is not None:
        try:
            preview = range_preview(
                attribute=attribute, lower=lower, upper=upper, sources=person.sources, sample=SAMPLE
            )
        except ServiceError as error:
            refused = refused or error
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
        width=WIDTH,
        height=HEIGHT,
        ticks=TICKS,
        total=sum(one.count for one in bins),
        chosen=chosen,
        preview=preview,
        cards=cards_read([review.pk for review in preview.sample], person) if preview else [],
        actions=[(action, rule.label) for action, rule in ACTION_RULES.items() if rule.in_range],
        pending_queue=DEFAULT,
        reasons=reason_choices() if preview else [],
        refused=refused,
    )
