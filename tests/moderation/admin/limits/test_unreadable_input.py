"""Every address of the admin and of the desk × input that no page can read: an answer, never a failure.

The addresses come from the URL configuration, so that a new page is asked too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from archive.admin.lookups import offered_lookups
from archive.models import Comment
from moderation.services.review.mutes import commenter_mute, commenter_unmute

BIG, NUL = str(10**30), "a%00b"
PARTS = {"number": BIG, "nul": NUL, "negative": "-1", "superscript": "%C2%B2", "arabic": "%D9%A3", "long": "9" * 5000}
VALUES = (str(10**30), "a\0b", "-1", "²", "٣", "9" * 5000, "\ud7ff\ufffe", "NaN", "1e999", "")
# What every list and every page reads, beside what the list itself offers.
COMMON = ("q", "p", "o", "e", "_to_field", "_popup", "_changelist_filters")
DESK = (
    "after",
    "before",
    "order",
    "source",
    "section",
    "language",
    "age",
    "attribute",
    "low",
    "high",
    "lower",
    "upper",
)
DESK += ("article", "commenter", "comment", "mine", "queue", "explain", "reveal")
COMPLETE = ("term", "page", "app_label", "model_name", "field_name")
FORM = ("action", "index", "select_across", "_selected_action", "seen", "one", "act", "reason", "note", "defer", "to")
FORM += ("until", "comment", "token", "queue", "url", "sources", "slug", "name", "code", "label", "ground", "username")
FORM += ("password1", "groups", "permissions", "user_permissions", "blur_above", "page_size", "timezone")
FORM += ("moderator-TOTAL_FORMS", "moderator-INITIAL_FORMS", "moderator-0-sources", "moderator-0-id")


def addresses(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from addresses(pattern.url_patterns, route)


def plain(route: str) -> str:
    """Returns a route that is a regular expression as a path with names in brackets."""
    route = re.sub(r"\(\?P<app_label>[^)]*\)", "archive", route).replace("^", "").replace("$", "")
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)


ROUTES = sorted({plain(one) for one in addresses(get_resolver().url_patterns) if one.startswith("/admin/")})
OPEN = [route for route in ROUTES if "logout" not in route]


@pytest.fixture
def root(db: None, make_comment: Callable[..., Comment], make_review: Callable[..., Any]) -> Client:
    """A superuser, and a comment with a review."""
    make_review(make_comment(), toxicity=0.9)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    return client


def filled(route: str, part: str) -> str:
    return re.sub(r"<[^>]+>", part, route)


def failed(client: Client, calls: Iterator[tuple[str, str, Any]]) -> list[str]:
    """Returns the calls that were answered with a failure."""
    found = []
    for method, address, data in calls:
        answer = getattr(client, method)(address, data)
        if answer.status_code >= 500:
            found.append(f"{method} {address} {ascii(data)[:200]}")
    return found


def test_no_number_or_sign_in_a_path_fails(root: Client) -> None:
    assert len(OPEN) > 100
    calls = [
        (way, filled(one, part)) for one in OPEN if "<" in one for part in PARTS.values() for way in ("get", "post")
    ]
    assert len(calls) > 700
    assert failed(root, ((way, address, {}) for way, address in calls)) == []


def test_a_nul_in_an_address_is_a_400(root: Client) -> None:
    for route in OPEN:
        there = filled(route, "1")
        assert root.get(f"{there}?q=a%00b").status_code in {400, 404}, route
        assert root.get(f"{there}?%00=1").status_code in {400, 404}, route
        assert root.post(there, {"any": "a\0b"}).status_code in {400, 404}, route
        if "<" in route:
            assert root.get(filled(route, NUL)).status_code in {400, 404}, route


def read_by_pages() -> Iterator[tuple[str, str]]:
    """Yields each page with each name that it reads from a query string."""
    for model, page in site._registry.items():
        there = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        offered = offered_lookups(model, tuple(page.list_filter), page.date_hierarchy)
        yield from ((there, name) for name in (*COMMON, *offered, *getattr(page, "linked_lookups", ())))
    for name in ("batch", "settings", "start"):
        yield from ((reverse(f"desk:{name}"), read) for read in DESK)
    yield from ((reverse("desk:queue", args=[name]), read) for name in ("pending", "unscored") for read in DESK)
    comment = Comment.objects.get()
    yield from ((reverse("desk:comment", args=[comment.pk]), read) for read in DESK)
    yield from ((reverse("desk:commenter", args=[comment.commenter_id]), read) for read in DESK)
    yield from ((reverse("admin:archive_comment_change", args=[comment.pk]), read) for read in COMMON)
    yield from ((reverse("admin:login"), read) for read in ("next", *COMMON))
    yield from ((reverse("admin:autocomplete"), read) for read in COMPLETE)


def test_no_value_of_a_query_string_fails(root: Client) -> None:
    whole = {"app_label": "archive", "model_name": "article", "field_name": "source", "term": "a"}
    calls = []
    for there, name in read_by_pages():
        kept = whole if name in COMPLETE else {}
        calls += [("get", there, {**kept, name: value}) for value in (VALUES[0], VALUES[3], "1e999")]
    assert len(calls) > 800
    assert failed(root, iter(calls)) == []


def test_no_values_of_a_form_fail(root: Client) -> None:
    comment = Comment.objects.get()
    row, calls = str(comment.pk), []
    for route in OPEN:
        name = {"slug": "pending", "/commenter/": str(comment.commenter_id)}
        there = filled(route, next((part for mark, part in name.items() if mark in route), row))
        for value in (VALUES[0], VALUES[3]):
            calls.append(("post", there, dict.fromkeys(FORM, value)))
            calls.append(("post", there, dict.fromkeys((*FORM, "mute", "confirmed"), value) | {"act": "approve"}))
        one = f"reject:spam@{row}.1.{10**17}"
        calls.append(("post", there, {"seen": f"{row}.1.{10**17}", "confirmed": "1", "act": "reject", "one": one}))
    assert failed(root, iter(calls)) == []


@pytest.mark.parametrize("action", ["delete_selected", "approve_selected", "rotate_selected", "send_again"])
def test_no_selection_fails(root: Client, action: str) -> None:
    lists = [one for one in OPEN if re.fullmatch(r"/admin/(archive|auth|axes|moderation)/\w+/", one)]
    calls = [
        ("post", there, {"action": action, "_selected_action": value, "seen": f"{value}.1.1"})
        for there in lists
        for value in (*VALUES, "1")
    ]
    assert failed(root, iter(calls)) == []


def test_ending_a_mute_that_has_ended_is_said(root: Client, make_comment: Callable[..., Comment]) -> None:
    comment, person = make_comment(), User.objects.get(username="root")
    assert comment.commenter_id
    there = reverse("desk:commenter", args=[comment.commenter_id])
    answer = root.post(there, {"unmute": "1"})
    assert answer.status_code == 409
    assert "not muted" in answer.content.decode()
    commenter_mute(commenter_id=comment.commenter_id, actor=person, reason="spam")
    commenter_unmute(commenter_id=comment.commenter_id, actor=person)
    assert root.post(there, {"unmute": "1"}).status_code == 409
    assert root.post(reverse("desk:commenter", args=[10**17]), {"unmute": "1"}).status_code == 404


@pytest.mark.parametrize("comment", [str(10**30), "²", "-1", "x"])
def test_a_mute_names_a_comment_by_its_whole_number(root: Client, commenter: Any, comment: str) -> None:
    form = {"mute": "1", "reason": "spam", "comment": comment}
    assert root.post(reverse("desk:commenter", args=[commenter.pk]), form).status_code == 400


def test_who_may_not_mute_posts_nothing(staff: Callable[..., Client], commenter: Any) -> None:
    for form in ({"unmute": "1"}, {"mute": "1", "reason": "spam"}):
        assert staff("viewer").post(reverse("desk:commenter", args=[commenter.pk]), form).status_code == 403
