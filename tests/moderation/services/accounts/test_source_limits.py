"""What services refuse a person who is limited to sources, whoever calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User

from archive.models import Comment, Source
from moderation.models import ApiKey, Decision, Delivery, Moderator, WebhookTarget
from moderation.services.accounts.api_keys import api_key_create, api_key_revoke
from moderation.services.accounts.people import people_within, person_check, person_limit, roles_within
from moderation.services.accounts.source_limits import rows_within, sources_check
from moderation.services.errors import ServiceError
from moderation.services.webhooks.delivery import delivery_resend
from moderation.services.webhooks.targets import (
    webhook_secret_rotate,
    webhook_target_create,
    webhook_target_disable,
    webhook_target_enable,
)

pytestmark = pytest.mark.django_db
URL = "https://example.org/hook"


def refused(act: Callable[..., Any], **options: Any) -> str:
    with pytest.raises(ServiceError) as caught:
        act(**options)
    return caught.value.code


def test_within_are_rows_with_some_sources_and_none_beyond(source: Source, elsewhere: Source) -> None:
    for name, sources in {"own": [source], "other": [elsewhere], "both": [source, elsewhere], "all": []}.items():
        api_key_create(name=name, scopes=["read"], sources=sources)

    def within(*sources: Source) -> list[str]:
        return [key.name for key in rows_within(ApiKey.objects.order_by("name"), [one.pk for one in sources])]

    assert within() == ["all", "both", "other", "own"]
    assert within(source) == ["own"]
    assert within(source, elsewhere) == ["both", "other", "own"]


def test_sources_beyond_the_own_and_none_are_refused(
    limited_to: Callable[..., User], source: Source, elsewhere: Source
) -> None:
    actor = limited_to(source)
    for sources in ([], [elsewhere], [source, elsewhere]):
        assert refused(sources_check, actor=actor, sources=sources) == "permission_denied"
        assert refused(webhook_target_create, url=URL, sources=sources, actor=actor) == "permission_denied"
    assert not WebhookTarget.objects.exists()
    sources_check(actor=actor, sources=[source])
    sources_check(actor=None, sources=[])


def test_keys_webhooks_and_deliveries_of_others_are_unknown(
    limited_to: Callable[..., User], source: Source, make_comment: Callable[..., Comment]
) -> None:
    actor, (key, _secret) = limited_to(source), api_key_create(name="all", scopes=["read"])
    target, _secret = webhook_target_create(url=URL)
    columns = {"kind": "system", "action": "queue", "from_state": "passed", "to_state": "pending", "revision": 1}
    decision = Decision.objects.create(comment=make_comment(), **columns)
    delivery = Delivery.objects.create(target=target, decision=decision, attempts=3)
    assert refused(api_key_revoke, key=key, actor=actor) == "not_found"
    for act in (webhook_secret_rotate, webhook_target_disable, webhook_target_enable):
        assert refused(act, target=target, actor=actor) == "not_found"
    assert refused(delivery_resend, delivery=delivery, actor=actor) == "not_found"
    assert ApiKey.objects.get().revoked_at is None
    assert WebhookTarget.objects.get().salt == target.salt
    assert Delivery.objects.get().attempts == 3


def test_a_person_is_limited_by_who_may_change_them_and_to_sources_of_theirs(
    limited_to: Callable[..., User], source: Source, elsewhere: Source
) -> None:
    actor, own, other, free = limited_to(source), limited_to(source), limited_to(elsewhere), limited_to()
    for person in (other, free, User.objects.create_superuser("root")):
        assert refused(person_limit, actor=actor, person=person, sources=[source]) == "permission_denied"
    for sources in ([], [elsewhere]):
        for person in (own, actor):
            assert refused(person_limit, actor=actor, person=person, sources=sources) == "permission_denied"
    person_limit(actor=actor, person=own, sources=[source])
    person_limit(actor=free, person=own, sources=[elsewhere])
    assert Moderator.objects.get(user=own).sources.get() == elsewhere
    assert set(people_within(User.objects.all(), actor)) == {actor}


def test_nobody_gives_a_role_or_changes_a_person_beyond_their_own(limited_to: Callable[..., User]) -> None:
    moderator, root = limited_to(), User.objects.create_superuser("root")
    senior = User.objects.create_user("senior")
    senior.groups.add(Group.objects.get(name="senior"))
    assert {role.name for role in roles_within(moderator)} == {"viewer", "moderator"}
    assert {role.name for role in roles_within(root)} == {"viewer", "moderator", "senior", "administrator"}
    assert refused(person_check, actor=moderator, person=senior) == "permission_denied"
    person_check(actor=senior, person=moderator)
    person_check(actor=root, person=root)
