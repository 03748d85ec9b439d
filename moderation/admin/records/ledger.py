"""The ledger of decisions, read-only, and the newsroom's reasons."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from archive.admin.base import ReadOnlyAdmin
from archive.admin.filters import SourceListFilter
from archive.admin.text import isolated, row_link
from archive.excerpts import COMMENT_UNREAD
from archive.models import Source
from moderation.admin.limits.audited import AuditedAdmin
from moderation.admin.limits.narrowing import by_age, by_person
from moderation.admin.limits.scoped import ForAllSources, ScopedAdmin
from moderation.models import AuditKind, Decision, DecisionNote, Reason, State
from moderation.models.decision import DecisionQuerySet

MAX_COMMENT_ID = 2**63 - 1


class DecisionSourceFilter(SourceListFilter):
    """By the source of what a row is about: a comment or a commenter."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keeps the rows of the chosen source."""
        found = Source.objects.filter(slug=self.value()).first() if self.value() else None
        return cast("DecisionQuerySet", queryset).of_source(found.pk) if found else queryset


def state_words(code: str) -> str:
    """Returns a state in words; of a commenter's rows, what they were."""
    return str(State(code).label if code in State.values else _COMMENTER_STATES.get(code, code))


_COMMENTER_STATES = {"unscored": _("unscored"), "muted": _("muted"), "unmuted": _("not muted"), "erased": _("erased")}


@admin.register(Decision)
class DecisionAdmin(ScopedAdmin, ReadOnlyAdmin):
    """One row per decision. The database refuses to change or delete any."""

    list_display = ("id", "shown_time", "shown_about", "action", "change", "who", "reason", "rule", "undoes_number")
    list_filter = ("kind", "action", "ground", DecisionSourceFilter, by_age("at"), by_person("actor_id"))
    list_select_related = ("actor", "policy", "comment", "commenter")
    linked_lookups = ("comment__id__exact", "commenter__id__exact", "batch__exact")
    search_fields = ("actor",)
    search_help_text = _("A comment's number, a person's user name or a key's name.")
    sortable_by: ClassVar[Any] = ("id",)
    ordering = ("-id",)
    readonly_fields = ("shown_about", "shown_note", "undoes_number")
    exclude = ("comment", "commenter", "undoes")

    class Media:
        css = {"all": ["moderation/admin.css"]}

    def of_sources(self, queryset: QuerySet[Any], sources: frozenset[int]) -> QuerySet[Any]:
        """Returns the rows about comments and commenters of these sources."""
        return cast("DecisionQuerySet", queryset).in_sources(sources)

    def list_columns(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Defers the comment's text and the scores."""
        return queryset.defer("scores", *COMMENT_UNREAD)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Finds rows by comment, or by who decided."""
        if not search_term:
            return queryset, False
        people = list(get_user_model().objects.filter(username=search_term).values_list("pk", flat=True))
        found = Q(actor_id__in=people) | Q(api_key=search_term)
        if search_term.isdecimal() and int(search_term) <= MAX_COMMENT_ID:
            found |= Q(comment_id=int(search_term))
        return queryset.filter(found), False

    @admin.display(description=_("about"))
    def shown_about(self, decision: Decision) -> SafeString:
        """Returns a link to the comment or, for a mute, to the commenter."""
        if decision.comment:
            return row_link(decision.comment, f"#{decision.comment_id}")
        return row_link(decision.commenter, str(decision.commenter))

    @admin.display(description=_("at"))
    def shown_time(self, decision: Decision) -> str:
        """Returns the time in the short format."""
        return date_format(localtime(decision.at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("change"))
    def change(self, decision: Decision) -> SafeString:
        """Returns the states before and after."""
        states = (state_words(decision.from_state), state_words(decision.to_state))
        return format_html('<span class="reason">{} → {}</span>', *states)

    @admin.display(description=_("by"))
    def who(self, decision: Decision) -> str:
        """Returns the person, the key or the policy."""
        return str(decision.actor or decision.api_key or decision.policy or decision.get_kind_display())

    @admin.display(description=_("undoes"))
    def undoes_number(self, decision: Decision) -> str:
        """Returns the id of the decision that this one undoes."""
        return f"#{decision.undoes_id}" if decision.undoes_id else "-"

    @admin.display(description=_("note"))
    def shown_note(self, decision: Decision) -> SafeString:
        """Returns the actor's note."""
        note = DecisionNote.objects.filter(decision=decision).first()
        return isolated(note.text if note else "-")


@admin.register(Reason)
class ReasonAdmin(AuditedAdmin, ForAllSources):
    """The newsroom's reasons. A code cannot change, because decisions name it; the rest can."""

    audit_kind = AuditKind.REASON
    audit_fields = ("label", "ground", "category", "keyword", "legal_ground")

    list_display = ("code", "label", "ground", "category", "keyword")
    fields = ("code", "label", "ground", "category", "keyword", "legal_ground")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Returns the code, once the reason exists."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Returns False: decisions may name the reason."""
        return False
