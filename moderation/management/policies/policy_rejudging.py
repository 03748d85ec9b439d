"""`policy rejudge`: gives what nobody has decided on the active policy's verdict."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from tqdm import tqdm

from moderation.management import handed_out
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
    handed_out.add_arguments(parser, names_runs=False)


def handle(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Judges again, here or by workers; fails if a run here did not come to its end."""
    try:
        if options.get("follow"):
            handed_out.rejudge_follow([], on_stop=options["on_stop"], stdout=stdout)
        elif options.get("distribute"):
            handed_out.rejudge(resume=options["resume"], on_stop=options["on_stop"], stdout=stdout)
        else:
            rejudge_here(options, stdout)
    except ServiceError as error:
        raise CommandError(error.detail) from error


def rejudge_here(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Judges again in this process, with a count on stderr if that is a terminal."""
    with stop_on_signals() as stop, tqdm(unit=" verdicts", disable=not sys.stderr.isatty()) as bar:

        def progress(report: RejudgeReport) -> None:
            bar.update(report.judged - bar.n)

        report = verdicts_rejudge(
            resume=options["resume"], processes=options["processes"], progress=progress, stop=stop
        )
    counts = f"{report.judged} verdicts judged again, {report.changed} changed, {report.moved} comments moved"
    stdout.write(f"Version {report.policy} of the policy: {counts}.")
    if report.policy_changed:
        raise CommandError("Another version became active in the meantime: run it again.")
    if report.left:
        raise CommandError("Stopped before the end: --resume continues from there.")
