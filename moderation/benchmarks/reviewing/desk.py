"""`benchmark desk`: requests every page of the review desk on a filled scratch database.

`moderation.benchmarks.reviewing.desk_rows` fills it and `moderation.benchmarks.reviewing.desk_pages` requests the
pages, each in its own process, because a process keeps the database that it starts with.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection

from moderation.benchmarks.scratch import BenchmarkError, scratch_database

PENDING_SHARE = 10
MAX_QUERIES = 15
CHILD = "import django; django.setup(); from moderation.benchmarks import {module}; {module}.main()"

Figures = dict[str, Any]


def desk_measured(*, comments: int) -> Figures:
    """Fills a scratch database with `comments` comments, a tenth of them pending, and measures each page of the desk.

    Each page has its number of queries and, in milliseconds, the median and the 95th percentile of its requests.

    Raises:
        BenchmarkError: a page failed, or took more than `MAX_QUERIES` queries.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder, scratch_database(Path(folder)) as url:
        child_run(url, "desk_rows", str(comments), str(comments // PENDING_SHARE))
        pages = json.loads(child_run(url, "desk_pages"))
    greedy = sorted(name for name, page in pages.items() if page.get("queries", 0) > MAX_QUERIES)
    if greedy:
        raise BenchmarkError(f"more than {MAX_QUERIES} queries: {', '.join(greedy)}")
    return {
        "database": connection.vendor,
        "comments": comments,
        "pending": comments // PENDING_SHARE,
        **pages,
        "most_queries": max(page.get("queries", 0) for page in pages.values()),
        "slowest_page_p95_ms": max(page["p95_ms"] for page in pages.values() if "queries" in page),
    }


def child_run(url: str, module: str, *arguments: str) -> str:
    """Runs a module of this folder on the scratch database and returns its output; raises BenchmarkError."""
    command = [sys.executable, "-c", CHILD.format(module=module), *arguments]
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    process = subprocess.run(  # noqa: S603 - this very program
        command, env=environment, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=False
    )
    if process.returncode:
        raise BenchmarkError(f"{module} ended with status {process.returncode}")
    return process.stdout
