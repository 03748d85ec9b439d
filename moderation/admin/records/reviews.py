"""Reviews, models and scores as stored."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import SourceListFilter
from archive.admin.text import article_link, row_link
from archive.excerpts import COMMENT_UNREAD
from moderation.admin.comments import reasons_html
from moderation.admin.limits.filters import FlaggedFilter, HeldFilter
from moderation.admin.limits.narrowing import FoundExactly, by_person
from moderation.admin.limits.scoped import ScopedAdmin
from moderation.models import ModelVersion, Review, Score


def sorted_by_risk(request: HttpRequest) -> bool:
    """Returns whether a filter narrows the list to what an index by risk covers: the flagged ones, or one state."""
    return request.GET.get("flagged") == "yes" or "state__exact" in request.GET


class ReviewFlaggedFilter(FlaggedFilter):
    """Filters by the review's own column."""

    path = "flagged"


class ReviewHeldFilter(HeldFilter):
    """Filters by the review's own column."""

    path = "held"


@admin.register(Review)
class ReviewAdmin(FoundExactly, ScopedAdmin, ReadOnlyAdmin):
    """Reviews, read-only; the comment's page has the details."""

    list_display = ("shown_comment", "state", "flagged", "held", "why", "shown_risk", "shown_uncertainty", "holder")
    list_display_links = ("state",)
    list_filter = (
        ReviewFlaggedFilter,
        "state",
        ReviewHeldFilter,
        "decided_by",
        SourceListFilter,
        by_person("holder_id"),
    )
    search_help_text = _("A comment's number.")
    by_number = ("pk",)
    list_select_related = ("holder", "comment")
    ordering = ("-pk",)
    readonly_fields = ("shown_comment", "shown_article", "why")
    exclude = ("comment", "article", "score")

    class Media:
        css = {"all": ["moderation/admin.css"]}

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Returns riskiest first if a filter narrows the list to what an index sorts, else newest first."""
        return ("-risk", "-pk") if sorted_by_risk(request) else ("-pk",)

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        """Returns the columns that an index sorts."""
        return ("shown_comment", "shown_risk") if sorted_by_risk(request) else ("shown_comment",)

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the comment's text and the facts."""
        return queryset.defer("facts", *COMMENT_UNREAD)

    @admin.display(description=_("comment"), ordering="pk")
    def shown_comment(self, review: Review) -> SafeString:
        """Returns a link to the comment."""
        return row_link(review.comment, f"#{review.comment_id}")

    @admin.display(description=_("article"))
    def shown_article(self, review: Review) -> SafeString:
        """Returns a link to the article."""
        return article_link(review.article)

    @admin.display(description=_("risk"), ordering="risk")
    def shown_risk(self, review: Review) -> str:
        """Returns the risk, rounded."""
        return f"{review.risk:.2f}"

    @admin.display(description=_("uncertainty"))
    def shown_uncertainty(self, review: Review) -> str:
        """Returns the uncertainty, rounded."""
        return f"{review.uncertainty:.2f}"

    @admin.display(description=_("why"))
    def why(self, review: Review) -> SafeString | str:
        """Returns the verdict's reasons."""
        return reasons_html(review.verdict)


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    """The models that this installation has scored with; `manage.py model` activates them."""

    list_display = ("__str__", "active", "shown_languages", "shown_experimental", "registered_at")
    ordering = ("-id",)

    @admin.display(description=_("languages"))
    def shown_languages(self, model: ModelVersion) -> str:
        """Returns the languages that it serves, if no model before it does."""
        return ", ".join(model.languages)

    @admin.display(description=_("experimental languages"))
    def shown_experimental(self, model: ModelVersion) -> str:
        """Returns the languages that are served only where the settings name them."""
        return ", ".join(model.experimental_languages)


@admin.register(Score)
class ScoreAdmin(ScopedAdmin, ReadOnlyAdmin):
    """Scores: one per model and revision of a comment."""

    source_path = "comment__source"
    list_display = ("id", "shown_comment", "model", "revision", "shown_toxicity", "language", "scored_at")
    list_filter = ("model",)
    list_select_related = ("model", "comment")
    linked_lookups = ("comment__id__exact", "model__id__exact")
    ordering = ("-id",)
    readonly_fields = ("shown_comment",)
    exclude = ("comment",)

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the comment's text and the spans."""
        return queryset.defer("spans", "extra", *COMMENT_UNREAD)

    @admin.display(description=_("toxicity"))
    def shown_toxicity(self, score: Score) -> str:
        """Returns the toxicity, rounded."""
        return "-" if score.toxicity is None else f"{score.toxicity:.3f}"

    @admin.display(description=_("comment"))
    def shown_comment(self, score: Score) -> SafeString:
        """Returns a link to the comment."""
        return row_link(score.comment, f"#{score.comment_id}")
