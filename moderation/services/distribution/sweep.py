"""The sweep: hands out what is unscored and what no worker has, every few seconds, whoever lost a message or died.

Nothing here is remembered but where the last hand-out ended: if that is lost, ranges are handed out twice, and the
second worker finds nothing to claim.
"""

from django.db.models import Q

from archive.models import Comment, CommentQuerySet
from moderation.models import Claim
from moderation.services.batch_scoring.claims import claimable, claims_release_dead
from moderation.services.distribution.ranges import ScoreRange, ranges_of
from moderation.services.work.broker import Broker, Queue, Task

# Ranges that wait, beyond which nothing is handed out; and ranges handed out at a time: some seconds for 64 workers.
ENOUGH, MOST = 32, 64
SWEPT = "swept"


def unscored_sweep(*, broker: Broker) -> int:
    """Hands out ranges of unscored comments that nobody holds, as long as few wait; returns how many ranges."""
    claims_release_dead(Claim.objects.filter(~Q(worker=""), lease_until__isnull=False))
    waiting = broker.waiting(Queue.BULK)
    if waiting >= ENOUGH:
        return 0
    # Once all have been taken, what is left was lost, or came below: begin anew.
    after = broker.mark(SWEPT) if waiting else 0
    spans = list(ranges_of(comments_free(), after=after, most=MOST))
    if spans:
        broker.send(Task.SCORE_RANGE, [ScoreRange(first, until).as_json() for first, until in spans])
        broker.mark(SWEPT, spans[-1][1])
    return len(spans)


def comments_free() -> CommentQuerySet:
    """Returns the unscored comments that nobody holds and that are not set aside."""
    return claimable(Comment.objects.open().unscored())
