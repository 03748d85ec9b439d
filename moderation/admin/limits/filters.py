"""Filters of comments by moderation's data: state, flags, language, and ranges of scores."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.admin.filters import LanguageFilter
from archive.models import CommentQuerySet
from moderation.models import ModelVersion, Score
from moderation.services.states.current import STATES, in_state


class StateListFilter(admin.SimpleListFilter):
    """Filters by state, including unscored."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns all states."""
        return [(value, str(label)) for value, label in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the comments in the chosen state."""
        value = self.value()
        return in_state(cast("CommentQuerySet", queryset), value) if value in dict(STATES) else queryset


class FlaggedFilter(admin.SimpleListFilter):
    """Filters by whether the current verdict flags the comment, decided or not. `path` is the lookup to the flag."""

    title = _("flagged")
    parameter_name = "flagged"
    path = "review__flagged"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns yes and no."""
        return [("yes", gettext("flagged")), ("no", gettext("not flagged"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the comments with, or without, the flag."""
        return queryset.filter(**{self.path: self.value() == "yes"}) if self.value() else queryset


class HeldFilter(FlaggedFilter):
    """Filters by whether the site must hide the comment for now."""

    title = _("held")
    parameter_name = "held"
    path = "review__held"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns yes and no."""
        return [("yes", gettext("held")), ("no", gettext("not held"))]


class ScoredLanguageFilter(LanguageFilter):
    """Filters by the language given with the comment or, if none was given, the one it was scored in."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        """Returns the sources' languages and those of the active models."""
        active = ModelVersion.objects.filter(active=True)
        codes = {code for code, _ in super().lookups(request, model_admin)}
        return [(code, code) for code in sorted(codes | {code for model in active for code in model.languages})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the comments in the chosen language."""
        code = self.value()
        return queryset.filter(Q(language=code) | Q(language="", review__score__language=code)) if code else queryset


class ScoreFilter(admin.ListFilter):
    """Filters by a range of one attribute's score, both ends included, with a small form."""

    title = _("score")
    template = "admin/moderation/score_filter.html"
    names = ("score_of", "score_from", "score_to")

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: admin.ModelAdmin[Any]
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        """Returns the parameters that the form sends."""
        return list(self.names)

    def has_output(self) -> bool:
        """Returns True: the form is always shown."""
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the comments in the range; refuses an unknown attribute, or a bound that is not a number."""
        attribute = self.used_parameters.get("score_of")
        if not attribute:
            return queryset
        if attribute not in Score.ATTRIBUTES:
            raise IncorrectLookupParameters(f"{attribute} is not an attribute.")
        low, high = self._bound("score_from", 0.0), self._bound("score_to", 1.0)
        return queryset.filter(**{f"review__score__{attribute}__range": (low, high)})

    def choices(self, changelist: ChangeList) -> Any:
        """Yields the form's data: the attributes, the current values, and the other parameters to keep."""
        kept = [(name, value) for name, value in changelist.params.items() if name not in self.names]
        present = [self.used_parameters.get(name, "") for name in self.names]
        clear = changelist.get_query_string(remove=list(self.names))
        yield {"attributes": Score.ATTRIBUTES, "present": present, "kept": kept, "clear": clear}

    def _bound(self, name: str, otherwise: float) -> float:
        try:
            return float(str(self.used_parameters.get(name) or otherwise))
        except ValueError as error:
            raise IncorrectLookupParameters(f"{name} is not a number.") from error
