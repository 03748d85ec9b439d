"""`benchmark desk`: requests every page of the review desk on a filled scratch database.

`moderation.benchmarks.reviewing.desk_rows` fills it and `moderation.benchmarks.reviewing.desk_pages` requests the
pages, each in its own process, because a process keeps the database that it starts with.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection

from moderation.benchmarks.scratch import BenchmarkError, child_run, scratch_database

PENDING_SHARE = 10
MAX_QUERIES = 15

Figures = dict[str, Any]


def desk_measured(*, comments: int) -> Figures:
    """Fills a scratch database with `comments` comments, a tenth of them pending, and measures each page of the desk.

    Each page has its number of queries and, in milliseconds, the median and the 95th percentile of its requests.

    Raises:
        BenchmarkError: a page failed, or took more than `MAX_QUERIES` queries.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder, scratch_database(Path(folder)) as url:
        child_run(url, "reviewing.desk_rows", str(comments), str(comments // PENDING_SHARE))
        pages = json.loads(child_run(url, "reviewing.desk_pages"))
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
