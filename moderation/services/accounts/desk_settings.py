"""A moderator's settings for the review desk, stored in `Moderator.desk`, and today's count of severe comments."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from archive.database.by_the_way import note_if_free
from moderation.models import Moderator
from moderation.services.errors import invalid

PAGE_SIZES = (10, 25, 50, 100)
SEVERE = "severe"
# What counts as severe for a person who has blurring turned off.
SEVERE_FROM = 0.4
# The count of severe comments per day stops here.
MAX_SEVERE = 2_000


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """One person's desk settings.

    `mask_slurs` hides slurs until the person reveals them; `blur_above` is the severity, 0 to 1, from which a text is
    blurred (None: never); `page_size` is the number of comments on a page of a queue; `single_keys` turns on
    single-key shortcuts for decisions.
    """

    mask_slurs: bool = True
    blur_above: float | None = SEVERE_FROM
    page_size: int = 25
    single_keys: bool = True

    @property
    def severe_from(self) -> float:
        """The severity from which a comment counts as severe."""
        return SEVERE_FROM if self.blur_above is None else self.blur_above


def desk_settings_read(stored: Mapping[str, Any]) -> DeskSettings:
    """Returns the settings in `Moderator.desk`, with defaults for those that are not set."""
    known = {field.name for field in fields(DeskSettings)}
    return DeskSettings(**{name: value for name, value in stored.items() if name in known})


def severe_today(stored: Mapping[str, Any]) -> int:
    """Returns how many different severe comments the person opened today, according to `Moderator.desk`."""
    return len(_severe(stored))


def desk_settings_save(*, user: User, settings: DeskSettings) -> None:
    """Stores a person's settings. Raises ServiceError `validation_error` for an invalid value."""
    if settings.blur_above is not None and not 0 <= settings.blur_above <= 1:
        raise invalid("/blur_above", "The score to blur from is a number from 0 to 1.", limit=1)
    if settings.page_size not in PAGE_SIZES:
        raise invalid("/page_size", f"A page has one of {', '.join(map(str, PAGE_SIZES))} comments.")
    desk_write(user, asdict(settings))


def severe_seen(*, user: User, comment_id: int, stored: Mapping[str, Any]) -> int:
    """Records that the person opened a severe comment, each comment once a day; returns today's count.

    `stored` is the `Moderator.desk` that the caller read: nothing is written if it already lists the comment. While
    another write is under way, nothing is written or counted either, so that the page does not wait.
    """
    seen = _severe(stored)
    if comment_id in seen or len(seen) >= MAX_SEVERE:
        return len(seen)
    noted = {"day": timezone.localdate().isoformat(), "comments": [*seen, comment_id]}
    # One statement without a lock: two windows of one person that write at the same moment may count once.
    row = Moderator(user=user, desk={**stored, SEVERE: noted})
    note_if_free(
        lambda: Moderator.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["user"], update_fields=["desk"]
        )
    )
    return len(noted["comments"])


def _severe(stored: Mapping[str, Any]) -> list[int]:
    noted = stored.get(SEVERE, {})
    return noted["comments"] if noted.get("day") == timezone.localdate().isoformat() else []


@transaction.atomic
def desk_write(user: User, changed: Mapping[str, Any]) -> None:
    """Stores a part of what a person keeps at the desk, and leaves the rest as it is."""
    moderator, _ = Moderator.objects.select_for_update().get_or_create(user=user)
    moderator.desk = {**moderator.desk, **changed}
    moderator.save(update_fields=["desk"])
