"""Which stored scores a simulation is about."""

from dataclasses import dataclass
from datetime import datetime

from moderation.models import Review, ReviewQuerySet, State


@dataclass(frozen=True, slots=True)
class SimulationScope:
    """Comments written from `since` to before `until`, of these sources, a section, a language; all by default."""

    since: datetime | None = None
    until: datetime | None = None
    sources: tuple[int, ...] = ()
    section: str = ""
    language: str = ""

    def reviews(self) -> ReviewQuerySet:
        """Returns the reviews with a score of their comment's current text; closed ones are left out."""
        reviews = Review.objects.filter(score__isnull=False).exclude(state=State.CLOSED).current()
        reviews = reviews.in_sources(self.sources)
        reviews = reviews.filter(created_at__gte=self.since) if self.since else reviews
        reviews = reviews.filter(created_at__lt=self.until) if self.until else reviews
        reviews = reviews.filter(score__language=self.language) if self.language else reviews
        return reviews.filter(article__section=self.section) if self.section else reviews
