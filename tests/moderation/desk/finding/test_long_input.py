"""Nothing that an address or a form of the desk carries fails for its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from archive.models import Comment
from moderation.desk.finding.filters import FilterForm
from moderation.desk.finding.queues import DEFAULT

# Python reads no number of more than 4,300 digits.
LONG = ["9" * 5_000, "a " * 2_000, "-" * 4_000, "💥" * 1_000]
NAMES = [*FilterForm.base_fields, "after", "before", "base", "queue", "comment", "severity"]
ACTS = ["one", "act", "reason", "note", "defer", "seen", "to", "mute", "until", "confirmed", "low", "high", "page_size"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(make_comment: Callable[..., Comment]) -> list[str]:
    comment = make_comment()
    own = f"comment/{comment.pk}/"
    whose = f"commenter/{comment.commenter_id}/"
    return [
        f"{DEFAULT.name}/",
        own,
        f"{own}hand-over/",
        f"{own}replies/",
        whose,
        "by-score/",
        "settings/",
        "selection/",
        "policies/",
        "policies/write/",
    ]


@pytest.mark.parametrize("value", LONG, ids=["digits", "words", "marks", "wide"])
def test_a_long_parameter_is_refused_or_passed_over(admin_client: Client, pages: list[str], value: str) -> None:
    # Each name of each page is asked with one of the values, each value for each name at some page.
    for at, page in enumerate(pages):
        for name in NAMES[(at + LONG.index(value)) % len(LONG) :: len(LONG)]:
            assert admin_client.get(f"/admin/desk/{page}", {name: value}).status_code < 500, (page, name)


@pytest.mark.parametrize("value", LONG, ids=["digits", "words", "marks", "wide"])
def test_a_long_field_is_refused_or_passed_over(admin_client: Client, pages: list[str], value: str) -> None:
    for page in [*pages, f"{DEFAULT.name}/act/", f"{DEFAULT.name}/next/"]:
        answer = admin_client.post(f"/admin/desk/{page}", dict.fromkeys(ACTS, value))
        assert answer.status_code < 500, page


def test_more_fields_than_a_form_has_are_a_400(admin_client: Client) -> None:
    many = {f"x{number}": "1" for number in range(1_001)}
    assert admin_client.post("/admin/desk/selection/", many).status_code == 400
    assert admin_client.get(f"/admin/desk/{DEFAULT.name}/", many).status_code == 400
