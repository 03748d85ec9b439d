"""The same conversations, exported by three systems, are the same threads in the database."""

import io
import json
from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.importers import FORMATS
from archive.importers.records import ImportSource
from archive.models import Comment
from archive.services import ArchiveImport

pytestmark = pytest.mark.django_db

# (text, number of another comment of the article that this one answers, or 0) of each comment of each article. What is
# answered may stand further down, so that rings come up too.
Thread = list[tuple[str, int]]
THREADS = st.lists(
    st.lists(st.tuples(st.text("abü😀<&]>", min_size=1), st.integers(0, 5)), max_size=5),
    min_size=1,
    max_size=3,
)
Row = tuple[str, str, str, str]


def rows(threads: list[Thread]) -> list[Row]:
    """Returns id, article, text and wanted parent of each comment."""
    told: list[Row] = []
    for article, thread in enumerate(threads):
        first = len(told)
        for text, answer in thread:
            parent = str(first + answer) if 0 < answer <= len(thread) else ""
            told.append((str(len(told) + 1), f"{article + 1}", text, parent))
    return told


def rings(up: dict[str, str]) -> set[frozenset[str]]:
    """Returns the sets of comments that answer each other in a ring; `up` leads from a comment to what it answers."""
    found = set()
    for start in up:
        path = [start]
        while (at := up.get(path[-1])) and at not in path:
            path.append(at)
        if at == start:
            found.add(frozenset(path))
    return found


def wxr(told: list[Row]) -> str:
    """Writes an export of WordPress."""
    items = "".join(
        f"<item><title>t</title><wp:post_id>{article}</wp:post_id>"
        + "".join(
            f"<wp:comment><wp:comment_id>{key}</wp:comment_id><wp:comment_content>{escape(escape(text))}"
            f"</wp:comment_content><wp:comment_parent>{parent or 0}</wp:comment_parent></wp:comment>"
            for key, of, text, parent in told
            if of == article
        )
        + "</item>"
        for article in sorted({of for _, of, _, _ in told})
    )
    return f'<?xml version="1.0"?><rss xmlns:wp="x"><channel><title>t</title>{items}</channel></rss>'


def disqus(told: list[Row]) -> str:
    """Writes an export of Disqus."""
    posts = "".join(
        f'<post dsq:id="{key}"><message>{escape(escape(text))}</message><thread dsq:id="{article}"/>'
        f"{f'<parent dsq:id={chr(34)}{parent}{chr(34)}/>' if parent else ''}</post>"
        for key, article, text, parent in told
    )
    return f'<disqus xmlns="http://disqus.com" xmlns:dsq="d">{posts}</disqus>'


def jsonl(told: list[Row]) -> str:
    """Writes JSON lines, the last comment first."""
    return "".join(
        json.dumps({"external_id": key, "article": article, "text": text, "parent_external_id": parent}) + "\n"
        for key, article, text, parent in reversed(told)
    )


@pytest.mark.parametrize(("form", "write"), [("wxr", wxr), ("disqus", disqus), ("jsonl", jsonl)])
@given(threads=THREADS)
@settings(max_examples=12)
def test_an_export_becomes_the_threads_that_were_exported(
    form: str, write: Callable[[list[Row]], str], threads: list[Thread]
) -> None:
    told = rows(threads)
    if not told:
        return
    reading = ImportSource(stream=io.BytesIO(write(told).encode()), stem="x", source="gazette")
    with transaction.atomic():
        run = ArchiveImport(tell=lambda _remark: None)
        run.store(items=FORMATS[form].parse(reading), source_name="gazette")
        counts = run.finish()
        stored = list(Comment.objects.values_list("external_id", "article__external_id", "text", "parent__external_id"))
        transaction.set_rollback(True)
    assert counts.rejected == 0
    assert sorted(row[:3] for row in stored) == sorted(row[:3] for row in told)
    wanted = {key: parent for key, _, _, parent in told if parent}
    up = {key: parent for key, _, _, parent in stored if parent}
    # Each ring is cut in one place, and nothing else is.
    lost = wanted.items() - up.items()
    assert up.items() <= wanted.items()
    assert [len([key for key, _ in lost if key in ring]) for ring in rings(wanted)] == [1] * len(lost)
    assert rings(up) == set()
    assert counts.waiting.get("parent_cycle", 0) == len(lost)
