"""Kills at random moments, with a seed, and looks after each at what must hold."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.system import System

FAULTS: dict[str, Callable[[System, random.Random], None]] = {
    "child": System.child_kill,
    "redis-flush": System.redis_flush,
    "worker": System.worker_kill,
    "redis-stop": System.redis_stop,
    "beat": System.beat_kill,
}


@dataclass
class Outcome:
    """What was found: seconds until something was scored again and violations, after each fault; how much there was."""

    seed: int
    done: list[str] = field(default_factory=list)
    recovered: list[tuple[str, float]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    comments: int = 0
    decisions: int = 0
    settle_seconds: float = 0.0


def faults_run(system: System, *, faults: Sequence[str], comments: int, seed: int, pause: float) -> Outcome:
    """Does the faults in this order, each after a random moment of up to `pause` seconds."""
    chance, outcome = random.Random(seed), Outcome(seed)
    system.begin(comments=comments, seed=seed)
    system.wait_for(lambda: bool(system.told().comments))
    for name in faults:
        time.sleep(chance.uniform(0.1, pause))
        FAULTS[name](system, chance)
        outcome.recovered.append((name, seconds_until_scored(system)))
        outcome.done.append(name)
        outcome.violations += [f"after {name} ({len(outcome.done)}): {one}" for one in system.violations()]
    system.end_writing()
    began = time.monotonic()
    system.settle()
    outcome.settle_seconds = time.monotonic() - began
    outcome.violations += [f"at the end: {one}" for one in system.violations(settled=True)]
    told = system.told()
    outcome.comments, outcome.decisions = comments + len(told.comments), len(told.decisions)
    return outcome


def seconds_until_scored(system: System) -> float:
    """Waits until the system has scored something more, which shows that it works again; returns how long that took."""
    began, before = time.monotonic(), system.scored()
    system.wait_for(lambda: system.scored() > before)
    return time.monotonic() - began
