"""Runs judging again over all reviews, in ranges of ids; a run that was killed or stopped can be resumed.

Each range keeps its position in a row of `Rejudging`. A range of its own for each process, on PostgreSQL; SQLite has a
single writer.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from archive.database.bulk import bulk_write
from archive.database.gc_pause import gc_threshold_raised
from archive.database.processes import process_pool, told_to_stop
from moderation.models import PolicyVersion, Rejudging, Review
from moderation.services.errors import ServiceError
from moderation.services.rejudging.chunk import PolicyChangedError, Rejudge
from moderation.services.verdicts.policy import policy_active
from moderation.services.verdicts.stored.stored_columns import last_id

MAX_PROCESSES = 16
# Between two looks at how far the processes are.
SECONDS = 0.5


@dataclass(slots=True)
class RejudgeReport:
    """A run: `judged` verdicts, of which `changed` were written, and `moved` comments into another state.

    `left` is whether a range is unfinished: the run was stopped, or another policy became active (`policy_changed`).
    """

    policy: int
    judged: int = 0
    changed: int = 0
    moved: int = 0
    left: bool = False
    policy_changed: bool = False
    ranges: list[int] = field(default_factory=list)


Progress = Callable[[RejudgeReport], None]
Stop = Callable[[], bool]


def verdicts_rejudge(
    *, resume: bool = False, processes: int = 1, progress: Progress | None = None, stop: Stop | None = None
) -> RejudgeReport:
    """Gives all that nobody has decided on the active policy's verdict, and returns a report.

    `resume` goes on with the active policy's unfinished run; without it a run begins anew, and one that is unfinished
    ends where it is. `progress` is called after each chunk, `stop` before each: if it returns True, the run ends there.
    Raises ServiceError: `conflict` if there is nothing to resume, `validation_error` for the number of processes.
    """
    _check_processes(processes)
    version, _policy = policy_active()
    spans = _resumed(version) if resume else _begun(version, processes)
    report = RejudgeReport(version.version, ranges=[span.pk for span in spans])
    work = _in_processes if processes > 1 and len(spans) > 1 else _in_turn
    work(spans, report, progress or _quiet, stop or _never)
    return _summed(report)


@transaction.atomic
def ranges_open(*, resume: bool, parts: int) -> list[Rejudging]:
    """Begins a run of the active policy in so many ranges, or returns the unfinished ones of the run to `resume`.

    Raises ServiceError `conflict` if there is nothing to resume.
    """
    version, _policy = policy_active()
    return _resumed(version) if resume else _begun(version, parts)


def range_rejudge(*, pk: int, stop: Stop) -> bool:
    """Judges one range again from its position on, until `stop`; returns whether the active policy has some of it left.

    Several processes may do the same range: each chunk is written by one of them.
    """
    span = Rejudging.objects.unfinished().filter(pk=pk).first()
    return span is not None and _span_judge(span, _nothing, stop) and span.finished_at is None


def ranges_report(*, ranges: Sequence[int]) -> RejudgeReport:
    """Returns how far these ranges of one run are."""
    version = PolicyVersion.objects.get(pk=Rejudging.objects.get(pk=ranges[0]).policy_id)
    report = RejudgeReport(version.version, ranges=list(ranges))
    report.policy_changed = not version.active
    return _summed(report)


def ranges_end(*, ranges: Sequence[int]) -> None:
    """Ends these ranges where they are."""
    Rejudging.objects.unfinished().filter(pk__in=ranges).update(finished_at=timezone.now())


def _check_processes(processes: int) -> None:
    limit = 1 if connection.vendor == "sqlite" else MAX_PROCESSES
    if not 1 <= processes <= limit:
        raise ServiceError("validation_error", f"This database takes 1 to {limit} processes, not {processes}.")


def _resumed(version: PolicyVersion) -> list[Rejudging]:
    spans = list(Rejudging.objects.unfinished().filter(policy=version).order_by("pk"))
    if not spans:
        detail = f"There is no unfinished run of policy {version.version} to resume: start one without --resume."
        raise ServiceError("conflict", detail)
    return spans


@transaction.atomic
def _begun(version: PolicyVersion, processes: int) -> list[Rejudging]:
    """Begins a range for each process, as many ids in each; ends those that are unfinished."""
    Rejudging.objects.unfinished().update(finished_at=timezone.now())
    first = Review.objects.aggregate(first=Min("pk"))["first"] or 1
    last = last_id()
    ends = [first - 1 + (last - first + 1) * at // processes for at in range(processes + 1)]
    made = [
        Rejudging(policy=version, first_id=begin + 1, last_id=end, position=begin)
        for begin, end in pairwise(ends)
        if begin < end
    ]
    return Rejudging.objects.bulk_create(made)


def _in_turn(spans: Sequence[Rejudging], report: RejudgeReport, progress: Progress, stop: Stop) -> None:
    for span in spans:
        if stop() or report.policy_changed:
            return
        report.policy_changed = not _span_judge(span, lambda: progress(_summed(report)), stop)


def _span_judge(span: Rejudging, progress: Callable[[], None], stop: Stop) -> bool:
    """Judges a range from its position on; returns False if another policy became active."""
    version, policy = policy_active()
    if version.pk != span.policy_id:
        return False
    run = Rejudge(version, policy)
    with bulk_write(), gc_threshold_raised():
        try:
            while not span.finished_at and not stop():
                run.step(span, now=timezone.now())
                progress()
        except PolicyChangedError:
            return False
    return True


def _in_processes(spans: Sequence[Rejudging], report: RejudgeReport, progress: Progress, stop: Stop) -> None:
    """Judges each range in a process of its own. They stop after their chunk if this one is told to."""
    with process_pool(len(spans)) as (pool, told):
        left: list[Future[bool]] = [pool.submit(_span_judge_apart, span.pk) for span in spans]
        while any(not one.done() for one in left):
            wait(left, timeout=SECONDS, return_when=FIRST_COMPLETED)
            progress(_summed(report))
            if stop():
                told.set()
        report.policy_changed = not all(one.result() for one in left)


def _span_judge_apart(pk: int) -> bool:
    return _span_judge(Rejudging.objects.get(pk=pk), _nothing, told_to_stop)


def _summed(report: RejudgeReport) -> RejudgeReport:
    """Adds up what the ranges have counted."""
    spans = Rejudging.objects.filter(pk__in=report.ranges)
    counted = list(spans)
    report.judged = sum(span.judged for span in counted)
    report.changed = sum(span.changed for span in counted)
    report.moved = sum(span.moved for span in counted)
    report.left = any(span.finished_at is None for span in counted)
    return report


def _never() -> bool:
    return False


def _nothing() -> None:
    return None


def _quiet(_report: RejudgeReport) -> None:
    return None
