"""Filters of lists. An invalid value is refused by the parameter's name; nothing is ignored."""

from typing import Any, ClassVar

import django_filters
from django.db import connections
from django.db.models import F, Q, QuerySet, TextField, Value
from django.http import QueryDict

from archive.database.search import search_comments
from archive.models import Comment, OriginState, Source
from archive.services.addresses import address_forms
from moderation.api.requests.filter_fields import (
    AfterFilter,
    IdFilter,
    ListFilter,
    MomentFilter,
    NamesReason,
    ProbabilityFilter,
    Rows,
    SourceFilter,
    TruthFilter,
    WordsFilter,
    lists_joined,
)
from moderation.models import Action, AppealOutcome, DecidedBy, DecisionKind, Review, Score, State
from moderation.models.appeals.appeal import AppealQuerySet
from moderation.models.decision import DecisionQuerySet
from moderation.services.states.status import UNSCORED

ATTRIBUTES = Score.ATTRIBUTES
COMPARISONS = ("gte", "gt", "lte", "lt")


class RepeatableFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of which those in `repeatable` take lists, with commas or under repeated keys."""

    repeatable: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, data: QueryDict | None = None, *args: Any, **options: Any) -> None:
        super().__init__(lists_joined(data, self.repeatable) if data else data, *args, **options)


class ArticleFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Articles by origin. `url` finds a page however its address is written: scheme, `www.`, slash, tracking."""

    source = SourceFilter()
    external_id = django_filters.CharFilter(strip=False)
    section = django_filters.CharFilter(strip=False)
    url = django_filters.CharFilter(method="by_page")

    def by_page(self, rows: Rows, _name: str, url: str) -> Rows:
        """Returns the articles whose address leads to the same page."""
        return rows.filter(url__in=address_forms(url))


class CommenterFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Commenters by origin; a name is the whole name."""

    source = SourceFilter()
    external_id = django_filters.CharFilter(strip=False)
    name = django_filters.CharFilter(strip=False)


class DecisionFilter(RepeatableFilterSet):
    """Decisions after an id, so that a feed can continue from the last one it has; by source, by whom, and by time."""

    repeatable = frozenset({"kind", "action"})

    after = AfterFilter("id")
    batch = django_filters.UUIDFilter()
    source = django_filters.CharFilter(method="by_source", strip=False)
    actor = django_filters.CharFilter("actor__username", strip=False)
    api_key = django_filters.CharFilter(strip=False)
    kind = ListFilter(choices=DecisionKind.choices)
    action = ListFilter(choices=Action.choices)

    def by_source(self, rows: DecisionQuerySet, _name: str, slug: str) -> DecisionQuerySet:
        """Returns the rows about comments and commenters of the source."""
        found = Source.objects.filter(slug=slug).values_list("pk", flat=True).first()
        return rows.none() if found is None else rows.of_source(found)


class AppealFilter(RepeatableFilterSet):
    """Appeals by whether they are open, by outcome, decision, comment and source."""

    repeatable = frozenset({"outcome"})

    after = AfterFilter("id")
    open = TruthFilter(method="by_open")
    outcome = ListFilter(choices=[one for one in AppealOutcome.choices if one[0]])
    decision = IdFilter("decision_id")
    comment = IdFilter("comment_id")
    source = SourceFilter("comment__source")

    def by_open(self, rows: AppealQuerySet, _name: str, value: bool) -> AppealQuerySet:
        """Returns the appeals that are open, or those that are closed."""
        return rows.open() if value else rows.closed()


# `from` is a Python keyword; statistics have the same names.
DecisionFilter.base_filters |= {"from": MomentFilter("at", "gte"), "to": MomentFilter("at", "lt")}
NOBODY = "nobody"
# Filters that reviews answer, unless they name what has no review.
REVIEWED = {"state": UNSCORED, "decided_by": NOBODY}
DECIDERS = [(one or NOBODY, one or NOBODY) for one in DecidedBy.values]


class StatusFilter(RepeatableFilterSet):
    """Comments by place, time, text, state and verdict; over rows of reviews or, if need be, of comments."""

    repeatable = frozenset({"state", "decided_by"})

    state = ListFilter("state", choices=[(one, one) for one in (UNSCORED, *State.values)], method="by_state")
    held = TruthFilter("held", method="by_held")
    decided_by = ListFilter(choices=DECIDERS, method="by_decider")
    source = SourceFilter()
    article = IdFilter("article_id")
    commenter = IdFilter("comment__commenter_id")
    external_id = django_filters.CharFilter("comment__external_id", strip=False)
    section = django_filters.CharFilter("article__section", strip=False)
    language = django_filters.CharFilter(method="by_language")
    attribute = django_filters.ChoiceFilter(choices=[(name, name) for name in ATTRIBUTES], method="by_reason")
    after = MomentFilter("created_at", "gte")
    before = MomentFilter("created_at", "lt")
    q = WordsFilter(method="search")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.of_comments = self.queryset.model is Comment
        for each in self.filters.values():
            each.field_name = self.path(each.field_name) if each.field_name else each.field_name

    def path(self, name: str) -> str:
        """Returns the path of a review's column from the rows that are filtered."""
        if not self.of_comments or name in COPIED:
            return name
        return name.removeprefix("comment__") if name.startswith("comment__") else f"review__{name}"

    def by_state(self, rows: Rows, _name: str, states: list[str]) -> Rows:
        """Returns the comments in these states; edited or restored ones are unscored, whatever their review says."""
        if not self.of_comments:
            return rows.filter(state__in=states)
        if set(states) == {UNSCORED}:
            # By itself it is found through its small index.
            return rows.filter(pk__in=unscored_comments())
        current = Q(review__state__in=states) & ~UNJUDGED
        return rows.filter(current | Q(pk__in=unscored_comments()) if UNSCORED in states else current)

    def by_held(self, rows: Rows, _name: str, held: bool) -> Rows:
        """Returns the comments that the site must not show yet, or the others."""
        if not self.of_comments:
            return rows.filter(held=held)
        return rows.filter(pk__in=comments_held()) if held else rows.exclude(pk__in=comments_held())

    def by_decider(self, rows: Rows, _name: str, deciders: list[str]) -> Rows:
        """Returns the comments that these decided on; `nobody` has those without a review too."""
        stored = ["" if one == NOBODY else one for one in deciders]
        if not self.of_comments:
            return rows.filter(decided_by__in=stored)
        named = Q(review__decided_by__in=stored) & ~UNJUDGED
        return rows.filter(named | UNJUDGED | Q(review=None) if NOBODY in deciders else named)

    def by_language(self, rows: Rows, _name: str, code: str) -> Rows:
        """Returns comments whose given language is this one or, if none was given, whose detected language is."""
        given, detected = self.path("comment__language"), self.path("score__language")
        return rows.filter(Q(**{given: code}) | Q(**{given: "", detected: code}))

    def by_reason(self, rows: Rows, _name: str, attribute: str) -> Rows:
        """Returns the comments that were flagged for this attribute."""
        verdict = self.path("verdict")
        if connections[rows.db].vendor == "postgresql":
            return rows.filter(**{f"{verdict}__reasons__contains": [{"attribute": attribute}]})
        return rows.filter(NamesReason(F(verdict), Value(attribute, output_field=TextField())))

    def search(self, rows: Rows, _name: str, words: str) -> Rows:
        """Returns the comments that contain all the words."""
        found = search_comments(Comment.objects.all(), words)
        return rows.filter(**{"pk__in" if self.of_comments else "comment__in": found.order_by().values("pk")})


# Columns that reviews and comments have alike.
COPIED = frozenset({"source", "article_id", "article__section", "created_at"})
# Comments whose review, if they have one, is about an earlier text.
UNJUDGED = Q(taken_revision__lt=F("revision"))


def unscored_comments() -> QuerySet[Any]:
    """Returns the ids of the comments that wait for scores."""
    return Comment.objects.open().unscored().values("pk")


def comments_held() -> QuerySet[Any]:
    """Returns the ids of held comments: by their reviews, or unjudged ones that their sites want approved first."""
    unjudged = Comment.objects.open().unscored().filter(origin_state=OriginState.UNAPPROVED).order_by()
    return Review.objects.filter(held=True).order_by().values("comment_id").union(unjudged.values("pk"))


# One filter per attribute and comparison: toxicity__gte, toxicity__gt, …
SCORE_FILTERS = {
    f"{attribute}__{comparison}": ProbabilityFilter(f"score__{attribute}", comparison)
    for attribute in ATTRIBUTES
    for comparison in COMPARISONS
}


class _FlaggedFilter(StatusFilter):
    # What is not scored is not flagged.
    state = ListFilter("state", choices=State.choices, method="by_state")


FlaggedFilter: Any = type(StatusFilter)("FlaggedFilter", (_FlaggedFilter,), dict(SCORE_FILTERS))  # type: ignore[misc]


class _CommentFilter(StatusFilter):
    flagged = TruthFilter(method="by_flag")

    def by_flag(self, rows: Rows, _name: str, flagged: bool) -> Rows:
        """Returns the comments that the present verdict flags, or the others. Flagged ones have reviews."""
        if not self.of_comments:
            return rows.filter(flagged=flagged)
        return rows.filter(UNJUDGED | Q(review=None) | Q(review__flagged=False))


CommentFilter: Any = type(StatusFilter)("CommentFilter", (_CommentFilter,), dict(SCORE_FILTERS))  # type: ignore[misc]


def judged_alone(given: QueryDict) -> bool:
    """Returns whether parameters ask only for comments with a present verdict, which their reviews find by themselves.

    Reviews have indexes by state, flag and source, in the orders of time and risk.
    """
    if given.get("flagged") == "true" or "attribute" in given or any(name in given for name in SCORE_FILTERS):
        return True
    named = {name: {part for value in given.getlist(name) for part in value.split(",")} for name in REVIEWED}
    return any(values - {""} and REVIEWED[name] not in values for name, values in named.items())
