"""Keys on the command line: listed without secrets, revoked for good, given new secrets."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from archive.models import Source
from moderation.models import ApiKey
from moderation.services.accounts.api_keys import api_key_authenticate, api_key_create

pytestmark = pytest.mark.django_db


def key(*arguments: str) -> str:
    out = StringIO()
    call_command("key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_list_says_what_each_key_may_and_whether_it_is_valid(source: Source) -> None:
    _, secret = api_key_create(name="site", scopes=["read", "write"], sources=[source], rate=60)
    api_key_create(name="old", scopes=["read"], expires=timezone.now() + timedelta(days=1))
    key("revoke", "old")
    lines = key("list").splitlines()
    assert lines[0].startswith("old  read  all sources  revoked ")
    assert lines[1] == "site  read, write  harbor-times  60 a minute  valid  last used never"
    assert secret not in "\n".join(lines)


def test_a_revoked_key_opens_nothing_and_is_not_rotated() -> None:
    _, secret = api_key_create(name="site", scopes=["read"])
    assert api_key_authenticate(token=secret) is not None
    key("revoke", "site")
    assert api_key_authenticate(token=secret) is None
    with pytest.raises(CommandError, match="revoked for good"):
        key("rotate", "site")


def test_a_rotated_key_has_a_new_secret_and_all_else_it_had(source: Source) -> None:
    expires = timezone.now() + timedelta(days=9)
    columns: dict[str, Any] = {"rate": 60, "drop_unsupported": True, "trusted_feedback": True, "expires": expires}
    old, secret = api_key_create(name="site", scopes=["read"], sources=[source], **columns)
    assert api_key_authenticate(token=secret) is not None
    fresh = key("rotate", "site")
    assert api_key_authenticate(token=secret) is None
    new = api_key_authenticate(token=fresh)
    assert new is not None
    kept = ("name", "scopes", "rate", "drop_unsupported", "trusted_feedback", "user_id")
    assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]
    assert (new.expiry, list(new.sources.all())) == (expires, [source])
    assert ApiKey.objects.count() == 1


def test_a_name_that_no_key_has_is_said(db: None) -> None:
    for part in ("revoke", "rotate"):
        with pytest.raises(CommandError, match="There is no key nobody"):
            key(part, "nobody")
