"""Counts that end at a bound, several in one query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.database.counting import capped_counts
from archive.models import Comment

pytestmark = pytest.mark.django_db


def test_each_count_ends_one_past_its_bound_and_all_are_one_query(make_comment):
    for number in range(5):
        make_comment(f"remark {number}", language="tr" if number else "en")
    rows = {
        "all": Comment.objects.all(),
        "english": Comment.objects.filter(language="en"),
        "turkish": Comment.objects.filter(language="tr"),
        "none": Comment.objects.filter(pk__in=[]),
    }
    with CaptureQueriesContext(connection) as queries:
        assert capped_counts(rows, cap=3) == {"all": 4, "english": 1, "turkish": 4, "none": 0}
    assert len(queries) == 1


def test_nothing_to_count_is_no_query():
    with CaptureQueriesContext(connection) as queries:
        assert capped_counts({"none": Comment.objects.none()}, cap=3) == {"none": 0}
    assert len(queries) == 0
