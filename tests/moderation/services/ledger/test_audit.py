"""The audit trail: what enters it, what never does, and that nothing changes in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from archive.models import Source
from moderation.models import AuditEntry, AuditKind
from moderation.services.accounts.api_keys import api_key_create, api_key_revoke, api_key_rotate
from moderation.services.ledger.audit import SECRET_PARTS, audit_hash, audit_record, settings_record
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.stages import policy_rollout, policy_shadow
from moderation.services.webhooks.targets import (
    webhook_secret_rotate,
    webhook_target_create,
    webhook_target_disable,
    webhook_target_enable,
)
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_change, word_list_create

pytestmark = pytest.mark.django_db


def trail(kind: str = "") -> list[tuple[str, str]]:
    rows = AuditEntry.objects.order_by("id")
    return list((rows.filter(kind=kind) if kind else rows).values_list("action", "subject"))


@pytest.fixture
def entry() -> AuditEntry:
    return audit_record(kind=AuditKind.KEY, action="created", subject="site")


@pytest.mark.parametrize("statement", ["UPDATE {} SET action = 'other'", "DELETE FROM {}", "REPLACE"])
def test_an_entry_is_never_changed_or_removed(entry: AuditEntry, statement: str) -> None:
    table = "moderation_auditentry"
    if statement == "REPLACE":
        names = ", ".join(f'"{field.column}"' for field in AuditEntry._meta.concrete_fields)
        copy = f"INTO {table} ({names}) SELECT {names} FROM {table}"  # noqa: S608
        wordings = {
            "sqlite": f"REPLACE {copy}",
            "postgresql": f"INSERT {copy} ON CONFLICT (id) DO UPDATE SET action = ''",
        }
        statement = wordings[connection.vendor]
    with pytest.raises(DatabaseError, match="audit trail is append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table))
    assert AuditEntry.objects.get().action == "created"


def test_what_becomes_of_a_key_is_told_without_its_secrets(source: Source) -> None:
    key, old = api_key_create(name="site", scopes=["read"], sources=[source], networks=["10.0.0.0/8"])
    new = api_key_rotate(key=key, overlap_hours=2)
    api_key_revoke(key=type(key).objects.get())
    api_key_revoke(key=type(key).objects.get())
    assert trail() == [("created", "site"), ("rotated", "site"), ("revoked", "site")]
    created = AuditEntry.objects.order_by("id")[0]
    assert created.after["sources"] == ["harbor-times"]
    assert created.after["networks"] == ["10.0.0.0/8"]
    said = json.dumps(list(AuditEntry.objects.values("before", "after", "subject")))
    assert not [secret for secret in (old, new, key.digest, key.token_key) if secret in said]


def test_what_becomes_of_a_policy_is_told_with_who_did_it(write_policy: Callable[..., int], admin_user: User) -> None:
    version = write_policy(("r", "queue", 0.9))
    policy_shadow(version=version, actor=admin_user)
    policy_rollout(version=version, percent=10, actor=admin_user)
    policy_activate(version=version, actor=admin_user)
    said = [(one.action, one.before, one.after) for one in AuditEntry.objects.filter(actor=admin_user).order_by("id")]
    assert said == [
        ("moved", {"status": "draft"}, {"status": "shadow"}),
        ("moved", {"status": "shadow"}, {"status": "rollout", "percent": 10}),
        ("activated", {"active": 1}, {}),
    ]


def test_a_word_list_is_told_by_counts_and_never_by_its_words() -> None:
    author = Author(api_key="lists")
    word_list_create(name="slurs", entries=[Entry("badword"), Entry("worseword")], author=author)
    word_list_change(name="slurs", remove=[Entry("badword")], author=author)
    entries = AuditEntry.objects.order_by("id")
    assert [(one.action, one.api_key, one.after["entries"], one.after["removed"]) for one in entries] == [
        ("created", "lists", 2, 0),
        ("changed", "lists", 1, 1),
    ]
    assert "badword" not in json.dumps(list(entries.values("before", "after")))


def test_a_webhook_is_told_without_its_address() -> None:
    target, _ = webhook_target_create(url="https://example.org/secret-path")
    webhook_secret_rotate(target=target)
    webhook_target_disable(target=target)
    webhook_target_enable(target=target)
    assert [action for action, _ in trail("webhook")] == ["created", "rotated", "disabled", "enabled"]
    assert "secret-path" not in json.dumps(list(AuditEntry.objects.values("after", "subject")))


def test_a_change_of_a_persons_rights_is_told_with_what_they_were(
    admin_client: Client, admin_user: User, source: Source
) -> None:
    person = User.objects.create_user("grace.hopper", is_staff=True)
    role = Group.objects.get(name="senior")
    page = reverse("admin:auth_user_change", args=[person.pk])
    form = {
        "username": person.username, "is_active": "on", "is_staff": "on", "groups": [role.pk],
        "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00",
        "moderator-TOTAL_FORMS": "1", "moderator-INITIAL_FORMS": "0", "moderator-0-sources": [source.pk],
    }  # fmt: skip
    assert admin_client.post(page, form).status_code == 302
    entry = AuditEntry.objects.get(kind=AuditKind.PERSON)
    assert (entry.subject, entry.actor, entry.action) == (f"user {person.pk}", admin_user, "changed")
    assert entry.before == {"groups": [], "sources": []}
    assert entry.after == {"groups": ["senior"], "sources": ["harbor-times"]}


def test_a_new_password_is_told_as_a_change_of_hashes(admin_client: Client) -> None:
    person = User.objects.create_user("grace.hopper", password="an old long password")
    new = "a new and longer password"
    page = reverse("admin:auth_user_password_change", args=[person.pk])
    form = {"password1": new, "password2": new, "usable_password": "true"}
    assert admin_client.post(page, form).status_code == 302
    entry = AuditEntry.objects.get(kind=AuditKind.PERSON)
    person.refresh_from_db()
    assert list(entry.after) == ["password"]
    assert entry.after["password"] == audit_hash(person.password)
    assert "grace" not in json.dumps([entry.subject, entry.before, entry.after])


def test_a_form_that_changes_nothing_leaves_no_entry(admin_client: Client, source: Source) -> None:
    page = reverse("admin:archive_source_change", args=[source.pk])
    form = {"name": source.name, "default_language": "en", "timezone": "UTC"}
    assert admin_client.post(page, form).status_code == 302
    assert trail("source") == []
    admin_client.post(page, {**form, "name": "Harbour Times"})
    assert AuditEntry.objects.get().after == {"name": "Harbour Times"}


def test_a_role_that_goes_is_told_with_the_permissions_it_had(admin_client: Client) -> None:
    role = Group.objects.create(name="guests")
    page = reverse("admin:auth_group_delete", args=[role.pk])
    assert admin_client.post(page, {"post": "yes"}).status_code == 302
    assert AuditEntry.objects.get(kind=AuditKind.ROLE).before == {"name": "guests", "permissions": []}


def test_an_export_is_told_with_its_limits(source: Source, tmp_path: Path) -> None:
    call_command("export_decisions", "--source", "harbor-times", "--output", str(tmp_path / "out.csv"))
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.subject, entry.after) == ("export", "decisions", {"sources": ["harbor-times"]})
    call_command("export_feedback", stdout=StringIO())
    assert trail("export") == [("exported", "decisions"), ("exported", "feedback")]


def test_settings_are_told_when_they_differ_and_secrets_as_hashes(settings: Any) -> None:
    settings.MODERATO_ENVIRONMENT = {
        "MODERATION_THREADS": "2",
        "SECRET_KEY": "s" * 60,
        "DATABASE_URL": "postgres://u:pw@h/n",
    }
    first = settings_record()
    assert first is not None
    assert first.after["MODERATION_THREADS"] == "2"
    assert not [value for value in first.after.values() if "sss" in value or "pw" in value]
    assert settings_record() is None
    settings.MODERATO_ENVIRONMENT = {"MODERATION_THREADS": "4", "SECRET_KEY": "s" * 60}
    second = settings_record()
    assert second is not None
    assert second.before["MODERATION_THREADS"] == "2"
    assert (second.after["MODERATION_THREADS"], second.after["DATABASE_URL"]) == ("4", None)
    assert "SECRET_KEY" not in second.after
    assert settings_record() is None


@pytest.mark.django_db(transaction=True)
def test_servers_that_start_at_once_tell_a_change_once(settings: Any) -> None:
    settings.MODERATO_ENVIRONMENT = {"MODERATION_THREADS": "2"}
    together = Barrier(4)

    def start(_: int) -> None:
        together.wait()
        settings_record()
        connection.close()

    with ThreadPoolExecutor(4) as servers:
        list(servers.map(start, range(4)))
    assert trail("settings") == [("recorded", "environment")]


def test_every_variable_with_a_secret_counts_as_one() -> None:
    secret = ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "OIDC_CLIENT_SECRET"]
    assert [name for name in secret if not any(part in name for part in SECRET_PARTS)] == []


def test_the_trail_is_read_only_in_the_admin_and_hidden_from_people_limited_to_sources(
    admin_client: Client, entry: AuditEntry, source: Source, admin_user: User
) -> None:
    listed = reverse("admin:moderation_auditentry_changelist")
    page = reverse("admin:moderation_auditentry_change", args=[entry.pk])
    assert "site" in admin_client.get(listed).content.decode()
    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"action": "other"}).status_code == 403
    from moderation.models import Moderator

    Moderator.objects.create(user=admin_user).sources.add(source)
    assert admin_client.get(listed).status_code == 403
