"""`benchmark policy`: judges an archive again, and simulates a policy over it, on a scratch database.

`moderation.benchmarks.judging.policy_rows` fills it and `moderation.benchmarks.judging.policy_run` runs each, in
processes of their own, because a process keeps the database that it starts with.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection

from moderation.benchmarks.judging.policy_rules import NAME
from moderation.benchmarks.scratch import BenchmarkError, child_run, scratch_database

# Of all rows, what has to change for the time to say something.
LEAST_CHANGED = 0.05

Figures = dict[str, Any]


def policy_measured(*, rows: int, processes: int) -> Figures:
    """Fills a scratch database with `rows` scored comments, simulates one policy and judges again by another.

    Raises:
        BenchmarkError: something failed, or too little of the archive changed.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder, scratch_database(Path(folder)) as url:
        child_run(url, "judging.policy_rows", str(rows))
        simulated = json.loads(child_run(url, "judging.policy_run", "simulate", str(processes)))
        writers = 1 if connection.vendor == "sqlite" else processes
        rejudged = json.loads(child_run(url, "judging.policy_run", "rejudge", str(writers)))
    if rejudged["left"] or rejudged["changed"] < rows * LEAST_CHANGED:
        raise BenchmarkError(f"of {rows} verdicts {rejudged['changed']} changed")
    return {"database": connection.vendor, "rows": rows, "policy": NAME, "simulate": simulated, "rejudge": rejudged}
