"""The login's lock: by name and address, by address over all names, and never at somebody else's address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

LOGIN = "/admin/login/"
PROXY, CLIENT, ATTACKER = "127.0.0.1", "198.51.100.1", "203.0.113.9"
LOCKED = 429

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def behind_a_proxy(settings: Any) -> None:
    settings.TRUSTED_PROXIES = [PROXY]
    settings.LOGIN_ADDRESS_LIMIT = 15
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a hundred tries, each quick


@pytest.fixture(autouse=True)
def ada(behind_a_proxy: None, db: None) -> User:
    return User.objects.create_user("ada", password="right", is_staff=True)


def login(password: str, *, name: str = "ada", address: str = CLIENT, peer: str = PROXY, claimed: str = "") -> int:
    """The status of a try to log in through the proxy, which adds the address to what the client claims."""
    forwarded = f"{claimed}, {address}" if claimed else address
    fields = {"username": name, "password": password}
    return Client().post(LOGIN, fields, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded).status_code


def attack(times: int, **how: Any) -> list[int]:
    return [login("wrong", **how) for _ in range(times)]


def test_ten_wrong_passwords_lock_the_name_at_that_address_and_nowhere_else() -> None:
    assert attack(10, address=ATTACKER)[-1] == LOCKED
    assert login("right", address=ATTACKER) == LOCKED
    assert login("right") == 302
    assert login("right", name="nobody", address=ATTACKER) == 200


def test_the_attacker_is_known_by_address_whatever_is_claimed() -> None:
    answers = [login("wrong", address=ATTACKER, claimed=f"192.0.2.{number}") for number in range(10)]
    assert answers[-1] == LOCKED


def test_nobody_locks_a_colleague_by_claiming_their_address() -> None:
    attack(12, address=ATTACKER, claimed=CLIENT)
    for number in range(12):  # past the proxy
        login("wrong", peer=f"203.0.113.{number}", address=CLIENT)
    assert login("right") == 302


def test_many_names_from_one_address_lock_the_address() -> None:
    answers = [login("wrong", name=f"user{number}", address=ATTACKER) for number in range(15)]
    assert (answers[13], answers[14]) == (200, LOCKED)
    assert login("right", address=ATTACKER) == LOCKED
    assert login("right") == 302


def test_a_subnet_of_version_6_is_one_address() -> None:
    answers = [login("wrong", address=f"2001:db8:1:2::{number:x}") for number in range(1, 11)]
    assert answers[-1] == LOCKED
    assert login("right", address="2001:db8:1:3::1") == 302


def test_a_right_password_starts_the_count_of_its_name_anew() -> None:
    attack(9)
    assert login("right") == 302
    assert LOCKED not in attack(9)


def test_trying_on_does_not_prolong_a_lock() -> None:
    attack(10)
    begun = AccessAttempt.objects.get().attempt_time
    attack(3)
    assert AccessAttempt.objects.get().attempt_time == begun
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=61))
    assert login("right") == 302


@pytest.mark.parametrize(
    "command",
    [
        ["axes_reset"],
        ["axes_reset_username", "ada"],
        ["axes_reset_ip", CLIENT],
        ["axes_reset_ip_username", CLIENT, "ada"],
    ],
)
def test_a_command_ends_a_lock(command: list[str], capsys: Any) -> None:
    attack(10)
    call_command(*command)
    assert login("right") == 302


def test_a_superuser_ends_a_lock_in_the_admin(admin_client: Client) -> None:
    attack(10)
    rows = {"action": "delete_selected", "_selected_action": [AccessAttempt.objects.get().pk], "post": "yes"}
    admin_client.post("/admin/axes/accessattempt/", rows)
    assert login("right") == 302
