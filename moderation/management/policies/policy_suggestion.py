"""`policy suggest`: the threshold that meets a goal, from the newsroom's own decisions."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from moderation.estimates.measures import Estimate
from moderation.management.arguments import USAGE
from moderation.management.policies.policy_simulation import scope_arguments, scope_given
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.equivalent import threshold_equal
from moderation.services.suggestions.answers import MEASURES, Equivalent, Suggestion
from moderation.services.suggestions.suggest import threshold_suggest


def add_arguments(parser: ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("goal", nargs="?", help='such as "maximum recall @ precision >= 0.9"')
    parser.add_argument("--attribute", default="toxicity", help="whose threshold (toxicity)")
    parser.add_argument("--guarantee", action="store_true", help="promise it, at a confidence of 95 %%")
    parser.add_argument("--perspective", type=float, metavar="T", help="instead of a goal: equal to T of Perspective's")
    scope_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print everything, as JSON")


def handle(options: dict[str, Any], stdout: OutputWrapper) -> None:
    """Prints the answer; an answer that there is none is one too, with status 0."""
    if (options["goal"] is None) == (options["perspective"] is None):
        raise CommandError("Give either a goal or --perspective.", returncode=USAGE)
    if options["guarantee"] and options["goal"] is None:
        raise CommandError("--guarantee: a threshold on Perspective's scale cannot be guaranteed.", returncode=USAGE)
    try:
        found = _answer(options)
    except ServiceError as error:
        raise CommandError(error.detail) from error
    shown = json.dumps(found.as_json(), indent=2, ensure_ascii=False) if options["json"] else "\n".join(lines(found))
    stdout.write(shown)


def _answer(options: dict[str, Any]) -> Suggestion | Equivalent:
    asked = {"attribute": options["attribute"], "scope": scope_given(options)}
    if options["goal"] is None:
        return threshold_equal(threshold=options["perspective"], **asked)
    return threshold_suggest(goal=options["goal"], guarantee=options["guarantee"], **asked)


def lines(found: Suggestion | Equivalent) -> Iterator[str]:
    """Yields the statement, what it was worked out from, and the measures at the threshold."""
    yield str(found)
    if isinstance(found, Equivalent):
        return
    yield f"Comments: {found.comments}, of {found.days} days with comments; decisions of people: {found.decisions}."
    if found.waiting:
        yield f"Waiting for a decision: {found.waiting}. Decide on all of a day before you trust its figures."
    if found.unscored:
        yield f"Left out, without a score by {found.model}: {found.unscored}."
    if found.estimates and not found.supported:
        yield "At the threshold that comes nearest:"
    for name in MEASURES if found.estimates else ():
        yield f"  {name.replace('_', ' ')} {measure(found.estimates[name])}"


def measure(one: Estimate) -> str:
    """Returns an estimate with its interval, or that there are too few decisions."""
    if not one.enough:
        return f"not enough data (effective sample {one.effective:.1f})"
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}] (effective sample {one.effective:.1f})"
