"""Word lists and their entries: read by all, written by people who may write policies, for all sources alike."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from archive.admin.base import ReadOnlyAdmin
from moderation.admin.limits.scoped import ForAllSources, request_sources
from moderation.models import WordList, WordListEntry, WordListVersion
from moderation.services.errors import ServiceError
from moderation.services.word_lists.entries import MAX_ENTRIES, Entry, entry_parse
from moderation.services.word_lists.lists import Author, word_list_change


def may_write(request: HttpRequest) -> bool:
    """Returns whether the person may write lists: as policies, and not if they are limited to sources."""
    return request.user.has_perm("moderation.change_policy") and not request_sources(request)


@admin.register(WordList)
class WordListAdmin(ReadOnlyAdmin):
    """The lists. New ones come by the API or the command `wordlist import`, and are changed here entry by entry."""

    list_display = ("name", "version")
    ordering = ("name",)


@admin.register(WordListVersion)
class WordListVersionAdmin(ReadOnlyAdmin):
    """The versions of all lists, newest first. They never change."""

    list_display = ("__str__", "list", "version", "entries", "added", "removed", "note", "author", "created_at")
    list_select_related = ("list", "author")
    ordering = ("-id",)


class EntryForm(ModelForm):  # type: ignore[type-arg]
    """A new entry, checked as one that comes by the API or in a file."""

    class Meta:
        model = WordListEntry
        fields = ("list", "term", "language", "match", "allow", "note")

    def clean(self) -> dict[str, Any]:
        """Returns the fields as they are stored; raises ValidationError by field."""
        said = dict(super().clean() or {})
        if "list" in said and said["list"].entries.filter(removed_in=None).count() >= MAX_ENTRIES:
            raise ValidationError(gettext("A list has at most %(limit)d entries.") % {"limit": MAX_ENTRIES})
        row = {name: said[name] for name in ("term", "language", "match", "allow", "note") if name in said}
        try:
            self.entry = entry_parse(row)
        except ServiceError as error:
            raise ValidationError(
                {one.pointer[1:] if one.pointer[1:] in self.fields else "term": one.detail for one in error.errors}
            ) from error
        return said


@admin.register(WordListEntry)
class WordListEntryAdmin(ForAllSources):
    """The current entries. Adding one, and removing those selected, makes a new version of the list."""

    form = EntryForm
    list_display = ("term", "list", "language", "match", "allow", "note", "who", "added_in")
    list_select_related = ("list",)
    list_filter = ("list",)
    ordering = ("-id",)
    actions = ("remove_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Returns the entries that their lists have now."""
        return super().get_queryset(request).filter(removed_in=None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Returns whether the person may write lists."""
        return may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False for a single entry: it is removed, and another added."""
        return obj is None and may_write(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Returns False: an entry that a version had stays readable."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Adds the entry, as a new version of its list."""
        word_list_change(name=obj.list.name, add=[form.entry], author=author_of(request))
        said = {name: getattr(form.entry, name) for name in ("term", "language", "match", "allow")}
        row = WordListEntry.objects.get(list=obj.list, removed_in=None, **said)
        obj.pk, obj.added_in, obj.who = row.pk, row.added_in, row.who
        obj._state.adding = False

    @admin.action(description=gettext_lazy("Remove the selected entries"), permissions=["change"])
    def remove_selected(self, request: HttpRequest, rows: QuerySet[WordListEntry]) -> None:
        """Removes the entries, as one new version of each list."""
        by_list: dict[str, list[Entry]] = {}
        for row in rows.select_related("list"):
            entry = Entry(row.term, row.language, row.match, row.allow, row.note)
            by_list.setdefault(row.list.name, []).append(entry)
        for name, entries in by_list.items():
            version = word_list_change(name=name, remove=entries, author=author_of(request))
            said = gettext("%(list)s is now at version %(version)s.") % {"list": name, "version": version.version}
            messages.success(request, said)


def author_of(request: HttpRequest) -> Author:
    """Returns the signed-in person as the author of a change."""
    return Author(user=cast("User", request.user))
