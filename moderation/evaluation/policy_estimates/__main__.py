"""`python -m moderation.evaluation.policy_estimates [--runs N]`: prints what the estimates hold, as Markdown."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Sequence

from moderation.evaluation.policy_estimates.coverage import Plan, coverage_simulate
from moderation.evaluation.policy_estimates.draws import draws_simulate
from moderation.evaluation.policy_estimates.promises import guarantee_simulate, model_change_simulate
from moderation.evaluation.policy_estimates.report import (
    coverage_report,
    draws_report,
    guarantee_report,
    model_change_report,
)

RUNS = 400


def parser() -> ArgumentParser:
    """The options."""
    found = ArgumentParser("python -m moderation.evaluation.policy_estimates", description=__doc__)
    found.add_argument("--runs", type=_runs, default=RUNS, help=f"seeded archives of each kind ({RUNS})")
    return found


def _runs(value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise ArgumentTypeError(f"{value!r} is not a whole number of at least 1")
    return int(value)


def main(arguments: Sequence[str]) -> None:
    """Simulates and prints, a part after the other."""
    runs = parser().parse_args(arguments).runs
    for by_strata in (False, True):
        plan = Plan(runs=runs, by_strata=by_strata)
        _say(coverage_report(plan, coverage_simulate(plan)))
    _say(draws_report(draws_simulate(runs=runs)))
    _say(guarantee_report(guarantee_simulate(runs=runs)))
    _say(model_change_report(model_change_simulate(runs=runs)))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
