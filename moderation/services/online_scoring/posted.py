"""Comments that were posted and are scored while the caller waits: through the request queue, saved as a run saves.

A place in the queue is taken before anything is stored, so that a call is refused whole or not at all. Once stored,
comments are claimed a few at a time under one lease that outlasts the wait, and asked about like any request's text.
What is not done in time stays unscored for the next run of `score_comments`.
"""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from archive.models import Comment
from moderation.models import Claim
from moderation.scoring import Refusal, Result, ScoringError
from moderation.scoring.queueing.admission import Place
from moderation.services.batch_scoring.chunk import ScoreRun
from moderation.services.batch_scoring.claims import claims_release, claims_take
from moderation.services.batch_scoring.inference import Inference, LateError
from moderation.services.batch_scoring.options import ScoreReport
from moderation.services.batch_scoring.workers import worker_name
from moderation.services.model_versions import models_in_use
from moderation.services.online_scoring.request_queue import RequestQueue, request_queue_active, request_queue_of
from moderation.services.verdicts.triage import comments_close
from moderation.services.work.nudges import comments_nudge

logger = logging.getLogger(__name__)

# Comments of one call that are in the queue at a time: others get their turn in between.
CHUNK = 8
POLL_SECONDS = 0.05


@dataclass(slots=True)
class QueuedScorer:
    """Stands in for a scorer: texts go through the request queue and are waited for until `deadline`.

    `deadline` is a time of `time.monotonic()`; `place` is the caller's in this queue.
    """

    queue: RequestQueue
    place: Place
    deadline: float

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
    ) -> list[Result | Refusal]:
        """Returns what `Scorer.score` does; raises LateError at the deadline, and what the scorer raises."""
        future = self.queue.submit(
            texts=texts,
            languages=languages or [None] * len(texts),
            fallbacks=fallbacks,
            spans=spans,
            place=self.place,
        )
        try:
            return future.result(max(0.0, self.deadline - time.monotonic()))
        except TimeoutError as error:
            future.cancel()
            raise LateError from error


@dataclass(slots=True)
class PostedComments:
    """A call's place in the queue before the models; None if they cannot be opened, and nothing is scored now."""

    queue: RequestQueue | None
    place: Place | None

    def score(self, *, comment_ids: Sequence[int], deadline: float) -> None:
        """Scores just these comments until `deadline`, a time of `time.monotonic()`; call it outside transactions.

        What another run holds is waited for. Comments that are late, or that the model fails on, stay unscored for a
        worker or the next run of `score_comments`; nothing is raised for them.
        """
        self._score(comment_ids, deadline)
        late = Comment.objects.open().unscored().filter(pk__in=comment_ids)
        comments_nudge(ids=list(late.values_list("pk", flat=True)))

    def _score(self, comment_ids: Sequence[int], deadline: float) -> None:
        ids = list(Comment.objects.unscored().filter(pk__in=comment_ids).values_list("pk", flat=True))
        comments_close(ids=ids)
        if self.queue is None or self.place is None:
            return
        try:
            run = self._run(self.queue, self.place, deadline)
        except ScoringError as error:
            logger.error("comments stay unscored: %s", error.code)
            return
        try:
            _score_these(run, ids, deadline)
        except LateError:
            logger.info("%d comments or fewer were not scored in time", len(ids))
        except ScoringError as error:
            logger.error("comments stay unscored: %s", error.code)
        finally:
            claims_release(worker=run.worker)

    def release(self) -> None:
        """Gives the place back: the call waits for nothing more."""
        if self.queue and self.place:
            self.queue.release(self.place)

    def _run(self, queue: RequestQueue, place: Place, deadline: float) -> ScoreRun:
        models = models_in_use()
        if queue.routing.label != models.label:
            # Other models became active since the place was taken: their queue takes these texts without one.
            self.release()
            queue, place = request_queue_of(models), Place(0)
        scorer = QueuedScorer(queue, place, deadline)
        report = ScoreReport(model=models.label, active=True)
        return ScoreRun(Inference(scorer, models.probes), models, True, worker_name(), report)


@contextmanager
def comments_admit(*, texts: Sequence[str]) -> Iterator[PostedComments]:
    """Takes a place in the request queue for comments that are stored in the block, which then asks for their scores.

    Raises ServiceError `overloaded`, worth a retry, if the queue has no place in time: nothing is stored then.
    """
    queue = _queue_or_none()
    posted = PostedComments(queue, queue.reserve(texts[:CHUNK]) if queue else None)
    try:
        yield posted
    finally:
        posted.release()


def _queue_or_none() -> RequestQueue | None:
    try:
        return request_queue_active()
    except ScoringError as error:
        logger.error("comments stay unscored: %s", error.code)
        return None


def _score_these(run: ScoreRun, ids: Sequence[int], deadline: float) -> None:
    wanted = Comment.objects.open().unscored().filter(pk__in=ids)
    held = Claim.objects.filter(comment_id__in=ids, set_aside_at=None)
    while time.monotonic() < deadline and wanted.exists():
        # Nobody renews the lease: it outlasts the wait and a save.
        seconds = math.ceil(deadline - time.monotonic()) + settings.MODERATION_LEASE_SECONDS
        if taken := claims_take(comments=wanted, worker=run.worker, seconds=seconds, limit=CHUNK):
            run.batch(run.load(taken))
        elif held.exists():
            time.sleep(POLL_SECONDS)
        else:
            return
