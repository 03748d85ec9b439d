"""Comments for moderators: state, scores and reasons in the list, full details on the page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from archive.admin.comments import CommentAdmin
from archive.admin.filters import ArticleSectionFilter, SourceListFilter
from archive.models import Comment, CommentQuerySet
from moderation.admin.decide import SEEN, DecisionForm, selection_decide
from moderation.admin.limits.filters import (
    FlaggedFilter,
    HeldFilter,
    ScoredLanguageFilter,
    ScoreFilter,
    StateListFilter,
)
from moderation.admin.limits.scoped import ScopedAdmin
from moderation.models import Action, Claim
from moderation.policies.verdict import reason_text
from moderation.services.states.current import current_review, review_of
from moderation.services.states.status import UNSCORED
from moderation.services.states.version import VersionToken
from moderation.services.verdicts.thresholds import attribute_rows

MAX_DECISIONS = 50
MAX_FLAGS = 20

admin.site.unregister(Comment)


@admin.register(Comment)
class ModeratedCommentAdmin(ScopedAdmin, CommentAdmin):
    """Adds moderation's columns, details and filters."""

    list_display = ("number", "shown_text", "shown_state", "shown_scores", "risk")
    list_filter = (
        FlaggedFilter,
        StateListFilter,
        HeldFilter,
        SourceListFilter,
        ArticleSectionFilter,
        ScoredLanguageFilter,
        "origin_state",
        ScoreFilter,
    )
    actions = ("approve_selected", "reject_selected")
    action_form = DecisionForm
    change_form_template = "admin/moderation/comment/change_form.html"
    thread_item = "admin/moderation/thread_item.html"
    related = (*CommentAdmin.related, "review__score__model", "review__policy", "review__holder")

    class Media:
        css = {"all": ["moderation/admin.css"]}

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Returns newest first; by the review's columns if a filter is on the review, whose indexes cover both."""
        return ("-review__created_at", "-review__comment_id") if by_review(request) else ("-created_at", "-id")

    def get_sortable_by(self, request: HttpRequest) -> tuple[str, ...]:
        """Returns the columns that an index sorts: risk only for flagged comments, or within one state."""
        return ("shown_text", "risk") if by_review(request) else ("number", "shown_text")

    def thread_comments(self, request: HttpRequest) -> CommentQuerySet:
        """Returns comments with their reviews and scores."""
        return super().thread_comments(request).select_related("review__score")

    def page(self, request: HttpRequest, comment: Comment) -> dict[str, Any]:
        """Adds the scores with their thresholds, the decisions, readers' flags, and the scorer's claim if any."""
        review = review_of(comment)
        decisions = comment.decisions.select_related("actor", "policy", "note").order_by("-pk")
        return {
            **super().page(request, comment),
            "review": review,
            "attribute_rows": attribute_rows(comment, review) if review else [],
            "decisions": decisions[:MAX_DECISIONS],
            "flags": comment.flags.order_by("-pk")[:MAX_FLAGS],
            "claim": Claim.objects.filter(comment=comment).first(),
        }

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Returns whether the person may decide."""
        return request.user.has_perm("moderation.decide")

    @admin.action(description=_("Approve the selected comments"), permissions=["decide"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Approves the selected comments."""
        selection_decide(request, Action.APPROVE)

    @admin.action(description=_("Reject the selected comments"), permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Rejects the selected comments."""
        selection_decide(request, Action.REJECT)

    @admin.display(description=_("comment"), ordering="created_at")
    def shown_text(self, comment: Comment) -> SafeString:
        """Adds the version token, which makes a decision from this page conditional."""
        seen = format_html('<input type="hidden" name="{}" value="{}">', SEEN, VersionToken.of(comment))
        return super().shown_text(comment) + seen

    @admin.display(description=_("state"))
    def shown_state(self, comment: Comment) -> SafeString:
        """Returns the state and its marks."""
        return render_to_string("admin/moderation/marks.html", {"comment": comment})

    @admin.display(description=_("why"))
    def shown_scores(self, comment: Comment) -> SafeString | str:
        """Returns the current verdict's reasons, or the toxicity if nothing reached a threshold."""
        review = current_review(comment)
        if review is None or review.flagged or review.score is None:
            return reasons_html(review.verdict) if review else "-"
        return format_html('<span class="quiet reason">toxicity {}</span>', f"{review.score.toxicity or 0:.2f}")

    @admin.display(description=_("risk"), ordering="review__risk")
    def risk(self, comment: Comment) -> str:
        """Returns the largest score ÷ threshold."""
        review = current_review(comment)
        return f"{review.risk:.2f}" if review else "-"


def by_review(request: HttpRequest) -> bool:
    """Returns whether a filter narrows the list to what an index of reviews covers: the flagged ones, or one state."""
    return request.GET.get("flagged") == "yes" or request.GET.get("state", UNSCORED) != UNSCORED


def reasons_html(verdict: dict[str, Any]) -> SafeString | str:
    """Returns a verdict's reasons, one per line, or the rule that decided if there are none."""
    reasons = verdict.get("reasons") or ()
    lines = [(reason_text(one),) for one in reasons]
    return format_html_join("", '<span class="reason">{}</span>', lines) or str(verdict.get("rule") or "-")
