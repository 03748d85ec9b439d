"""The desk's queues: which comments each holds, the orders they come in, and how many there are, up to a bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.database.keyset import Key, Order
from archive.models import Comment, CommentQuerySet
from moderation.desk.access import Person
from moderation.models import QueueName, Review, ReviewQuerySet
from moderation.models.review import INDEXED_APART
from moderation.services.states.status import UNSCORED

CAP = 1_000
# Every comment that was ever scored, whatever became of it: for searches.
EVERYTHING = "all"
# Comments that colleagues handed to the person: no state of a comment, and another list for each.
HANDED = "handed"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue by its name in addresses: a `QueueName`, `handed`, `all`, or `unscored`, which has no reviews.

    `order` is its own. `seen` says whether readers see what is in it, unless a card says otherwise; None: each differs.
    """

    name: str
    label: str | Promise
    order: str = "newest"
    seen: bool | None = True

    @property
    def is_unscored(self) -> bool:
        """Says whether the queue is of comments and not of reviews."""
        return self.name == UNSCORED

    def reviews(self, person: Person) -> ReviewQuerySet:
        """Returns the reviews of the queue that the person may see."""
        if self.name == EVERYTHING:
            everything: ReviewQuerySet = person.within(Review.objects.all(), apart=True)
            return everything
        if self.name == HANDED:
            handed: ReviewQuerySet = person.within(Review.objects.handed_to(person.user), apart=True)
            return handed
        # A source's own index would tempt the planner, and is worse than the small index that such a queue has.
        found: ReviewQuerySet = person.within(Review.objects.for_view(self.name), apart=self.name in INDEXED_APART)
        return found


QUEUES: Mapping[str, Queue] = {
    queue.name: queue
    for queue in (
        Queue(QueueName.PENDING, _("Pending"), order="risk"),
        Queue(HANDED, _("Handed to me"), order="risk", seen=None),
        Queue(QueueName.HELD, _("Held"), order="risk", seen=False),
        Queue(QueueName.ESCALATED, _("Escalated"), order="risk"),
        Queue(QueueName.DEFERRED, _("Deferred"), order="risk"),
        Queue(QueueName.REPORTED, _("Flagged by readers"), order="risk"),
        Queue(QueueName.HIGHLIGHTED, _("Highlighted")),
        Queue(QueueName.APPROVED, _("Approved")),
        Queue(QueueName.REJECTED, _("Rejected"), seen=False),
        Queue(QueueName.BY_POLICY, _("Decided by policy"), seen=None),
        Queue(QueueName.PASSED, _("Passed")),
        Queue(UNSCORED, _("Unscored"), seen=None),
        Queue(EVERYTHING, _("All"), seen=None),
    )
}
DEFAULT = QUEUES[QueueName.PENDING]

_BY_TIME = Key("created_at", "comment_id", load=datetime.fromisoformat)
ORDERS: Mapping[str, Order] = {
    "risk": Order(Key("risk", "comment_id", load=float), descending=True),
    "newest": Order(_BY_TIME, descending=True),
    "oldest": Order(_BY_TIME, descending=False),
    "uncertainty": Order(Key("uncertainty", "comment_id", load=float), descending=True),
}
ORDER_LABELS: Mapping[str, str | Promise] = {
    "risk": _("Riskiest first"),
    "newest": _("Newest first"),
    "oldest": _("Oldest first"),
    "uncertainty": _("Most uncertain first"),
}
# All comments come in the order of their numbers too: no index has all of them by time or by risk.
_BY_NUMBER = Key("comment_id", "comment_id", load=int)
ORDERS_OF_ALL: Mapping[str, Order] = {
    "newest": Order(_BY_NUMBER, descending=True),
    "oldest": Order(_BY_NUMBER, descending=False),
}
# Comments that nobody scored come in the order of their numbers, which their partial index has.
UNSCORED_ORDER = Order(Key("id", load=int), descending=True)


def order_of(queue: Queue, name: str, *, searched: bool) -> Order:
    """Returns the order `name` of a queue; what was searched for is few enough to be sorted in any."""
    if queue.name == EVERYTHING and not searched:
        return ORDERS_OF_ALL.get(name, ORDERS_OF_ALL["newest"])
    return ORDERS[name]


def unscored_comments(person: Person) -> CommentQuerySet:
    """Returns the comments of the person's sources that still stand and that nobody has scored."""
    found: CommentQuerySet = person.within(Comment.objects.open().unscored(), apart=True)
    return found


def counted_rows(person: Person) -> dict[str, QuerySet[Any]]:
    """Returns queue → what it holds for the person, to be counted up to `CAP`."""
    return {
        name: unscored_comments(person) if queue.is_unscored else queue.reviews(person)
        for name, queue in QUEUES.items()
    }
