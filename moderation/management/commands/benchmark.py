"""`benchmark`: measures this installation. Each kind of benchmark is a function in `KINDS`."""

import json
import os
import platform
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from moderation.benchmarks.api import ApiPlan, api_measured
from moderation.benchmarks.archive import archive_measured
from moderation.benchmarks.attacks.hostile import hostile_measured
from moderation.benchmarks.attacks.hostile_requests import KINDS as HOSTILE_KINDS
from moderation.benchmarks.engine.scoring import TEXTS, ScoringPlan, scoring_measured
from moderation.benchmarks.judging.policy import policy_measured
from moderation.benchmarks.judging.term_lists import terms_measured
from moderation.benchmarks.reviewing.desk import desk_measured
from moderation.benchmarks.reviewing.moderators import moderators_measured
from moderation.benchmarks.scratch import BenchmarkError
from moderation.management.arguments import number_of, parse_texts
from moderation.management.output import report_write

Figures = dict[str, Any]
ARCHIVE_COMMENTS, DESK_COMMENTS, POLICY_ROWS, ENTRIES = 100_000, 200_000, 100_000, 100_000


def at_least_one(value: str) -> int:
    """Parses a number that is at least 1."""
    if not value.isdecimal() or int(value) < 1:
        raise ArgumentTypeError(f"{value!r} is not a whole number of at least 1")
    return int(value)


def archive(options: dict[str, Any]) -> Figures:
    """Measures an import: a generated WordPress export of `--comments` comments, into a scratch database."""
    measured = archive_measured(comments=options["comments"] or ARCHIVE_COMMENTS)
    return {
        "database": connection.vendor,
        **asdict(measured),
        "comments_per_second": round(measured.rate, 1),
        "peak_megabytes": round(measured.peak_bytes / 1_000_000, 1),
    }


def api(options: dict[str, Any]) -> Figures:
    """Measures the server: comments:analyze with `--clients`, optionally `--beside-batch`, and under `--overload`."""
    clients = tuple(dict.fromkeys(options["clients"]))
    return api_measured(ApiPlan(clients, options["seconds"], options["beside_batch"], options["overload"]))


def moderators(options: dict[str, Any]) -> Figures:
    """Simulates `--moderators` people who decide on one queue of `--queued` comments, and counts the outcomes."""
    return moderators_measured(moderators=options["moderators"], pending=options["queued"])


def desk(options: dict[str, Any]) -> Figures:
    """Requests every page of the review desk with `--comments` comments in the archive, a tenth of them pending."""
    return desk_measured(comments=options["comments"] or DESK_COMMENTS)


def hostile(options: dict[str, Any]) -> Figures:
    """Sends `--attackers` hostile requests of each kind (or of `--attacks`) to a scratch server, and measures it."""
    kinds = [kind for kind in HOSTILE_KINDS if kind in (options["attacks"] or HOSTILE_KINDS)]
    clients, seconds = options["attackers"], options["seconds"]
    return hostile_measured(clients=clients, seconds=seconds, kinds=kinds, say=_say)


def policy(options: dict[str, Any]) -> Figures:
    """Simulates a policy over `--rows` stored scores and judges them again, in `--processes` processes."""
    return policy_measured(rows=options["rows"], processes=options["processes"])


def scoring(options: dict[str, Any]) -> Figures:
    """Compares the engine with the detoxify library on `--texts`, or on generated ones; opens no database."""
    plan = ScoringPlan(parse_texts(options["texts"]), options["count"])
    return scoring_measured(plan, say=_say)


def terms(options: dict[str, Any]) -> Figures:
    """Compares matching `--texts` with word lists of `--entries` with scoring them; opens no database."""
    plan = ScoringPlan(parse_texts(options["texts"]), options["count"])
    return terms_measured(plan, entries=options["entries"])


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


KINDS: dict[str, Callable[[dict[str, Any]], Figures]] = {
    "archive": archive,
    "scoring": scoring,
    "api": api,
    "moderators": moderators,
    "desk": desk,
    "hostile": hostile,
    "policy": policy,
    "terms": terms,
}


class Command(BaseCommand):
    """Runs one benchmark, or all of them."""

    help = (
        "Measure this installation. archive: imports a generated export into a scratch database. "
        "api: the server's latency, on a scratch database. "
        "moderators: people who decide on one queue at once, on a scratch database. "
        "desk: every page of the review desk, on a filled scratch database. "
        "hostile: how hostile requests affect readers, on a scratch database and server. "
        "policy: a policy simulated over stored scores, and judging them again, on a filled scratch database. "
        "scoring: the engine against the detoxify library, without a database. "
        "terms: matching with word lists beside scoring, without a database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declares the options."""
        parser.add_argument("kind", choices=[*KINDS, "all"])
        parser.add_argument(
            "--comments",
            type=at_least_one,
            metavar="N",
            help=f"archive, desk: how many ({ARCHIVE_COMMENTS}, {DESK_COMMENTS})",
        )
        parser.add_argument(
            "--clients", type=at_least_one, nargs="+", default=[1, 16], metavar="N", help="api: at a time (1 16)"
        )
        parser.add_argument(
            "--seconds", type=at_least_one, default=20, metavar="S", help="api, hostile: of each load (20)"
        )
        parser.add_argument(
            "--attackers", type=at_least_one, default=64, metavar="N", help="hostile: requests side by side (64)"
        )
        parser.add_argument(
            "--attacks", choices=HOSTILE_KINDS, nargs="+", metavar="KIND", help="hostile: these kinds alone"
        )
        parser.add_argument("--beside-batch", action="store_true", help="api: also while a nice score_comments runs")
        parser.add_argument(
            "--overload", type=number_of("--overload"), default=200, metavar="N", help="api: clients; 0 for none (200)"
        )
        parser.add_argument(
            "--moderators", type=at_least_one, default=20, metavar="N", help="moderators: how many at once (20)"
        )
        parser.add_argument(
            "--queued", type=at_least_one, default=2_000, metavar="N", help="moderators: comments in their queue (2000)"
        )
        parser.add_argument(
            "--rows",
            type=at_least_one,
            default=POLICY_ROWS,
            metavar="N",
            help=f"policy: scored rows ({POLICY_ROWS})",
        )
        parser.add_argument(
            "--processes", type=at_least_one, default=2, metavar="N", help="policy: how many share the work (2)"
        )
        parser.add_argument(
            "--entries", type=at_least_one, default=ENTRIES, metavar="N", help=f"terms: of word lists ({ENTRIES})"
        )
        parser.add_argument(
            "--texts", type=Path, metavar="FILE", help="scoring, terms: comments; without it, seeded ones"
        )
        parser.add_argument(
            "--count", type=at_least_one, default=TEXTS, metavar="N", help=f"scoring, terms: texts to score ({TEXTS})"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Measures, prints one figure per line, and writes them as JSON if requested."""
        kinds = list(KINDS) if options["kind"] == "all" else [options["kind"]]
        figures = {"machine": machine(), **{kind: self._measure(kind, options) for kind in kinds}}
        report_write(json.dumps(figures, indent=2) + "\n", path=options["json"], option="json")

    def _measure(self, kind: str, options: dict[str, Any]) -> Figures:
        try:
            figures = KINDS[kind](options)
        except BenchmarkError as error:
            raise CommandError(f"{kind}: {error}") from error
        for name, value in figures.items():
            self.stdout.write(f"{kind} {name}: {shown(value)}")
        return figures


def shown(value: Any) -> str:
    """Returns a figure as text; a group of figures goes on one line."""
    return ", ".join(f"{name} {one}" for name, one in value.items()) if isinstance(value, dict) else str(value)


def machine() -> Figures:
    """Returns what the figures depend on: the machine and the Python version."""
    return {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
