"""`policy simulate`: what a policy would do with all stored scores."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from moderation.management.arguments import parse_since, parse_sources
from moderation.management.lacking import lacking_lines
from moderation.management.policies.policy_files import WHICH, policy_given
from moderation.policies import Policy, PolicyError, parse_policy
from moderation.policies.documents.reasons import reason_phrase
from moderation.services.errors import ServiceError
from moderation.services.simulation.run import policy_simulate
from moderation.services.simulation.scope import SimulationScope
from moderation.services.verdicts.facts_walk import FactsLacking

LISTED = 5


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("policy", help=WHICH)
    scope_arguments(parser)
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="how many share the work (2)")
    parser.add_argument("--json", action="store_true", help="print everything, as JSON")


def scope_arguments(parser: ArgumentParser) -> None:
    """Declares the options that say which comments it is about."""
    parser.add_argument("--since", metavar="TIME", help="comments written from then on: a date, or a date and time")
    parser.add_argument("--until", metavar="TIME", help="comments written before that")
    parser.add_argument(
        "--source", action="append", default=[], metavar="SLUG", help="comments of this source; repeats"
    )
    parser.add_argument("--section", default="", help="comments on articles of this section")
    parser.add_argument("--language", default="", help="comments that were scored in this language, by its code")


def handle(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Simulates and prints; writes nothing to the database."""
    policy, scope = _policy(options["policy"]), scope_given(options)
    try:
        found = policy_simulate(policy=policy, scope=scope, processes=max(1, options["processes"]))
    except ServiceError as error:
        raise CommandError(error.detail) from error
    except PolicyError as error:
        raise CommandError(f"{options['policy']}: {error}") from error
    if options["json"]:
        stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        stdout.write("\n".join(lines(found)))


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yields the figures as text."""
    queue = found["queue"]
    yield f"{found['name']}: {found['comments']} comments of {found['days']} days, {found['decided']} decided by people"
    yield (
        f"queue a day: {queue['per_day']} (active version {found['active']}: {queue['per_day_before']}), "
        f"{queue['busiest_day']} on the busiest; audit a day: {queue['audit_per_day']}"
    )
    yield from lacking_lines(FactsLacking(found["comments"], **found["lacking"]))
    for action, count in found["actions"].items():
        before = found["actions_before"][action]
        if count or before:
            yield f"{action}: {count} (active: {before})"
    for rule in found["rules"]:
        yield f"rule {rule['rule']}: matches {rule['matched']}, decides {rule['decides']} ({rule['action']})"
    for change in found["changes"]:
        some = ", ".join(str(one["comment"]) for one in change["examples"][:LISTED])
        yield f"{change['from']} → {change['to']}: {change['comments']}, such as {some}"
    yield from map(estimate_line, found["estimates"])
    for title, name in (("likely miss", "likely_misses"), ("likely false alarm", "likely_false_alarms")):
        for row in found[name][:LISTED]:
            yield f"{title}: comment {row['comment']}, {clause(row)}"


def estimate_line(cell: dict[str, Any]) -> str:
    """Returns one cell's estimates, each with its interval, or that there are too few decisions."""
    measures = ((name.replace("_", " "), cell[name]) for name in MEASURES)
    told = [f"{name} {_interval(one)}" for name, one in measures]
    return f"{cell['by']} {cell['name']}".strip() + f" ({cell['decided']} decided): " + ", ".join(told)


MEASURES = ("precision", "recall", "missed_share", "false_alarm_share")


def clause(row: dict[str, Any]) -> str:
    """Returns which clauses fired, or by what margin none did."""
    if row["reasons"]:
        return f"rule {row['rule']}: " + "; ".join(map(reason_phrase, row["reasons"]))
    near = row.get("nearest")
    if near is None:
        return f"rule {row['rule']}" if row["rule"] else "no score would make a rule match"
    end = near.get("gte", near.get("lte"))
    return f"{near['attribute']} {near['score']} is {near['margin']} from {end}, where {near['rule']} might match"


def _interval(one: dict[str, Any]) -> str:
    if not one["enough"]:
        return f"not enough data (effective sample {one['effective']})"
    return f"{one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}] (effective sample {one['effective']})"


def _policy(name: str) -> Policy:
    given = policy_given(name)
    try:
        return parse_policy(given.body, version=given.version or 0)
    except PolicyError as error:
        raise CommandError(f"{name}: {error}") from error


def scope_given(options: dict[str, Any]) -> SimulationScope:
    """Returns which comments the options select; raises CommandError."""
    sources = tuple(source.pk for source in parse_sources(options["source"]))
    since, until = parse_since(options["since"]), parse_since(options["until"], option="until")
    return SimulationScope(since, until, sources, options["section"], options["language"])
