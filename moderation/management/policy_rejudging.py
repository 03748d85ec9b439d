"""`policy rejudge`: gives what nobody has decided on the active policy's verdict."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from moderation.management.signals import stop_on_signals
from moderation.services.errors import ServiceError
from moderation.services.rejudging.run import RejudgeReport, verdicts_rejudge

PROCESSES: dict[str, Any] = {
    "type": int,
    "default": 1,
    "metavar": "N",
    "help": "on PostgreSQL, how many share the work of judging again",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped or killed")
    parser.add_argument("--processes", **PROCESSES)


def handle(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Judges again, with a count on stderr if that is a terminal; fails if the run did not come to its end."""
    with stop_on_signals() as stop, tqdm(unit=" verdicts", disable=not sys.stderr.isatty()) as bar:

        def progress(report: RejudgeReport) -> None:
            bar.update(report.judged - bar.n)

        try:
            report = verdicts_rejudge(
                resume=options["resume"], processes=options["processes"], progress=progress, stop=stop
            )
        except ServiceError as error:
            raise CommandError(error.detail) from error
    counts = f"{report.judged} verdicts judged again, {report.changed} changed, {report.moved} comments moved"
    stdout.write(f"Version {report.policy} of the policy: {counts}.")
    if report.policy_changed:
        raise CommandError("Another version became active in the meantime: run it again.")
    if report.left:
        raise CommandError("Stopped before the end: --resume continues from there.")
