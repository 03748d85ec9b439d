"""What `benchmark hostile` measures with: the server as it is shipped, readers beside an attack, kind by kind.

`/healthz`, a moderator's queue and `comments:analyze` are each asked by a client that rests a moment between requests,
first alone and then while hostile requests (`moderation.benchmarks.attacks.hostile_requests`) come side by side. All
of it happens on this machine, on a scratch database.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection

from moderation.benchmarks.api import Server, analyze_body, manage, served, texts
from moderation.benchmarks.attacks.hostile_requests import KINDS, MAX_CLIENTS, MAX_SECONDS, HostilePlan
from moderation.benchmarks.load import LoadPlan, percentile
from moderation.benchmarks.scratch import BenchmarkError, child_run, scratch_database

COMMENTS, PENDING = 2_000, 500
REST_SECONDS = 0.02
WARM_UP_SECONDS = 2.0
P99 = 0.99
# How much slower the 99th percentile may be than that of the quiet server.
MOST_TIMES = 3.0
LAST_KIND = "slur_bombs"
OK = "200"

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Beside:
    """The server under attack and what its readers send."""

    server: Server
    session: str

    def plans(self, seconds: float) -> dict[str, LoadPlan]:
        """What is measured, by name."""
        plan = LoadPlan("127.0.0.1", self.server.port, "/healthz", 1, seconds, rest=REST_SECONDS)
        return {
            "healthz": plan,
            "queue": replace(plan, path="/admin/desk/pending/", headers=(f"Cookie: sessionid={self.session}",)),
            "analyze": replace(plan, path=self.server.path, bodies=tuple(map(analyze_body, texts(100)))),
        }


def hostile_measured(
    *, clients: int, seconds: float, kinds: Sequence[str] = (), say: Callable[[str], None] = lambda _line: None
) -> Figures:
    """Measures each kind of attack with so many clients; a kind's figures say whether it is `within` the limit.

    Raises:
        BenchmarkError: The server, a reader or an attacker did not do its work, or what readers got were errors.
    """
    found: Figures = {}
    if clients > MAX_CLIENTS or seconds > MAX_SECONDS:
        raise BenchmarkError(f"at most {MAX_CLIENTS} attackers and {MAX_SECONDS:.0f} seconds")
    with TemporaryDirectory(prefix="moderato-benchmark-") as name, scratch_database(Path(name)) as url:
        child_run(url, "reviewing.desk_rows", str(COMMENTS), str(PENDING))
        scopes = ("--scope", "analyze", "--scope", "read", "--scope", "write")
        key, other = (manage(url, "create_api_key", name, *scopes).strip() for name in ("reader", "attacker"))
        session, attacker = json.loads(child_run(url, "attacks.hostile_rows", "sessions"))
        with served(url, Path(name), key) as server:
            beside = _Beside(server, session)
            _measured(beside.plans(WARM_UP_SECONDS))
            quiet = _measured(beside.plans(seconds))
            plan = HostilePlan("", server.port, clients, seconds, other, attacker)
            say(f"quiet: {quiet}")
            for kind in kinds or KINDS:
                found[kind] = _attacked(beside, replace(plan, kind=kind), quiet, url)
                say(f"{kind}: {found[kind]}")
    return {"database": connection.vendor, "clients": clients, "quiet": quiet, **found}


def _attacked(beside: _Beside, plan: HostilePlan, quiet: Figures, url: str) -> Figures:
    if plan.kind == LAST_KIND:
        plan = replace(plan, comments=json.loads(child_run(url, "attacks.hostile_rows", "bombs", str(plan.clients))))
    attackers = _attackers(plan)
    try:
        _sent(attackers, "")
        figures = _measured(beside.plans(plan.seconds))
        replies = json.loads(_output(attackers))
    finally:
        attackers.kill()
        attackers.communicate()
    slower = max(figures[name] / quiet[name] for name in quiet)
    return {**figures, "most_times": round(slower, 1), "within": slower <= MOST_TIMES, "replies": replies}


def _measured(plans: dict[str, LoadPlan]) -> Figures:
    """The 99th percentile of each, in milliseconds, all asked at the same time."""
    readers = {name: _child("load", plan) for name, plan in plans.items()}
    try:
        reports = {name: json.loads(_output(reader)) for name, reader in readers.items()}
    finally:
        for reader in readers.values():
            reader.kill()
            reader.communicate()
    return {f"{name}_p99_ms": _p99(name, report) for name, report in reports.items()}


def _p99(name: str, report: Figures) -> float:
    latencies = report["latencies"]
    errors = {status: len(found) for status, found in latencies.items() if status != OK}
    if errors or report["broken"] or OK not in latencies:
        raise BenchmarkError(f"{name}: errors {errors or 'none'}, {report['broken']} broke off")
    return round(1000 * percentile(latencies[OK], P99), 1)


def _attackers(plan: HostilePlan) -> subprocess.Popen[str]:
    """The attackers with their requests made: what that costs this machine is no part of an attack."""
    process = _process("attacks.hostile_requests")
    _sent(process, json.dumps(asdict(plan)))
    assert process.stdout  # noqa: S101 - for the type checker: a pipe was asked for
    if process.stdout.readline() != "ready\n":
        raise BenchmarkError(f"{plan.kind}: its requests could not be made")
    return process


def _child(module: str, plan: LoadPlan) -> subprocess.Popen[str]:
    process = _process(module)
    _sent(process, json.dumps(asdict(plan)))
    assert process.stdin  # noqa: S101 - for the type checker: a pipe was asked for
    process.stdin.close()
    process.stdin = None
    return process


def _process(module: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-m", f"moderation.benchmarks.{module}"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _sent(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin  # noqa: S101 - for the type checker: a pipe was asked for
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _output(process: subprocess.Popen[str]) -> str:
    said, faults = process.communicate()
    if process.returncode:
        raise BenchmarkError(faults.strip()[-200:] or "a process failed")
    return said
