"""A moderator's settings for the review desk, stored in `Moderator.desk`, and today's count of severe comments."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from archive.database.by_the_way import note_if_free
from moderation.models import Moderator, Review, ReviewQuerySet
from moderation.services.errors import invalid

PAGE_SIZES = (10, 25, 50, 100)
SEVERE = "severe"
# What counts as severe for a person who has blurring turned off.
SEVERE_FROM = 0.4
# The count of severe comments per day stops here.
MAX_SEVERE = 2_000
# After as many severe comments in a row a pause may be asked for, at most.
MAX_IN_A_ROW = 100
# A comment is of a category from this score on, for who wants a rest from it.
AWAY_FROM = 0.5


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """One person's desk settings.

    `mask_slurs` hides slurs until the person reveals them; `blur_above` is the severity, 0 to 1, from which a text is
    blurred (None: never); `page_size` is the number of comments on a page of a queue; `single_keys` turns on
    single-key shortcuts for decisions; `grey_severe` takes the colours from severe comments; `pause_after` is how many
    severe comments in a row are followed by a pause (0: never); `away_from` is the attribute whose comments are not
    given as the next one (empty: none is left out). Nobody else sees any of it.
    """

    mask_slurs: bool = True
    blur_above: float | None = SEVERE_FROM
    page_size: int = 25
    single_keys: bool = True
    grey_severe: bool = False
    pause_after: int = 0
    away_from: str = ""

    @property
    def severe_from(self) -> float:
        """The severity from which a comment counts as severe."""
        return SEVERE_FROM if self.blur_above is None else self.blur_above


def desk_settings_read(stored: Mapping[str, Any]) -> DeskSettings:
    """Returns the settings in `Moderator.desk`, with defaults for those that are not set."""
    known = {field.name for field in fields(DeskSettings)}
    return DeskSettings(**{name: value for name, value in stored.items() if name in known})


def away_from(reviews: ReviewQuerySet, settings: DeskSettings) -> ReviewQuerySet:
    """Returns the reviews without those of the category that the person wants a rest from."""
    if not settings.away_from:
        return reviews
    return reviews.exclude(**{f"{settings.away_from}__gte": AWAY_FROM})


def severe_today(stored: Mapping[str, Any]) -> int:
    """Returns how many different severe comments the person opened today, according to `Moderator.desk`."""
    return len(_severe(stored))


def desk_settings_save(*, user: User, settings: DeskSettings) -> None:
    """Stores a person's settings. Raises ServiceError `validation_error` for an invalid value."""
    if settings.blur_above is not None and not 0 <= settings.blur_above <= 1:
        raise invalid("/blur_above", "The score to blur from is a number from 0 to 1.", limit=1)
    if settings.page_size not in PAGE_SIZES:
        raise invalid("/page_size", f"A page has one of {', '.join(map(str, PAGE_SIZES))} comments.")
    if not 0 <= settings.pause_after <= MAX_IN_A_ROW:
        detail = f"A pause comes after 0 to {MAX_IN_A_ROW} severe comments."
        raise invalid("/pause_after", detail, limit=MAX_IN_A_ROW)
    if settings.away_from and settings.away_from not in Review.ATTRIBUTES:
        detail = f"What is left out is one of {', '.join(Review.ATTRIBUTES)}."
        raise invalid("/away_from", detail, code="invalid_choice")
    desk_write(user, asdict(settings))


def severe_seen(*, user: User, comment_id: int, stored: Mapping[str, Any]) -> int:
    """Records that the person opened a severe comment, each comment once a day; returns today's count.

    `stored` is the `Moderator.desk` that the caller read: nothing is written if it already lists the comment. While
    another write is under way, nothing is written or counted either, so that the page does not wait.
    """
    seen = _severe(stored)
    if comment_id in seen or len(seen) >= MAX_SEVERE:
        return len(seen)
    _note(user, stored, comments=[*seen, comment_id], in_a_row=severe_in_a_row(stored) + 1)
    return len(seen) + 1


def severe_in_a_row(stored: Mapping[str, Any]) -> int:
    """Returns how many severe comments the person opened one after the other today, since the last pause."""
    return int(stored.get(SEVERE, {}).get("in_a_row", 0)) if _severe(stored) else 0


def calm_seen(*, user: User, stored: Mapping[str, Any]) -> None:
    """Records that the person opened a comment that is not severe, or paused: the row of severe ones is over."""
    if severe_in_a_row(stored):
        _note(user, stored, comments=_severe(stored), in_a_row=0)


def _note(user: User, stored: Mapping[str, Any], *, comments: list[int], in_a_row: int) -> None:
    noted = {"day": timezone.localdate().isoformat(), "comments": comments, "in_a_row": in_a_row}
    # One statement without a lock: two windows of one person that write at the same moment may count once.
    row = Moderator(user=user, desk={**stored, SEVERE: noted})
    note_if_free(
        lambda: Moderator.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["user"], update_fields=["desk"]
        )
    )


def _severe(stored: Mapping[str, Any]) -> list[int]:
    noted = stored.get(SEVERE, {})
    return noted["comments"] if noted.get("day") == timezone.localdate().isoformat() else []


@transaction.atomic
def desk_write(user: User, changed: Mapping[str, Any]) -> None:
    """Stores a part of what a person keeps at the desk, and leaves the rest as it is."""
    moderator, _ = Moderator.objects.select_for_update().get_or_create(user=user)
    moderator.desk = {**moderator.desk, **changed}
    moderator.save(update_fields=["desk"])
