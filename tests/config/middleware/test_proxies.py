"""Whose address a request has: forwarded ones count from trusted proxies alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from config.middleware.proxies import FORWARDED, TrustedProxyMiddleware, address_read, client_of, networks_read

TRUSTED = networks_read(["127.0.0.1", "10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the first is what the client claimed
        ("127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"),  # two proxies
        ("127.0.0.1", "198.51.100.1, 203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # no proxy
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, x, 10.0.0.1", "10.0.0.1"),
        ("127.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("::1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("", "203.0.113.7", "203.0.113.7"),  # a Unix socket
        ("127.0.0.1", "198.51.100.1, " + "10.0.0.1, " * 30 + "10.0.0.1", "10.0.0.1"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxys(peer: str, forwarded: str, client: str) -> None:
    assert str(client_of(address_read(peer), forwarded, TRUSTED)) == client


@given(st.text(max_size=80), st.sampled_from(["203.0.113.9", "2001:db8::9"]))
def test_nothing_that_a_peer_claims_changes_its_address(forwarded: str, peer: str) -> None:
    assert str(client_of(address_read(peer), forwarded, TRUSTED)) == peer


@given(st.text(max_size=80))
def test_what_a_client_claims_before_the_proxys_word_changes_nothing(claimed: str) -> None:
    assert str(client_of(address_read("127.0.0.1"), f"{claimed},203.0.113.9", TRUSTED)) == "203.0.113.9"


def passed_on(rf: Any, **meta: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    def view(request: Any) -> HttpResponse:
        seen.update(request.META)
        return HttpResponse()

    TrustedProxyMiddleware(view)(rf.get("/", **meta))
    return seen


def test_a_peer_that_is_no_proxy_forwards_nothing(rf: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    claims = dict.fromkeys(FORWARDED, "evil.example")
    seen = passed_on(rf, REMOTE_ADDR="203.0.113.9", **claims)
    assert seen["REMOTE_ADDR"] == "203.0.113.9"
    assert not set(FORWARDED) & set(seen)


def test_a_proxys_word_is_taken(rf: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    seen = passed_on(
        rf, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 203.0.113.9", HTTP_X_FORWARDED_PROTO="https"
    )
    assert (seen["REMOTE_ADDR"], seen["HTTP_X_FORWARDED_PROTO"]) == ("203.0.113.9", "https")


def test_without_a_proxy_nobody_is_trusted_not_even_this_machine(rf: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = []
    for peer in ("127.0.0.1", ""):
        assert passed_on(rf, REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR="203.0.113.9")["REMOTE_ADDR"] == peer


@pytest.mark.parametrize("text", ["proxy.internal", "10.0.0.0/33", "10.0.0.1/8", ""])
def test_a_proxy_that_is_no_address_stops_the_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        networks_read([text])
