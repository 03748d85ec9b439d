"""While somebody else writes, whoever reads has their page at once; on SQLite one connection writes at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from rest_framework.test import APIClient

from archive.database import by_the_way
from archive.models import Article, Comment, Commenter, Source
from config.middleware.logins import LoginWaitMiddleware
from moderation.models import ApiKey, LookUp, Moderator, PolicyVersion
from moderation.services.accounts.api_keys import keys_forget
from moderation.services.accounts.desk_settings import severe_today
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score
from moderation.services.model_versions import model_active
from moderation.services.review.decisions import decision_record

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock of the whole database"),
]


@pytest.fixture
def comment(make_comment: Callable[..., Comment]) -> Comment:
    model_active()
    found = make_comment("You are an idiot and a fool.")
    comments_score(options=ScoreOptions())
    return found


@pytest.fixture
def root(comment: Comment, django_user_model: Any) -> Client:
    """An administrator, signed in, who has decided once."""
    user = django_user_model.objects.create_superuser("root", password="k3y-to-all-doors")
    decision_record(comment_id=comment.pk, actor=user, action="approve")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@contextmanager
def another_writes() -> Iterator[None]:
    """Holds SQLite's one lock in another connection. Whoever would wait for it fails at once instead."""
    connection.ensure_connection()
    before = connection.connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.connection.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            connection.connection.execute(f"PRAGMA busy_timeout = {before}")


def addresses(prefix: str, known: dict[str, object]) -> Iterator[str]:
    """Every address below `prefix` whose arguments are in `known`."""
    for name, arguments in named(prefix):
        if set(arguments) <= set(known):
            yield reverse(name, kwargs={argument: known[argument] for argument in arguments})


def named(namespace: str) -> Iterator[tuple[str, list[str]]]:
    patterns = get_resolver("moderation.desk.urls" if namespace == "desk" else "moderation.api.urls").url_patterns
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        name = f"desk:{pattern.name}" if namespace == "desk" else str(pattern.name)
        yield name, list(pattern.pattern.converters)


def statuses(client: Client, pages: list[str]) -> dict[str, int]:
    return {page: client.get(page).status_code for page in pages}


@pytest.mark.usefixtures("root")
def test_a_key_reads_while_another_writes(client_with: Callable[..., APIClient]) -> None:
    client = client_with("read", "moderate", "policy", "analyze")
    for model in (Source, Article, Comment):
        known = {"id": model.objects.get().pk, "version": PolicyVersion.objects.get(active=True).version}
        pages = [*addresses("api", known), "/healthz", "/readyz", "/$discovery/rest?version=v1alpha1"]
        keys_forget()
        with another_writes():
            found = statuses(client, pages)
            found["analyze"] = client.post(reverse("analyze"), {"text": "Good morning."}).status_code
        assert len(found) > 10
        assert found["analyze"] == 200
        assert {status for status in found.values() if status >= 500} == set(), found
    assert ApiKey.objects.get().last_used_at is None
    keys_forget()
    client.get(reverse("comments"))
    assert ApiKey.objects.get().last_used_at is not None


def admin_pages() -> Iterator[str]:
    yield reverse("admin:index")
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{base}_changelist")
        row = model._default_manager.first()
        for page in ("change", "history", "delete") if row else ():
            try:
                yield reverse(f"{base}_{page}", args=[row.pk])
            except NoReverseMatch:
                continue


def test_the_admin_reads_while_another_writes(root: Client, source: Source) -> None:
    Group.objects.get_or_create(name="readers")
    pages = [*admin_pages(), reverse("admin:login"), reverse("admin:logout")]
    assert len(pages) > 30
    with another_writes():
        found = statuses(root, pages)
        assert Client().get(reverse("admin:login")).status_code == 200
    assert {page: status for page, status in found.items() if status >= 500} == {}


def test_the_desk_reads_while_another_writes(root: Client, comment: Comment, commenter: Commenter) -> None:
    known = {"comment_id": comment.pk, "commenter_id": commenter.pk, "name": "pending"}
    pages = [page for page in addresses("desk", known) if not page.endswith("/next/")]
    assert len(pages) > 10
    with another_writes():
        found = statuses(root, pages)
        assert LookUp.objects.count() == 0
    assert {page: status for page, status in found.items() if status >= 500} == {}
    by_the_way._late.join()
    assert LookUp.objects.count() == 2, "the record's page and its part, written when the lock was free"
    assert not [row for row in Moderator.objects.all() if severe_today(row.desk)]


def test_a_login_that_cannot_be_stored_is_a_503_that_says_so(comment: Comment, django_user_model: Any) -> None:
    django_user_model.objects.create_superuser("root", password="k3y-to-all-doors")
    client = Client(raise_request_exception=False)
    form = {"username": "root", "password": "k3y-to-all-doors"}
    with another_writes():
        response = client.post(reverse("admin:login"), form)
        wrong = client.post(reverse("admin:login"), form | {"password": "guessed"})
    assert (response.status_code, response["Retry-After"], wrong.status_code) == (503, "1", 503)
    assert b"busy" in response.content
    assert client.post(reverse("admin:login"), form).status_code == 302


def test_a_login_waits_for_seconds_and_what_comes_after_it_as_long_as_before(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []

    def busy_timeout(*_: object, **__: object) -> bool:
        waits.append(connection.connection.execute("PRAGMA busy_timeout").fetchone()[0])
        return False

    monkeypatch.setattr("django.contrib.auth.forms.AuthenticationForm.is_valid", busy_timeout)
    client.post(reverse("admin:login"), {"username": "root", "password": "guessed"})
    busy_timeout()
    assert waits == [LoginWaitMiddleware.MILLISECONDS, 30_000]
