"""What the parsers' tests share: from text or bytes to the list of what a parser yields."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from archive.importers import FORMATS
from archive.importers.records import ArticleRecord, CommentRecord, ImportSource, Item


@pytest.fixture(scope="session")
def parsed() -> Callable[..., list[Item]]:
    """`parsed("csv", "a,b\\n…", mapping={…})` returns everything that the parser yields."""

    def parse(form: str, content: str | bytes, *, stem: str = "harbor", **how: Any) -> list[Item]:
        data = content.encode() if isinstance(content, str) else content
        return list(FORMATS[form].parse(ImportSource(stream=io.BytesIO(data), stem=stem, **how)))

    return parse


@pytest.fixture(scope="session")
def comments() -> Callable[[list[Item]], list[CommentRecord]]:
    """Picks the comments."""
    return lambda items: [item for item in items if isinstance(item, CommentRecord)]


@pytest.fixture(scope="session")
def article(parsed: Callable[..., list[Item]]) -> Callable[..., ArticleRecord]:
    """`article(text)` returns the article of a page."""

    def of(content: str | bytes, **how: Any) -> ArticleRecord:
        return next(item for item in parsed("page", content, **how) if isinstance(item, ArticleRecord))

    return of
