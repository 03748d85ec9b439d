"""The second factor: set up, asked for at each login, and of no use to whoever has a copy of the database."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from moderation.models import AuditEntry, RecoveryCode, SecondFactor
from moderation.services.accounts.api_keys import api_key_create

pytestmark = pytest.mark.django_db
PAGE = "/admin/second-factor/"
DESK = "/admin/desk/settings/"


def person(name: str, role: str) -> User:
    user = User.objects.create_user(name, password="a long password", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def ada() -> User:
    return person("ada", "moderator")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def code_of(user: User, steps: int = 0) -> str:
    return f"{totp(SecondFactor.objects.get(user=user).bin_key, t0=0, drift=steps):06d}"


@pytest.fixture
def enrolled(ada: User) -> tuple[User, list[str]]:
    """A person with a second factor, and their recovery codes."""
    client = logged_in(ada)
    client.get(PAGE)
    page = client.post(PAGE, {"code": code_of(ada)}).content.decode()
    return ada, re.findall(r"<code>([a-z2-7-]{19})</code>", page)


def later(seconds: float = 60) -> Any:
    """A code opens once, so the next one is taken from a later moment."""
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True)


def test_it_is_set_up_with_a_code_of_the_app_and_gives_recovery_codes_once(enrolled: tuple[User, list[str]]) -> None:
    user, codes = enrolled
    assert len(set(codes)) == 8
    assert SecondFactor.objects.get(user=user).confirmed
    assert not [code for code in codes if RecoveryCode.objects.filter(digest__contains=code.replace("-", "")).exists()]
    assert AuditEntry.objects.get(kind="person").action == "second factor on"


def test_a_wrong_code_sets_nothing_up(ada: User) -> None:
    client = logged_in(ada)
    page = client.get(PAGE)
    assert "data:image/svg+xml;base64," in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    answer = client.post(PAGE, {"code": "000000" if code_of(ada) != "000000" else "000001"})
    assert answer.status_code == 400
    assert not SecondFactor.objects.get(user=ada).confirmed


def test_whoever_has_one_is_asked_at_the_next_login_and_goes_on_where_they_wanted(
    enrolled: tuple[User, list[str]],
) -> None:
    user, _ = enrolled
    with later():
        client = logged_in(user)
        asked = client.get(DESK)
        assert asked.headers["Location"] == f"{PAGE}?next=%2Fadmin%2Fdesk%2Fsettings%2F"
        before = client.session.session_key
        answer = client.post(asked.headers["Location"], {"code": code_of(user)})
        assert answer.headers["Location"] == DESK
        assert client.session.session_key != before
        assert client.get(DESK).status_code == 200


def test_a_code_opens_once(enrolled: tuple[User, list[str]]) -> None:
    user, _ = enrolled
    with later():
        code = code_of(user)
        assert logged_in(user).post(PAGE, {"code": code}).status_code == 302
        assert logged_in(user).post(PAGE, {"code": code}).status_code == 400


def test_a_recovery_code_opens_once_however_it_is_typed(enrolled: tuple[User, list[str]]) -> None:
    user, codes = enrolled
    assert logged_in(user).post(PAGE, {"code": f" {codes[0].upper().replace('-', ' ')} "}).status_code == 302
    assert logged_in(user).post(PAGE, {"code": codes[0]}).status_code == 400
    with later():
        assert logged_in(user).post(PAGE, {"code": codes[1]}).status_code == 302


def test_guesses_are_slowed_down_for_the_right_code_too(enrolled: tuple[User, list[str]]) -> None:
    user, codes = enrolled
    with later():
        client = logged_in(user)
        for guess in ("111111", "not-a-code"):
            assert client.post(PAGE, {"code": guess}).status_code == 400
        assert client.post(PAGE, {"code": code_of(user)}).status_code == 400
        assert client.post(PAGE, {"code": codes[0]}).status_code == 400
    with later(3_600):
        assert client.post(PAGE, {"code": code_of(user)}).status_code == 302


def test_new_recovery_codes_end_the_old_ones(enrolled: tuple[User, list[str]]) -> None:
    user, old = enrolled
    client = logged_in(user)
    client.post(PAGE, {"code": old[0]})
    assert client.get(PAGE).status_code == 200
    new = re.findall(r"<code>([a-z2-7-]{19})</code>", client.post(PAGE).content.decode())
    assert len(new) == 8
    assert logged_in(user).post(PAGE, {"code": old[1]}).status_code == 400
    with later():
        assert logged_in(user).post(PAGE, {"code": new[0]}).status_code == 302


@pytest.mark.parametrize(
    ("setting", "asked"),
    [("off", set()), ("moderators", {"moderator", "senior", "administrator"}),
     ("all", {"viewer", "moderator", "senior", "administrator"})],
)  # fmt: skip
def test_the_setting_says_who_must_have_one(setting: str, asked: set[str], settings: Any) -> None:
    settings.SECOND_FACTOR = setting
    roles = ("viewer", "moderator", "senior", "administrator")
    answers = {role: logged_in(person(role, role)).get(DESK).status_code for role in roles}
    assert answers == {role: 302 if role in asked else 200 for role in roles}


def test_every_page_of_the_admin_and_every_endpoint_asks_but_what_is_needed_to_log_in(ada: User, settings: Any) -> None:
    settings.SECOND_FACTOR = "all"
    client = logged_in(ada)
    for path in ("/admin/", "/admin/desk/comment/1/", "/admin/password_change/", "/admin/desk/pending/act/"):
        assert client.get(path).headers["Location"].startswith(PAGE), path
    assert client.get("/admin/jsi18n/").status_code == 200
    refused = client.get("/api/v1/comments/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor")
    # A scheme that is no key's leaves the API with the session.
    assert client.get("/api/v1/comments/", HTTP_AUTHORIZATION="Basic abc").status_code == 403
    assert client.post("/admin/logout/").status_code in {200, 302}


def test_a_key_needs_no_second_factor(ada: User, settings: Any) -> None:
    settings.SECOND_FACTOR = "all"
    _, token = api_key_create(name="site", scopes=["read"])
    assert Client().get("/api/v1/comments/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
    assert logged_in(ada).get("/api/v1/comments/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200
    assert logged_in(ada).get("/api/v1/comments/", HTTP_AUTHORIZATION="Bearer mod_wrong").status_code == 401


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_to_no_other_site(to: str, enrolled: tuple[User, list[str]]) -> None:
    user, codes = enrolled
    answer = logged_in(user).post(f"{PAGE}?next={to}", {"code": codes[0]})
    assert answer.headers["Location"] == reverse("admin:index")


def test_a_copy_of_the_database_makes_no_codes(enrolled: tuple[User, list[str]]) -> None:
    user, _ = enrolled
    stored = TOTPDevice.objects.get(user=user)
    derived = SecondFactor.objects.get(user=user)
    assert stored.bin_key != derived.bin_key
    assert totp(stored.bin_key) != totp(derived.bin_key) or time.time() < 0


def test_somebody_who_lost_all_is_let_in_again_by_a_command(enrolled: tuple[User, list[str]]) -> None:
    user, _codes = enrolled
    out = StringIO()
    call_command("second_factor", "list", stdout=out)
    assert out.getvalue().split() == ["ada"]
    call_command("second_factor", "reset", "ada", stderr=StringIO())
    assert logged_in(user).get(DESK).status_code == 200
    assert not RecoveryCode.objects.exists()
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("second_factor", "reset", "ada")
    with pytest.raises(CommandError, match="no user bob"):
        call_command("second_factor", "reset", "bob")
    assert [one.action for one in AuditEntry.objects.order_by("id")] == ["second factor on", "second factor off"]
