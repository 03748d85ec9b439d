"""Word lists that policies ask about: named, in versions, with the entries of every version."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WordMatch(models.TextChoices):
    """How an entry's words are compared with a text's."""

    WORD = "word", _("whole words")
    STEM = "stem", _("word stems")


class WordList(models.Model):
    """A named list. `version` is the current one; its entries are those of `WordListEntry` that it has."""

    name = models.SlugField(max_length=64, unique=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("word list")
        verbose_name_plural = _("word lists")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class WordListVersion(models.Model):
    """One version of a list: who made it and why, and how many entries it has. It never changes.

    Ids follow commit order over all lists (`services.word_lists.lists`): a text that was matched with the lists up to
    an id was matched with all versions below it.
    """

    list = models.ForeignKey(WordList, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True, default="")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    api_key = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("word list version")
        verbose_name_plural = _("word list versions")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["list", "version"], name="word_list_version")]

    def __str__(self) -> str:
        return f"{self.list_id} version {self.version}"


class WordListEntryQuerySet(models.QuerySet["WordListEntry"]):
    """Reads of entries."""

    def of_version(self, version: int) -> Self:
        """Entries that this version of their list has."""
        return self.filter(Q(removed_in=None) | Q(removed_in__gt=version), added_in__lte=version)


class WordListEntry(models.Model):
    """A word or phrase in the versions of a list from `added_in` to the one before `removed_in` (null: still there).

    `language` is the code of the texts that it counts in; empty for all, which a stem cannot have. `allow`: the words
    are harmless, and a hit within them does not count. `who` is who added it, as a name.
    """

    list = models.ForeignKey(WordList, on_delete=models.PROTECT, related_name="entries", db_index=False)
    language = models.CharField(max_length=16, blank=True, default="")
    term = models.CharField(max_length=200)
    match = models.CharField(max_length=4, choices=WordMatch, default=WordMatch.WORD)
    allow = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True, default="")
    who = models.CharField(max_length=150, blank=True, default="")
    added_in = models.PositiveIntegerField()
    removed_in = models.PositiveIntegerField(null=True, blank=True)

    objects = WordListEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("word list entry")
        verbose_name_plural = _("word list entries")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["list", "term", "language", "match", "allow"],
                condition=Q(removed_in=None),
                name="word_list_entry_once",
            ),
        ]
        indexes = [models.Index(fields=["list", "id"], name="word_list_entry_list")]

    def __str__(self) -> str:
        return self.term
