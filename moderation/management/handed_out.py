"""`--distribute`: follows work that was handed out to workers, and what Ctrl-C does to it."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from archive.management.progress import Progress
from moderation.management.signals import stop_on_signals
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.distribution.hand_out import (
    broker_needed,
    rejudging_hand_out,
    rejudging_progress,
    rejudging_take_back,
    scoring_hand_out,
    scoring_progress,
)
from moderation.services.rejudging.run import RejudgeReport
from moderation.services.work.broker import BrokerError, RunState

LOOK_SECONDS = 0.5
LEAVE, TAKE_BACK = "leave", "take-back"


def add_arguments(parser: ArgumentParser, *, names_runs: bool) -> None:
    """Declares the options; `names_runs` if `--follow` and `--take-back` name a run."""
    parser.add_argument(
        "--distribute", action="store_true", help="hand the work out to Celery's workers, and follow it"
    )
    parser.add_argument(
        "--on-stop",
        choices=[LEAVE, TAKE_BACK],
        default=LEAVE,
        help="what Ctrl-C does to work that was handed out: leaves it to the workers (the default), or takes it back",
    )
    run: dict[str, Any] = {"metavar": "RUN"} if names_runs else {"action": "store_true"}
    parser.add_argument("--follow", help="show how far work is that was handed out, from any machine", **run)


def score(options: ScoreOptions, *, on_stop: str, stdout: OutputWrapper) -> None:
    """Hands out what the options select, and follows it; raises CommandError if there is nobody to hand it to."""
    try:
        handed = scoring_hand_out(options=options)
        stdout.write(f"Handed out {handed.total:,} comments in {handed.ranges:,} ranges as run {handed.run}.")
        if handed.total:
            score_follow(handed.run, on_stop=on_stop, stdout=stdout)
    except BrokerError as error:
        raise CommandError(f"Some ranges were not handed out, {error}: run it again.") from error


def score_follow(run: str, *, on_stop: str, stdout: OutputWrapper) -> None:
    """Shows a run's progress until its last range is done or Ctrl-C; raises CommandError if the broker is away."""

    def look(progress: Progress) -> bool:
        state = scoring_progress(run=run)
        progress.show(state.done, state.total)
        return bool(state.ranges_left) and not state.taken_back

    try:
        stopped = _followed("comment", look)
        if stopped and on_stop == TAKE_BACK:
            broker_needed().run_take_back(run)
        stdout.write(_run_line(scoring_progress(run=run), stopped=stopped))
    except BrokerError as error:
        raise CommandError(f"{error}; the work goes on: score_comments --follow {run}") from error


def rejudge(*, resume: bool, on_stop: str, stdout: OutputWrapper) -> None:
    """Hands out judging again, and follows it."""
    try:
        ranges = rejudging_hand_out(resume=resume)
    except BrokerError as error:
        raise CommandError(f"Some ranges were not handed out, {error}: run it with --resume.") from error
    stdout.write(f"Handed out {len(ranges):,} ranges.")
    rejudge_follow(ranges, on_stop=on_stop, stdout=stdout)


def rejudge_follow(ranges: list[int], *, on_stop: str, stdout: OutputWrapper) -> None:
    """Shows how far these ranges are, by default all that are unfinished, until the last is done or Ctrl-C."""
    report = rejudging_progress(ranges=ranges)
    if report is None:
        stdout.write("Nothing is being judged again.")
        return

    def look(progress: Progress) -> bool:
        now = rejudging_progress(ranges=report.ranges) or report
        progress.show(now.judged, now.judged)
        return now.left and not now.policy_changed

    stopped = _followed("verdict", look)
    if stopped and on_stop == TAKE_BACK:
        rejudging_take_back(ranges=report.ranges)
    stdout.write(_judged_line(rejudging_progress(ranges=report.ranges) or report, stopped=stopped))


def _followed(unit: str, look: Callable[[Progress], bool]) -> bool:
    """Looks until `look` returns False; returns whether it was stopped before."""
    with Progress(unit=unit) as progress, stop_on_signals() as stop:
        while look(progress):
            if stop():
                return True
            time.sleep(LOOK_SECONDS)
    return False


def _run_line(state: RunState, *, stopped: bool) -> str:
    line = f"Run {state.name}: {state.done:,} of {state.total:,} comments scored, {state.ranges_left:,} ranges left."
    if state.taken_back:
        return f"{line} It was taken back: what is unscored, the next run or the sweep scores."
    return f"{line} The workers go on: score_comments --follow {state.name}" if stopped else line


def _judged_line(report: RejudgeReport, *, stopped: bool) -> str:
    counts = f"{report.judged:,} verdicts judged again, {report.changed:,} changed, {report.moved:,} comments moved"
    line = f"Version {report.policy} of the policy: {counts}."
    if report.policy_changed:
        return f"{line} Another version became active in the meantime: run it again."
    return f"{line} The workers go on: policy rejudge --follow" if stopped and report.left else line
