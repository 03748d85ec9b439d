"""Articles and commenters by what a moderator knows of them: a number, words of a title, the beginning of a name."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from archive.models import Article, Commenter
from moderation.desk.access import Person

# Articles whose titles are read for their words: no index has them, so the search has an end.
NEWEST = 2_000
MAX_FOUND = 100
MAX_ID = 2**63 - 1
Words = str | Promise
Finder = Callable[[Person, str], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What a filter's words mean: the ids that they name, one or several. `number` says that they were an id."""

    words: str
    ids: tuple[int, ...]
    number: bool = False

    @property
    def one(self) -> int | None:
        """Returns the id if there is only one."""
        return self.ids[0] if len(self.ids) == 1 else None


class LookupField(forms.CharField):
    """A field whose value is a `LookupResult`; empty is None. `find` looks for words that are no number."""

    def __init__(self, find: Finder, *, label: Words, hint: Words) -> None:
        widget = forms.TextInput(attrs={"placeholder": hint})
        super().__init__(label=cast("str", label), required=False, max_length=200, widget=widget)
        self._find = find
        self.person: Person | None = None

    def clean(self, value: object) -> LookupResult | None:
        """Returns what the words name; refuses those that name nothing, and those that name too much."""
        words = super().clean(value)
        digits = words.removeprefix("#")
        if digits.isascii() and digits.isdigit() and 0 < int(digits) <= MAX_ID:
            return LookupResult(words, (int(digits),), number=True)
        return LookupResult(words, self._found(words)) if words else None

    def _found(self, words: str) -> tuple[int, ...]:
        found = self._find(self.person, words) if self.person else ()
        if len(found) > MAX_FOUND:
            raise ValidationError(_("More than %(count)d are meant: use more words."), params={"count": MAX_FOUND})
        return found


def articles_named(person: Person, words: str) -> tuple[int, ...]:
    """Returns the newest articles with all these words in their titles, at most `MAX_FOUND` + 1. One query."""
    wanted = _folded(words).split()
    titles = person.within(Article.objects.order_by("-pk"), apart=True).values_list("pk", "title")[:NEWEST]
    found = tuple(pk for pk, title in titles if all(word in _folded(title) for word in wanted))
    if not found:
        said = _("No title of the newest %(count)d articles has these words.")
        raise ValidationError(said, params={"count": NEWEST})
    return found[: MAX_FOUND + 1]


def commenters_named(person: Person, words: str) -> tuple[int, ...]:
    """Returns the commenters whose names begin so, case kept, at most `MAX_FOUND` + 1. One query."""
    named = person.within(Commenter.objects.filter(name__startswith=words)).order_by()
    found = tuple(named.values_list("pk", flat=True)[: MAX_FOUND + 1])
    if not found:
        raise ValidationError(_("No commenter's name begins so."))
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
