"""What a queue can be narrowed by, read from the address. A value that is none is refused by name, never ignored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from archive.database.clock import database_now
from archive.database.search import search_comments
from archive.models import Article, Comment, Commenter, CommentQuerySet, Source
from moderation.desk.access import Person
from moderation.desk.finding.lookups import LookupField, articles_named, commenters_named
from moderation.desk.finding.queues import ORDER_LABELS, ORDERS
from moderation.desk.wording.labels import ATTRIBUTES, STATES, label
from moderation.models import ReviewQuerySet, Score, State

# What an address says of the page of a queue, beside the filters.
PLACES = ("after", "before")
# Comments with the words that were searched for which count: the newest.
MOST_WITH_WORDS = 5_000
NAMED: Mapping[str, Any] = {"article": Article, "commenter": Commenter}
AGES: Mapping[str, tuple[str | Promise, Mapping[str, timedelta]]] = {
    "hour": (_("the last hour"), {"gte": timedelta(hours=1)}),
    "day": (_("the last day"), {"gte": timedelta(days=1)}),
    "week": (_("the last week"), {"gte": timedelta(days=7)}),
    "month": (_("the last 30 days"), {"gte": timedelta(days=30)}),
    "day-old": (_("older than a day"), {"lt": timedelta(days=1)}),
    "week-old": (_("older than a week"), {"lt": timedelta(days=7)}),
}


class FilterForm(forms.Form):
    """The filters of a queue, all optional."""

    order = forms.ChoiceField(label=_("Order"), choices=list(ORDER_LABELS.items()), required=False)
    q = forms.CharField(label=_("Words"), required=False, max_length=200)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("any")), *State.choices])
    source = forms.ModelChoiceField(
        Source.objects.none(), label=_("Source"), to_field_name="slug", required=False, empty_label=_("all")
    )
    section = forms.CharField(label=_("Section"), required=False, max_length=200)
    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"size": 4, "placeholder": "en"}),
    )
    age = forms.ChoiceField(
        label=_("Age"),
        required=False,
        choices=[("", _("any")), *((code, words) for code, (words, _part) in AGES.items())],
    )
    attribute = forms.ChoiceField(
        label=_("Score of"),
        required=False,
        choices=[("", _("any")), *((name, ATTRIBUTES[name]) for name in Score.ATTRIBUTES)],
    )
    low = forms.FloatField(label=_("from"), required=False, min_value=0, max_value=1)
    high = forms.FloatField(label=_("to"), required=False, min_value=0, max_value=1)
    article = LookupField(articles_named, label=_("Article"), hint=_("words of its title"))
    commenter = LookupField(commenters_named, label=_("Commenter"), hint=_("beginning of the name"))
    mine = forms.BooleanField(label=_("held by me"), required=False)

    def __init__(self, data: Mapping[str, Any], *, person: Person) -> None:
        super().__init__(data, prefix=None)
        field = cast("forms.ModelChoiceField[Source]", self.fields["source"])
        field.queryset = person.within(Source.objects.all(), "pk")
        for name in NAMED:
            cast("LookupField", self.fields[name]).person = person
        for name in ("q", "section", *NAMED):
            self.fields[name].widget.attrs["dir"] = "auto"
        for name in ("low", "high"):
            self.fields[name].widget.attrs["step"] = "any"

    def clean(self) -> dict[str, Any]:
        """Returns the filters; refuses a range without its attribute or the wrong way round."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("low"), cleaned.get("high")
        if (low is not None or high is not None) and not cleaned.get("attribute") and "attribute" not in self.errors:
            self.add_error("attribute", _("A range of scores needs the attribute."))
        if low is not None and high is not None and low > high:
            self.add_error("high", _("The range ends before it begins."))
        return cleaned


@dataclass(frozen=True, slots=True)
class FilterChip:
    """A filter that is on: what it says, and the query string without it."""

    words: str
    without: str


@dataclass(frozen=True, slots=True)
class DeskFilters:
    """The filters of one request. `valid` is False if one of them was refused: then nothing is shown."""

    form: FilterForm
    person: Person
    queue: str
    stored: Mapping[str, Any] | None = None

    @property
    def valid(self) -> bool:
        """Says whether every filter was understood."""
        return self.form.is_valid()

    @property
    def chosen(self) -> dict[str, Any]:
        """Returns the filters that are on, by name."""
        if self.stored is not None:
            return dict(self.stored)
        found = self.form.cleaned_data.items()
        return {name: value for name, value in found if value not in (None, "", False)}

    def order(self, otherwise: str) -> str:
        """Returns the name of the order."""
        name = self.chosen.get("order", "")
        return name if name in ORDERS else otherwise

    def query(self, **changed: str) -> str:
        """Returns the query string that gives these filters again; `changed` names replace, empty ones leave out."""
        data = self.form.data
        kept = {name: data[name] for name in self.form.fields if data.get(name)}
        kept = {**kept, **changed}
        return urlencode({name: value for name, value in kept.items() if value})

    def query_here(self, **changed: str) -> str:
        """Returns the query string of these filters and of the page of the queue that the address names."""
        place = {name: self.form.data[name] for name in PLACES if self.form.data.get(name)}
        return self.query(**{**place, **changed})

    def found_fast(self, reviews: ReviewQuerySet) -> ReviewQuerySet:
        """Applies the filters that an index finds by itself: words, source, one article, one commenter, held by me."""
        chosen, me = self.chosen, self.person.user
        if "q" in chosen:
            reviews = reviews.filter(comment__in=_with_words(chosen["q"]))
        if "source" in chosen:
            reviews = reviews.filter(source_id=chosen["source"].pk)
        for name in NAMED:
            if name in chosen and chosen[name].one:
                # By the comments, not by the review's own column: a planner would rather follow the order through all.
                comments = Comment.objects.filter(**{f"{name}_id": chosen[name].one})
                reviews = reviews.filter(comment__in=comments.values("pk"))
        if "state" in chosen:
            reviews = reviews.filter(state=chosen["state"])
        if "mine" in chosen:
            reviews = reviews.held_by(me, database_now())
        return reviews

    def looked_through(self, reviews: ReviewQuerySet) -> ReviewQuerySet | None:
        """Applies the filters that each comment must be looked at for; None if none of them is on.

        Each asks row by row, so that the index of the order is kept and the search can stop at its bound.
        """
        conditions = list(self._conditions())
        return reviews.filter(*conditions) if conditions else None

    def comments(self, comments: CommentQuerySet) -> CommentQuerySet:
        """Applies those filters that a comment without a review can answer."""
        chosen = self.chosen
        comments = comments.filter(**{f"{name}_id__in": chosen[name].ids for name in NAMED if name in chosen})
        if "q" in chosen:
            comments = comments.filter(pk__in=_with_words(chosen["q"]))
        if "language" in chosen:
            comments = comments.filter(_comment_in_language(chosen["language"]))
        if "source" in chosen:
            comments = comments.filter(source_id=chosen["source"].pk)
        if "section" in chosen:
            comments = comments.filter(article__section=chosen["section"])
        return comments.filter(_age(chosen["age"])) if "age" in chosen else comments

    def _conditions(self) -> Iterator[Q | Exists]:
        chosen = self.chosen
        if "attribute" in chosen:
            yield Q(**{f"{chosen['attribute']}__range": (chosen.get("low", 0.0), chosen.get("high", 1.0))})
        if "age" in chosen:
            yield _age(chosen["age"])
        for name in NAMED:
            if name in chosen and not chosen[name].one:
                among = {f"{name}_id__in": chosen[name].ids}
                yield Exists(Comment.objects.filter(pk=OuterRef("comment_id"), **among))
        if "section" in chosen:
            yield Exists(Article.objects.filter(pk=OuterRef("article_id"), section=chosen["section"]))
        if "language" in chosen:
            yield _in_language(chosen["language"])

    def chips(self, shown: Comment | None = None) -> list[FilterChip]:
        """Returns the filters that are on in words, each with the way to take it off.

        `shown` is a comment that passed them: its article and commenter need not be asked for by their numbers.
        """
        names = [name for name in self.chosen if name not in {"order", "low", "high"}]
        return [
            FilterChip(self._words(name, shown), self.query(**dict.fromkeys(self._parts(name), ""))) for name in names
        ]

    @staticmethod
    def _parts(name: str) -> tuple[str, ...]:
        return ("attribute", "low", "high") if name == "attribute" else (name,)

    def _words(self, name: str, shown: Comment | None) -> str:
        chosen, said = self.chosen, self.form.fields[name].label
        if name == "mine":
            return str(said)
        if name == "state":
            return f"{said}: {label(STATES, chosen[name])}"
        if name == "age":
            return f"{said}: {AGES[chosen[name]][0]}"
        if name == "attribute":
            between = "–".join(number_format(chosen.get(end, bound)) for end, bound in (("low", 0.0), ("high", 1.0)))
            return f"{label(ATTRIBUTES, chosen[name])} {between}"
        return f"{said}: {self._named(name, shown)}"

    def _named(self, name: str, shown: Comment | None) -> str:
        value = self.chosen[name]
        if name not in NAMED:
            return str(value)
        if shown and value.number:
            return str(getattr(shown, name))
        rows = self.person.within(NAMED[name].objects.filter(pk=value.one)).only(*_SHORT[name])
        return str(rows.first() or f"#{value.one}") if value.number else f"“{value.words}”"


def _with_words(words: str) -> QuerySet[Any]:
    """Returns the newest comments with all these words: a frequent word is in half of the archive."""
    found = search_comments(Comment.objects.all(), words).order_by("-pk")
    return found.values("pk")[:MOST_WITH_WORDS]


_SHORT = {"article": ("title", "external_id"), "commenter": ("name", "external_id")}


def _age(code: str) -> Q:
    now = timezone.now()
    return Q(**{f"created_at__{way}": now - span for way, span in AGES[code][1].items()})


def _in_language(code: str) -> Q:
    """The language that was declared or, if none was, the detected one: of the score, else of the refused text."""
    declared = Comment.objects.filter(pk=OuterRef("comment_id"))
    scored = Score.objects.filter(pk=OuterRef("score_id"), language=code)
    detected = Q(Exists(scored)) | Q(facts__language=code)
    return Q(Exists(declared.filter(language=code))) | (Q(Exists(declared.filter(language=""))) & detected)


def _comment_in_language(code: str) -> Q:
    """As `_in_language`, of comments: until an edit is scored, the language is that of the text before it."""
    detected = Q(review__score__language=code) | Q(review__facts__language=code)
    return Q(language=code) | (Q(language="") & detected)


def filters_of(data: Mapping[str, Any], person: Person, queue: str) -> DeskFilters:
    """Returns the filters in the query string `data`."""
    return DeskFilters(FilterForm(data, person=person), person, queue)
