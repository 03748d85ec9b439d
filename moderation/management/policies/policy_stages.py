"""`policy shadow|rollout|retire|revert|hits VERSION`: a version's way into effect, and what its rules hit."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from math import isnan
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone
from tqdm import tqdm

from moderation.management.policies.policy_files import actor_named
from moderation.management.signals import stop_on_signals
from moderation.models import Reversion
from moderation.services.errors import ServiceError
from moderation.services.policies.hits import RuleAlarm, rule_alarms
from moderation.services.policies.rollout.stages import policy_retire, policy_revert, policy_rollout, policy_shadow
from moderation.services.policies.shadow_report import shadow_report
from moderation.services.policies.versions import policy_get

Part = Callable[[dict[str, Any], OutputWrapper], None]
BY = "the number of a version"


def add_parsers(parts: Any) -> None:
    """Declares the sub-commands."""
    shadow: ArgumentParser = parts.add_parser("shadow", help="judge beside the active version, without effect")
    rollout = parts.add_parser("rollout", help="give a version in shadow a share of the comments that come")
    retire = parts.add_parser("retire", help="end a draft or a candidate")
    revert = parts.add_parser("revert", help="undo what a rule did without a person")
    hits = parts.add_parser("hits", help="how often each rule decides today, against its own history")
    for part in (shadow, rollout, retire, revert, hits):
        part.add_argument("version", type=int, metavar="VERSION", help=BY)
    for part in (shadow, rollout, retire, revert):
        part.add_argument("--as", dest="actor", metavar="USER", help="who does it")
    shadow.add_argument("--report", action="store_true", help="print what it said so far, as JSON; changes nothing")
    rollout.add_argument("percent", type=int, metavar="PERCENT", help="1 to 100")
    revert.add_argument("rule", metavar="RULE", help="the id of a rule of that version")


def handle(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Runs the sub-command; raises CommandError for what a service refuses."""
    try:
        PARTS[options["part"]](options, stdout)
    except ServiceError as error:
        lines = [f"{one.pointer}: {one.detail}" for one in error.errors] or [error.detail]
        raise CommandError("\n".join(lines)) from error


def _shadow(options: dict[str, Any], stdout: OutputWrapper) -> None:
    if options["report"]:
        report = shadow_report(version=policy_get(version=options["version"]))
        stdout.write(json.dumps(asdict(report), indent=2))
        return
    row = policy_shadow(version=options["version"], actor=actor_named(options["actor"]))
    stdout.write(f"Version {row.version} of the policy is in shadow: it judges what is scored, without effect.")


def _rollout(options: dict[str, Any], stdout: OutputWrapper) -> None:
    percent = options["percent"]
    row = policy_rollout(version=options["version"], percent=percent, actor=actor_named(options["actor"]))
    stdout.write(f"Version {row.version} of the policy judges {percent} % of the comments that come.")


def _retire(options: dict[str, Any], stdout: OutputWrapper) -> None:
    row = policy_retire(version=options["version"], actor=actor_named(options["actor"]))
    stdout.write(f"Version {row.version} of the policy is retired.")


def _revert(options: dict[str, Any], stdout: OutputWrapper) -> None:
    with stop_on_signals() as stop, tqdm(unit=" comments", disable=not sys.stderr.isatty()) as bar:

        def progress(done: Reversion) -> None:
            bar.update(done.reverted + done.left - bar.n)

        actor = actor_named(options["actor"])
        done = policy_revert(
            version=options["version"], rule=options["rule"], actor=actor, progress=progress, stop=stop
        )
    counts = f"{done.reverted} decisions undone, {done.left} comments left as they are"
    stdout.write(f"Rule {done.rule} of version {options['version']}: {counts}. It acts through a person from now on.")
    if not done.finished_at:
        raise CommandError("Stopped before the end: the same command continues from there.")


def _hits(options: dict[str, Any], stdout: OutputWrapper) -> None:
    version = policy_get(version=options["version"])
    for row in rule_alarms(version=version, day=timezone.now().date()):
        stdout.write(_line(row))


def _line(row: RuleAlarm) -> str:
    """Returns a rule's share today in words: `links: 12 of 400 comments, usual (2.1 % to 3.9 % before)`."""
    alarm = row.alarm
    said = f"{row.rule}: {row.hits} of {row.judged} comments, {alarm.state.value.replace('_', ' ')}"
    return said if isnan(alarm.low) else f"{said} ({alarm.low:.1%} to {alarm.high:.1%} before)"


PARTS: dict[str, Part] = {
    "shadow": _shadow,
    "rollout": _rollout,
    "retire": _retire,
    "revert": _revert,
    "hits": _hits,
}
