"""What the simulations found, as Markdown."""

from collections.abc import Iterator

import numpy as np

from moderation.evaluation.policy_estimates.coverage import Cell, Cells, Plan
from moderation.evaluation.policy_estimates.draws import Draws
from moderation.evaluation.policy_estimates.promises import ModelChange, Promises

HEAD = (
    "| group | measure | truth | effective sample | shown | cover the truth | median width | over bootstrap's | "
    "unweighted cover |"
)


def coverage_report(plan: Plan, cells: Cells) -> str:
    """Returns the table of coverage; groups without enough data in the median run are only counted."""
    draw = "strata of scores" if plan.by_strata else "chance"
    lines = [
        f"## Intervals, the audit drawn by {draw}",
        "",
        (
            f"{plan.runs} archives of {plan.comments:,} comments, {plan.share:.0%} of what passes reviewed; the "
            f"policy in question matches from {plan.matched_from} on, the active one from 0.5."
        ),
        "",
        HEAD,
        "| --- " * (HEAD.count("|") - 1) + "|",
        *(_row(*names, cell) for names, cell in cells.items() if cell.has_enough),
        "",
        _summary(cells),
    ]
    return "\n".join(lines)


def _row(group: str, measure: str, cell: Cell) -> str:
    figures = (
        f"{cell.truth:.3f}", f"{np.median(cell.effective):,.0f}", f"{cell.shown.mean():.0%}",
        f"{cell.covered[cell.shown].mean():.1%}", f"{cell.width:.3f}",
        f"{np.median(cell.ratios):.2f}" if cell.ratios else "", f"{np.mean(cell.unweighted):.1%}",
    )  # fmt: skip
    return f"| {' | '.join((group, measure, *figures))} |"


def _summary(cells: Cells) -> str:
    covered = np.concatenate([cell.covered[cell.shown] for cell in cells.values()])
    few = [cell for cell in cells.values() if not cell.has_enough]
    shown = sum(int(cell.shown.sum()) for cell in few)
    return (
        f"Of {len(covered):,} intervals shown, {covered.mean():.1%} hold the truth. {len(few)} more cells have no "
        f'effective sample of 30 in the median run: they said "not enough data" but for {shown} times, and their '
        f"intervals would have held the truth in {_all(few):.1%}."
    )


def _all(cells: list[Cell]) -> float:
    return float(np.mean(np.concatenate([cell.covered for cell in cells]))) if cells else float("nan")


def draws_report(draws: Draws) -> str:
    """Returns what the draw by strata gains."""
    table = (
        ("uniform", draws.uniform, draws.uniform_covered, draws.uniform_drawn),
        ("by strata", draws.stratified, draws.stratified_covered, draws.stratified_drawn),
    )
    lines = [
        "## The audit draw",
        "",
        f"{len(draws.uniform)} archives; {draws.harmful:.2%} of what passes is harmful, 1 % of what passes is drawn.",
        "",
        "| draw | comments drawn | median width of the missed share's interval | cover the truth |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {drawn:,.0f} | {np.median(w):.3f} | {held:.1%} |" for name, w, held, drawn in table),
        "",
        f"By strata the interval is {draws.ratio:.2f} times as wide.",
    ]
    return "\n".join(lines)


def guarantee_report(found: Promises) -> str:
    """Returns how often a guarantee was broken."""
    return (
        "## Guarantee: at most 5 % of what moderators reject is missed\n\n"
        f"{found.given} of {found.runs} archives supported one. The true missed share was above the target in "
        f"{found.broken} ({found.share_broken:.1%}); 5 % and two standard errors are {found.allowed:.1%}."
    )


def model_change_report(found: ModelChange) -> str:
    """Returns the precision after a change of model, under a goal and under a number."""
    return "\n".join(_model_change(found))


def _model_change(found: ModelChange) -> Iterator[str]:
    yield from ("## A change of model under `maximum recall @ precision >= 0.9`", "")
    yield from ("| threshold | mean precision | lowest | runs at 0.9 or more |", "| --- | --- | --- | --- |")
    rows = (("solved anew", found.goal, found.goal_kept), ("the old number", found.fixed, found.fixed_kept))
    yield from (f"| {name} | {at.mean():.3f} | {at.min():.3f} | {kept:.1%} |" for name, at, kept in rows)
    yield from ("", f"{len(found.goal)} runs; {found.unanswered} more had no answer.")
