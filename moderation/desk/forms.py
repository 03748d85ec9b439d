"""The desk's forms: what a moderator wants done, read in one place for every page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.database.clock import database_now
from moderation.desk.wording.labels import ATTRIBUTES
from moderation.models import Reason
from moderation.services.accounts.desk_settings import MAX_IN_A_ROW, PAGE_SIZES, DeskSettings
from moderation.services.accounts.macros import KEYS, NAME_CHARACTERS, NOTE_CHARACTERS, Macro
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES

MORNING = time(8)
# How long a comment is deferred: days, or hours if less.
DEFER: Mapping[str, str | Promise] = {
    "hour": _("for an hour"),
    "tomorrow": _("until tomorrow, 8:00"),
    "3-days": _("for 3 days"),
    "week": _("for a week"),
    "month": _("for 30 days"),
}
DEFER_DEFAULT = "tomorrow"
_SPANS = {
    "hour": timedelta(hours=1),
    "3-days": timedelta(days=3),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


def reason_choices() -> list[Reason]:
    """Returns the newsroom's reasons in their order. One query."""
    return list(Reason.objects.all())


def defer_until(code: str) -> datetime:
    """Returns when a comment that is deferred so comes back; `code` is of `DEFER`, or the time in ISO 8601."""
    if code in _SPANS:
        return database_now() + _SPANS[code]
    if (moment := iso_moment(code)) is not None:
        return moment
    return timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=1), MORNING))


def iso_moment(text: str) -> datetime | None:
    """Returns the time that a preview wrote into its form; None for what no preview would write there now."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    now = database_now()
    return moment if moment and moment.tzinfo and now < moment <= now + _SPANS["month"] else None


@dataclass(frozen=True, slots=True)
class ActionInput:
    """What a person wants done: the parts of a decision."""

    action: str
    reason: str = ""
    note: str = ""
    until: datetime | None = None

    @property
    def parts(self) -> dict[str, Any]:
        """Returns the parts as the services name them."""
        return {"action": self.action, "reason": self.reason, "note": self.note, "until": self.until}


def action_input_read(data: Mapping[str, Any], macros: Collection[Macro] = ()) -> ActionInput:
    """Returns what a posted form asks for; `act` is an action, `reject:REASON`, or `macro:KEY` for one of `macros`.

    A note that was written takes the place of the macro's.
    """
    macro = next((one for one in macros if data.get("act") == f"macro:{one.key}"), None)
    if macro:
        note = data.get("note", "") or macro.note
        data = {"act": macro.action, "reason": macro.reason, "defer": macro.defer, "note": note}
    action, _mark, reason = data.get("act", "").partition(":")
    rule = ACTION_RULES.get(action)
    until = defer_until(data.get("defer", "")) if rule and rule.takes_until else None
    reason = reason or (data.get("reason", "") if rule and rule.takes_reason else "")
    return ActionInput(action, reason, data.get("note", ""), until)


class MacroForm(forms.Form):
    """A macro: what one key does."""

    key = forms.ChoiceField(label=_("Key"), choices=[(key, key) for key in KEYS])
    name = forms.CharField(label=_("Name"), max_length=NAME_CHARACTERS)
    action = forms.ChoiceField(
        label=_("What to do"), choices=[(code, rule.label) for code, rule in ACTION_RULES.items()]
    )
    reason = forms.ChoiceField(label=_("Reason of a rejection"), required=False)
    defer = forms.ChoiceField(label=_("How long to defer"), required=False, choices=[("", "–"), *DEFER.items()])
    note = forms.CharField(
        label=_("Note"), required=False, max_length=NOTE_CHARACTERS, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        super().__init__(data, label_suffix="", auto_id="macro_%s")
        field = cast("forms.ChoiceField", self.fields["reason"])
        field.choices = [("", _("none")), *((one.code, gettext(one.label)) for one in reason_choices())]
        for name in ("name", "note"):
            self.fields[name].widget.attrs["dir"] = "auto"

    def macro(self) -> Macro:
        """Returns the macro that was written."""
        return Macro(**self.cleaned_data)


class MuteForm(forms.Form):
    """Muting a commenter: why, and until when."""

    reason = forms.ChoiceField(label=_("Reason"))
    until = forms.DateField(
        label=_("Until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Left empty: until somebody ends it."),
    )

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        super().__init__(data, label_suffix="")
        field = cast("forms.ChoiceField", self.fields["reason"])
        field.choices = [(reason.code, gettext(reason.label)) for reason in reason_choices()]

    @property
    def until_moment(self) -> datetime | None:
        """Returns the end of the chosen day, None for a mute without end."""
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time.max)) if day else None


class SettingsForm(forms.Form):
    """A moderator's own settings of the desk."""

    mask_slurs = forms.BooleanField(
        label=_("Mask slurs"), required=False, help_text=_("A slur shows its first letter until you ask for the text.")
    )
    blur_above = forms.FloatField(
        label=_("Blur texts from this severity on"),
        required=False,
        min_value=0,
        max_value=1,
        widget=forms.NumberInput(attrs={"step": "0.05"}),
        help_text=_(
            "0 to 1: the highest score of severe toxicity, threat, identity attack and sexual content. "
            "Left empty: never. "
            "Focus or click a blurred text to read it."
        ),
    )
    page_size = forms.TypedChoiceField(
        label=_("Comments on a page"), coerce=int, choices=[(size, str(size)) for size in PAGE_SIZES]
    )
    single_keys = forms.BooleanField(
        label=_("One key decides"),
        required=False,
        help_text=_("Turned off, no single letter does anything: use buttons and the Tab key."),
    )

    grey_severe = forms.BooleanField(
        label=_("Severe comments without colours"),
        required=False,
        help_text=_("From the severity on from which texts are blurred, or from 0.4 on."),
    )
    pause_after = forms.IntegerField(
        required=False,
        label=_("Offer a pause after so many severe comments in a row"),
        min_value=0,
        max_value=MAX_IN_A_ROW,
        help_text=_("0: never. Nobody but you sees this, or that you paused."),
    )

    away_from = forms.ChoiceField(
        label=_("Leave out of what comes next"),
        required=False,
        choices=[("", _("nothing")), *ATTRIBUTES.items()],
        help_text=_("Comments with a score of 0.5 or more. The queue still lists them, and you can open them there."),
    )

    def settings(self) -> DeskSettings:
        """Returns the settings that were chosen."""
        return DeskSettings(**{**self.cleaned_data, "pause_after": self.cleaned_data["pause_after"] or 0})


def add_service_error(form: forms.Form, error: ServiceError) -> None:
    """Shows what a service refused at the fields it names."""
    for one in error.errors:
        name = one.pointer.removeprefix("/")
        form.add_error(name if name in form.fields else None, one.detail)
    if not error.errors:
        form.add_error(None, error.detail)
