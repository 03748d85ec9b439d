"""An administrator who is limited to sources: what they see, make, change and give away, in each form of the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from archive.models import Comment, Source
from moderation.models import ApiKey, Decision, Delivery, Moderator, Reason, WebhookTarget
from moderation.services.accounts.api_keys import api_key_create
from moderation.services.webhooks.targets import secrets_now, webhook_target_create

URL = "https://example.org/hook"
WHEN = {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}


@pytest.fixture
def limited(staff: Callable[..., Client], source: Source) -> Client:
    """An administrator of one source."""
    return staff("administrator", source)


def page(name: str, *arguments: Any) -> str:
    return reverse(f"admin:{name}", args=arguments)


def person(name: str, *sources: Source, role: str = "moderator", **columns: Any) -> User:
    """Makes a person who is limited to `sources`; without any, to none."""
    user = User.objects.create_user(name, is_staff=True, **columns)
    user.groups.add(Group.objects.get(name=role))
    Moderator.objects.create(user=user).sources.set(sources)
    return user


def form_of(user: User, *sources: Any, **more: Any) -> dict[str, Any]:
    """Returns what the page of a person who is limited posts."""
    kept = {"username": user.username, "is_active": "on", "groups": [one.pk for one in user.groups.all()], **WHEN}
    inline = {"moderator-TOTAL_FORMS": 1, "moderator-INITIAL_FORMS": 1, "moderator-0-user": user.pk}
    row = {"moderator-0-id": Moderator.objects.get(user=user).pk, "moderator-0-sources": [one.pk for one in sources]}
    return kept | inline | row | more


def act(client: Client, there: str, name: str, *rows: Any) -> Any:
    return client.post(there, {"action": name, "_selected_action": [row.pk for row in rows]}, follow=True)


@pytest.fixture
def targets(source: Source, elsewhere: Source) -> dict[str, WebhookTarget]:
    """A webhook of the source, one of another, one of both, and one of all."""
    sources = {"own": [source], "other": [elsewhere], "both": [source, elsewhere], "all": []}
    return {name: webhook_target_create(url=f"{URL}/{name}", sources=some)[0] for name, some in sources.items()}


def test_only_webhooks_of_the_own_sources_are_seen(limited: Client, targets: dict[str, WebhookTarget]) -> None:
    seen = limited.get(page("moderation_webhooktarget_changelist")).content.decode()
    assert [name for name in targets if f"{URL}/{name}" in seen] == ["own"]
    for name in ("other", "both", "all"):
        for there in ("change", "history"):
            answer = limited.get(page(f"moderation_webhooktarget_{there}", targets[name].pk))
            assert (answer.status_code, answer["Location"]) == (302, page("index"))


@pytest.mark.parametrize("action", ["rotate_selected", "disable_selected"])
def test_an_act_leaves_webhooks_of_others_alone(
    limited: Client, targets: dict[str, WebhookTarget], action: str
) -> None:
    before = {name: secrets_now(target) for name, target in targets.items()}
    answer = act(limited, page("moderation_webhooktarget_changelist"), action, *targets.values())
    changed = []
    for name, target in targets.items():
        target.refresh_from_db()
        if secrets_now(target) != before[name] or not target.active:
            changed.append(name)
    assert changed == ["own"]
    assert answer.content.count(b"whsec_") == (1 if action == "rotate_selected" else 0)


def test_a_webhook_is_made_for_own_sources_alone(limited: Client, source: Source, elsewhere: Source) -> None:
    add = page("moderation_webhooktarget_add")
    assert elsewhere.name not in limited.get(add).content.decode()
    for sources in ([], [elsewhere.pk], [source.pk, elsewhere.pk], ["x"]):
        assert limited.post(add, {"url": URL, "sources": sources}).status_code == 200, sources
        assert not WebhookTarget.objects.exists(), sources
    limited.post(add, {"url": URL, "sources": [source.pk]})
    assert WebhookTarget.objects.get().sources.get() == source


def test_a_secret_is_in_one_answer_and_nowhere_else(limited: Client, source: Source) -> None:
    made = limited.post(page("moderation_webhooktarget_add"), {"url": URL, "sources": [source.pk]})
    target = WebhookTarget.objects.get()
    again = act(limited, page("moderation_webhooktarget_changelist"), "rotate_selected", target)
    target.refresh_from_db()
    for answer in (made, again):
        assert answer.status_code == 200
        assert answer.content.count(b"whsec_") == 1
        assert "no-store" in answer["Cache-Control"]
        assert "whsec_" not in str(answer.cookies)
    later = [page("index"), page("moderation_webhooktarget_changelist")]
    later += [page(f"moderation_webhooktarget_{name}", target.pk) for name in ("change", "history")]
    for there in later:
        assert b"whsec_" not in limited.get(there).content, there
    kept = [str(entry.__dict__) for entry in LogEntry.objects.all()]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert kept
    assert not [one for one in kept if "whsec_" in one]


def test_deliveries_of_others_are_neither_seen_nor_sent_again(
    limited: Client, targets: dict[str, WebhookTarget], make_comment: Callable[..., Comment]
) -> None:
    columns = {"kind": "system", "action": "queue", "from_state": "passed", "to_state": "pending", "revision": 1}
    decision = Decision.objects.create(comment=make_comment(), **columns)
    rows = [Delivery.objects.create(target=one, decision=decision, attempts=10) for one in targets.values()]
    there = page("moderation_delivery_changelist")
    shown = limited.get(there)
    assert [row.target for row in shown.context["cl"].result_list] == [targets["own"]]
    assert str(targets["other"]) not in shown.content.decode()
    act(limited, there, "send_again", *rows)
    assert Delivery.objects.get(attempts=0).target == targets["own"]


def test_keys_of_others_are_neither_seen_nor_revoked(limited: Client, source: Source, elsewhere: Source) -> None:
    sources = {"own": [source], "other": [elsewhere], "both": [source, elsewhere], "all": []}
    for name, some in sources.items():
        api_key_create(name=f"the {name} key", scopes=["read"], sources=some)
    seen = limited.get(page("moderation_apikey_changelist")).content.decode()
    assert [name for name in sources if f"the {name} key" in seen] == ["own"]
    for name in sources:
        there = page("moderation_apikey_revoke", f"the {name} key")
        assert limited.get(there).status_code == (200 if name == "own" else 404)
        assert limited.post(there).status_code == (302 if name == "own" else 404)
    assert ApiKey.objects.exclude(revoked_at=None).get().name == "the own key"


def test_only_people_of_the_own_sources_are_seen(limited: Client, source: Source, elsewhere: Source) -> None:
    people = {
        "own": person("ada", source),
        "other": person("bo", elsewhere),
        "both": person("cy", source, elsewhere),
        "all": person("di"),
        "root": User.objects.create_superuser("root"),
    }
    seen = limited.get(page("auth_user_changelist")).context["cl"].result_list
    assert [name for name, user in people.items() if user in seen] == ["own"]
    for name, user in people.items():
        own = name == "own"
        for there, hidden in (("change", 302), ("history", 302), ("password_change", 404)):
            assert limited.get(page(f"auth_user_{there}", user.pk)).status_code == (200 if own else hidden), name
        assert limited.post(page("auth_user_change", user.pk), {}).status_code == (200 if own else 302), name
        answer = limited.post(page("auth_user_password_change", user.pk), {"password1": "x"})
        assert answer.status_code == (200 if own else 404), name


@pytest.mark.parametrize("chosen", ["nothing", "another", "both"])
def test_a_limit_is_not_widened(limited: Client, source: Source, elsewhere: Source, chosen: str) -> None:
    sources = {"nothing": [], "another": [elsewhere], "both": [source, elsewhere]}[chosen]
    for user in (person("ada", source), User.objects.get(username__startswith="administrator")):
        answer = limited.post(page("auth_user_change", user.pk), form_of(user, *sources))
        assert answer.status_code == 200, user
        assert Moderator.objects.get(user=user).sources.get() == source, user


def test_a_limit_is_not_lifted_by_leaving_its_form_out(limited: Client, source: Source) -> None:
    user = person("ada", source)
    form = form_of(user, source)
    for missing in ({"moderator-TOTAL_FORMS": 0}, {"moderator-INITIAL_FORMS": 0}, {"moderator-0-DELETE": "on"}):
        limited.post(page("auth_user_change", user.pk), {**form, **missing})
        assert Moderator.objects.get(user=user).sources.get() == source, missing
    other = Moderator.objects.get(user=person("bo"))
    limited.post(page("auth_user_change", user.pk), {**form, "moderator-0-id": other.pk})
    limited.post(page("auth_user_change", user.pk), {**form, "moderator-0-user": other.user_id})
    assert not other.sources.exists()
    assert Moderator.objects.get(user=user).sources.get() == source


def test_whom_a_limited_administrator_adds_has_the_same_limit(limited: Client, source: Source) -> None:
    form = {"username": "ada", "usable_password": "false"}
    assert limited.post(page("auth_user_add"), form).status_code == 302
    assert Moderator.objects.get(user__username="ada").sources.get() == source


def test_a_role_with_more_than_one_has_is_not_given(staff: Callable[..., Client], source: Source) -> None:
    chief = Group.objects.create(name="chief")
    chief.permissions.set(Permission.objects.all())
    user = person("ada", source)
    for client in (staff("administrator"), staff("administrator", source)):
        there = page("auth_user_change", user.pk)
        assert "chief" not in client.get(there).content.decode()
        answer = client.post(there, form_of(user, source, groups=[chief.pk]))
        assert answer.status_code == 200
        assert answer.context["adminform"].form.errors["groups"]
        stolen = {"is_superuser": "on", "user_permissions": [Permission.objects.get(codename="change_group").pk]}
        assert client.post(there, form_of(user, source, **stolen)).status_code == 302
        user.refresh_from_db()
        assert not user.is_superuser
        assert not user.user_permissions.exists()
        assert user.groups.get().name == "moderator"


def test_who_may_do_more_is_not_changed(staff: Callable[..., Client], source: Source) -> None:
    mighty, asleep = person("ada", source), person("bo", source, is_active=False)
    for user in (mighty, asleep):
        user.user_permissions.add(Permission.objects.get(codename="delete_group"))
    for client in (staff("administrator"), staff("administrator", source)):
        for user in (mighty, asleep):
            assert client.post(page("auth_user_change", user.pk), form_of(user, source)).status_code == 403
            assert client.post(page("auth_user_password_change", user.pk), {}).status_code == 403


def test_what_holds_for_all_sources_is_not_changed(limited: Client, staff: Callable[..., Client]) -> None:
    reason = Reason.objects.get(code="spam")
    form = {"code": "new", "label": "New", "ground": "terms", "category": reason.category}
    assert limited.get(page("moderation_reason_change", reason.pk)).status_code == 200
    assert limited.post(page("moderation_reason_change", reason.pk), form).status_code == 403
    assert limited.post(page("moderation_reason_add"), form).status_code == 403
    assert limited.post(page("archive_source_add"), {"slug": "new", "name": "New"}).status_code == 403
    assert staff("administrator").post(page("moderation_reason_add"), form).status_code == 302
    assert Source.objects.count() == 1


def test_roles_are_a_superusers_matter(staff: Callable[..., Client]) -> None:
    role = Group.objects.get(name="viewer")
    clerk = User.objects.get(pk=staff("viewer").session["_auth_user_id"])
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client = Client()
    client.force_login(clerk)
    assert client.get(page("auth_group_change", role.pk)).status_code == 200
    assert client.post(page("auth_group_change", role.pk), {"name": "viewer"}).status_code == 403
    assert client.post(page("auth_group_add"), {"name": "mine"}).status_code == 403
    assert client.post(page("auth_group_delete", role.pk), {"post": "yes"}).status_code == 403


def test_the_desk_names_those_to_whom_a_comment_may_go(
    staff: Callable[..., Client],
    source: Source,
    elsewhere: Source,
    make_comment: Callable[..., Comment],
    make_review: Callable[..., Any],
) -> None:
    review = make_review(make_comment(), toxicity=0.9)
    User.objects.filter(is_staff=True).delete()
    for name, sources in {"ada": [source], "bo": [elsewhere], "cy": [source, elsewhere], "di": []}.items():
        person(name, *sources)
    answer = staff("moderator", source).get(reverse("desk:hand-over", args=[review.pk]))
    assert [one.username for one in answer.context["people"]] == ["ada", "cy", "di"]
