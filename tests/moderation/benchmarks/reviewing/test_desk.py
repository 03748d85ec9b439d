"""`benchmark desk`: every page of the desk answers within its queries; how fast is for a quiet machine."""

import pytest
from django.core.management.color import no_style
from django.db import connection

from moderation.benchmarks.reviewing import desk_pages, desk_rows
from moderation.benchmarks.reviewing.desk import MAX_QUERIES
from moderation.models import Review, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids_from_one():
    """Has the archive's rows numbered from 1, as in the empty database that the benchmark fills."""
    sequences = [one for one in connection.introspection.sequence_list() if one["table"].startswith("archive_")]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_by_name_sql(no_style(), sequences):
            cursor.execute(statement)


@pytest.mark.usefixtures("ids_from_one")
def test_every_page_answers_within_its_queries(monkeypatch):
    monkeypatch.setattr(desk_pages, "WARM", 0)
    monkeypatch.setattr(desk_pages, "TIMES", 2)
    monkeypatch.setattr(desk_pages, "DEEP", 2)
    monkeypatch.setattr(desk_pages, "PAGES_AT_ONCE", 10)
    monkeypatch.setattr(desk_rows, "PEOPLE", 30)
    monkeypatch.setattr(desk_rows, "AT_ONCE", 100)
    monkeypatch.setattr(desk_rows, "COMMENTS_AN_ARTICLE", 10)
    desk_rows.rows_fill(comments=300, pending=30)
    desk_rows.people()
    assert Review.objects.filter(state=State.PENDING).count() == 30
    pages = desk_pages.pages_measured()
    assert len(pages) > 40
    assert {name: page["queries"] for name, page in pages.items() if page.get("queries", 0) > MAX_QUERIES} == {}
