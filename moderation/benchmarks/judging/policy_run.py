"""Runs what `benchmark policy` measures, in a process of its own: `policy_run rejudge|simulate PROCESSES`."""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from moderation.benchmarks.judging.policy_rules import policy_before
from moderation.policies import parse_policy
from moderation.services.rejudging.run import verdicts_rejudge
from moderation.services.simulation.run import policy_simulate
from moderation.services.simulation.scope import SimulationScope

KIBIBYTE = 1024


def main() -> None:
    """Runs it and prints its figures as JSON."""
    what, processes = sys.argv[1], int(sys.argv[2])
    begin = time.perf_counter()
    figures = RUNS[what](processes)
    seconds = time.perf_counter() - begin
    peaks = {f"peak_bytes_{who}": _peak(of) for who, of in PEOPLE.items()}
    # On a busy machine the processors' time says more than the clock's.
    used = sum(of.ru_utime + of.ru_stime for of in map(resource.getrusage, PEOPLE.values()))
    sys.stdout.write(json.dumps({**figures, "seconds": round(seconds, 2), "cpu_seconds": round(used, 2), **peaks}))


def _rejudge(processes: int) -> dict[str, Any]:
    report = asdict(verdicts_rejudge(processes=processes))
    return {name: report[name] for name in ("judged", "changed", "moved", "left")}


def _simulate(processes: int) -> dict[str, Any]:
    found = policy_simulate(policy=parse_policy(policy_before()), scope=SimulationScope(), processes=processes)
    changed = sum(change["comments"] for change in found["changes"])
    return {"judged": found["comments"], "changed": changed, "decided": found["decided"]}


def _peak(who: int) -> int:
    """Returns the peak memory of this process, or of the largest of its children."""
    return resource.getrusage(who).ru_maxrss * KIBIBYTE


RUNS: dict[str, Callable[[int], dict[str, Any]]] = {"rejudge": _rejudge, "simulate": _simulate}
PEOPLE = {"parent": resource.RUSAGE_SELF, "child": resource.RUSAGE_CHILDREN}
