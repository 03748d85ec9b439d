"""Keys: made once, kept as digests, refused when they should be."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import (
    MAX_OVERLAP_HOURS,
    any_key_valid,
    api_key_authenticate,
    api_key_create,
    api_key_revoke,
    api_key_rotate,
    request_allow,
)
from moderation.services.accounts.rate_limits import Allowance
from moderation.services.errors import ServiceError

pytestmark = pytest.mark.django_db


def test_a_key_opens_with_its_secret_and_with_nothing_near_it() -> None:
    key, token = api_key_create(name="site", scopes=["read"])
    assert api_key_authenticate(token=token) == key
    assert api_key_authenticate(token=token[:-1] + ("0" if token[-1] != "0" else "1")) is None
    assert api_key_authenticate(token="") is None


def test_the_secret_is_kept_nowhere() -> None:
    _, token = api_key_create(name="site", scopes=["read"])
    row = ApiKey.objects.values().get()
    assert not [value for value in row.values() if isinstance(value, str) and token[15:] in value]


def test_a_key_has_no_expiry_unless_one_was_asked_for() -> None:
    assert api_key_create(name="site", scopes=["read"])[0].expiry is None


def test_an_expired_a_revoked_and_a_deactivated_key_are_refused() -> None:
    expired, expired_token = api_key_create(name="a", scopes=["read"], expires=timezone.now() + timedelta(hours=1))
    ApiKey.objects.filter(pk=expired.pk).update(expiry=timezone.now() - timedelta(seconds=1))
    revoked, revoked_token = api_key_create(name="b", scopes=["read"])
    api_key_revoke(key=revoked)
    inactive, inactive_token = api_key_create(name="c", scopes=["read"])
    inactive.user.is_active = False
    inactive.user.save()
    assert [api_key_authenticate(token=token) for token in (expired_token, revoked_token, inactive_token)] == [None] * 3


def test_a_name_is_used_once_even_after_the_key_was_revoked() -> None:
    api_key_revoke(key=api_key_create(name="site", scopes=["read"])[0])
    with pytest.raises(ServiceError, match="already"):
        api_key_create(name="site", scopes=["read"])


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"name": " "}, "/name"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["read", "root"]}, "/scopes"),
        ({"rate": 0}, "/rate"),
        ({"expires": timezone.now() - timedelta(days=1)}, "/expires"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_by_field(options: dict[str, object], pointer: str) -> None:
    with pytest.raises(ServiceError) as caught:
        api_key_create(**{"name": "site", "scopes": ["read"], **options})  # type: ignore[arg-type]
    assert caught.value.errors[0].pointer == pointer


def test_a_key_without_a_rate_has_that_of_the_settings(settings: Any) -> None:
    free, _ = api_key_create(name="free", scopes=["read"])
    assert request_allow(key=free).limit == 6_000
    settings.MODERATION_KEY_RATE = 3
    assert [request_allow(key=free).allowed for _ in range(4)] == [True, True, True, False]
    settings.MODERATION_KEY_RATE = 0
    assert [request_allow(key=free) for _ in range(50)] == [Allowance(True)] * 50


def test_a_key_over_its_rate_is_told_when_to_come_back() -> None:
    tight, _ = api_key_create(name="tight", scopes=["read"], rate=2)
    with time_machine.travel(timezone.now(), tick=False):
        allowances = [request_allow(key=tight) for _ in range(3)]
    assert [one.allowed for one in allowances] == [True, True, False]
    assert [one.remaining for one in allowances] == [1, 0, 0]
    assert 0 < allowances[-1].retry_after <= 61


def test_one_look_up_of_a_key_costs_two_queries_and_a_note_of_its_use(django_assert_max_num_queries: object) -> None:
    _, token = api_key_create(name="site", scopes=["read"])
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        api_key_authenticate(token=token)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        api_key_authenticate(token=token)


def test_a_key_that_was_checked_is_not_asked_for_again_for_a_second(
    cache_clock: list[float], django_assert_num_queries: Any
) -> None:
    key, token = api_key_create(name="site", scopes=["read"])
    assert api_key_authenticate(token=token) == key
    cache_clock[0] = 0.9
    with django_assert_num_queries(0):
        assert api_key_authenticate(token=token) == key
    assert api_key_authenticate(token=token[:-1] + ("0" if token[-1] != "0" else "1")) is None


def test_what_another_process_did_to_a_key_counts_two_seconds_later(cache_clock: list[float]) -> None:
    key, token = api_key_create(name="site", scopes=["read"])
    assert api_key_authenticate(token=token) == key
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    cache_clock[0] = 2.0
    assert api_key_authenticate(token=token) is None


def test_what_this_process_did_to_a_key_counts_at_once(cache_clock: list[float]) -> None:
    key, token = api_key_create(name="site", scopes=["read"])
    other, other_token = api_key_create(name="other", scopes=["read"])
    assert None not in [api_key_authenticate(token=one) for one in (token, other_token)]
    api_key_revoke(key=key)
    other.user.is_active = False
    other.user.save()
    assert [api_key_authenticate(token=one) for one in (token, other_token)] == [None, None]


def test_a_remembered_key_ends_when_it_expires(cache_clock: list[float]) -> None:
    key, token = api_key_create(name="site", scopes=["read"], expires=timezone.now() + timedelta(hours=1))
    assert api_key_authenticate(token=token) == key
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert api_key_authenticate(token=token) is None


def test_both_secrets_work_until_the_overlap_is_over_and_then_the_new_one_alone() -> None:
    key, old = api_key_create(name="site", scopes=["read"])
    new = api_key_rotate(key=key, overlap_hours=2)
    assert [one and one.name for one in map(authenticated, (old, new))] == ["site", "site"]
    assert any_key_valid(tokens=[old])
    with time_machine.travel(timezone.now() + timedelta(hours=2, seconds=5)):
        assert authenticated(old) is None
        assert authenticated(new) is not None
        assert not any_key_valid(tokens=[old])


def test_a_second_rotation_ends_the_oldest_secret_at_once() -> None:
    key, oldest = api_key_create(name="site", scopes=["read"])
    old = api_key_rotate(key=key, overlap_hours=2)
    new = api_key_rotate(key=ApiKey.objects.get(), overlap_hours=2)
    assert [authenticated(token) is not None for token in (oldest, old, new)] == [False, True, True]


def test_without_an_overlap_the_old_secret_is_invalid_at_once() -> None:
    key, old = api_key_create(name="site", scopes=["read"])
    assert authenticated(old) is not None
    new = api_key_rotate(key=key)
    assert [authenticated(token) is not None for token in (old, new)] == [False, True]


def test_a_revoked_key_is_revoked_with_both_secrets() -> None:
    key, old = api_key_create(name="site", scopes=["read"])
    new = api_key_rotate(key=key, overlap_hours=2)
    api_key_revoke(key=ApiKey.objects.get())
    assert [authenticated(token) for token in (old, new)] == [None, None]


@pytest.mark.parametrize("hours", [-1, MAX_OVERLAP_HOURS + 1])
def test_an_overlap_out_of_range_is_refused_by_its_field(hours: int) -> None:
    key, old = api_key_create(name="site", scopes=["read"])
    with pytest.raises(ServiceError) as caught:
        api_key_rotate(key=key, overlap_hours=hours)
    assert [one.pointer for one in caught.value.errors] == ["/overlap_hours"]
    assert authenticated(old) is not None


@pytest.mark.parametrize(
    ("networks", "address", "works"),
    [
        ([], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.9"], "203.0.113.9", True),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.114.9", False),
        (["203.0.113.0/24"], "", False),
        (["203.0.113.0/24"], "unix", False),
        (["2001:db8::/32"], "2001:db8::1%eth0", True),
        (["2001:db8::/32", "10.0.0.0/8"], "10.1.2.3", True),
        (["2001:db8::/32"], "10.1.2.3", False),
    ],
)
def test_a_key_works_from_its_networks_alone(networks: list[str], address: str, works: bool) -> None:
    _, token = api_key_create(name="site", scopes=["read"], networks=networks)
    assert (api_key_authenticate(token=token, address=address) is not None) is works
    # What may be read before the parts of a batch are known does not depend on the address.
    assert any_key_valid(tokens=[token])


@pytest.mark.parametrize("network", ["", "somewhere", "10.0.0.1/8", "10.0.0.0/33", "1.2.3.4.5"])
def test_what_is_no_network_is_refused_by_its_field(network: str) -> None:
    with pytest.raises(ServiceError) as caught:
        api_key_create(name="site", scopes=["read"], networks=[network])
    assert [one.pointer for one in caught.value.errors] == ["/networks"]
    assert not ApiKey.objects.exists()


def authenticated(token: str) -> ApiKey | None:
    return api_key_authenticate(token=token)
