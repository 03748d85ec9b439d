"""Webhook targets in the admin: made, given new secrets, disabled, and seen by administrators only."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from archive.models import Comment, Source
from moderation.models import Decision, Delivery, WebhookTarget
from moderation.services.webhooks.targets import secrets_now

pytestmark = pytest.mark.django_db
LIST = reverse("admin:moderation_webhooktarget_changelist")
ADD = reverse("admin:moderation_webhooktarget_add")
DELIVERIES = reverse("admin:moderation_delivery_changelist")
URL = "https://example.org/hook?token=abc"


def client_of(role: str) -> Client:
    user = User.objects.create_user(f"the {role}", is_staff=True)
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def administrator() -> Client:
    return client_of("administrator")


def secret_shown(page: bytes) -> str:
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", unescape(page.decode()))
    assert found
    return found.group()


@pytest.fixture
def target(administrator: Client, source: Source) -> WebhookTarget:
    response = administrator.post(ADD, {"url": URL, "sources": [source.pk]}, follow=True)
    row = WebhookTarget.objects.get()
    assert secrets_now(row) == [secret_shown(response.content)]
    assert [one.slug for one in row.sources.all()] == [source.slug]
    assert b"whsec_" not in administrator.get(LIST).content, "it is shown once"
    return row


def act(client: Client, name: str, *rows: Any, page: str = LIST) -> bytes:
    body = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(page, body, follow=True).content


def test_a_target_is_given_a_new_secret_and_the_old_one_signs_for_a_day_more(
    administrator: Client, target: WebhookTarget
) -> None:
    old = secrets_now(target)
    new = secret_shown(act(administrator, "rotate_selected", target))
    target.refresh_from_db()
    assert secrets_now(target) == [new, *old]


def test_a_target_is_disabled_and_enabled(administrator: Client, target: WebhookTarget) -> None:
    act(administrator, "disable_selected", target)
    target.refresh_from_db()
    assert (target.active, target.disabled_because) == (False, "By the administrator.")
    act(administrator, "enable_selected", target)
    target.refresh_from_db()
    assert target.active


def test_a_target_whose_secret_is_lost_is_not_enabled(
    administrator: Client, target: WebhookTarget, settings: Any
) -> None:
    WebhookTarget.objects.update(mark="of another key", active=False)
    assert b"SECRET_KEY" in act(administrator, "enable_selected", target)
    assert not WebhookTarget.objects.get().active


@pytest.mark.parametrize("url", ["http://example.org/", "ftp://example.org/", "https://a:b@example.org/", "x"])
def test_an_address_that_nothing_may_be_sent_to_is_refused_in_the_form(administrator: Client, url: str) -> None:
    response = administrator.post(ADD, {"url": url})
    assert response.status_code == 200
    assert response.context["adminform"].form.errors["url"]
    assert not WebhookTarget.objects.exists()


@pytest.mark.usefixtures("target")
@pytest.mark.parametrize("role", ["viewer", "moderator", "senior"])
def test_addresses_are_for_administrators_only(role: str) -> None:
    client = client_of(role)
    for page in (LIST, ADD, DELIVERIES):
        assert client.get(page).status_code == 403, page


def test_a_delivery_is_listed_and_sent_again(
    administrator: Client, target: WebhookTarget, make_comment: Callable[..., Comment]
) -> None:
    columns = {"kind": "system", "action": "queue", "from_state": "passed", "to_state": "pending", "revision": 1}
    decision = Decision.objects.create(comment=make_comment(), **columns)
    delivery = Delivery.objects.create(target=target, decision=decision, attempts=10, given_up_at=decision.at)
    assert f"decision {decision.pk}".encode() in administrator.get(DELIVERIES).content
    act(administrator, "send_again", delivery, page=DELIVERIES)
    delivery.refresh_from_db()
    assert (delivery.attempts, delivery.given_up_at) == (0, None)
    assert Delivery.objects.open().get() == delivery


def test_nobody_deletes_a_target_or_edits_its_address(administrator: Client, target: WebhookTarget) -> None:
    page = reverse("admin:moderation_webhooktarget_change", args=[target.pk])
    assert administrator.post(page, {"url": "https://example.com/"}).status_code == 403
    assert administrator.get(page).status_code == 200
    delete = reverse("admin:moderation_webhooktarget_delete", args=[target.pk])
    assert administrator.post(delete, {"post": "yes"}).status_code == 403
    assert WebhookTarget.objects.get().url == URL
