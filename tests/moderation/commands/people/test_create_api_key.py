"""`manage.py create_api_key`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from moderation.models import ApiKey
from moderation.services.accounts.api_keys import api_key_authenticate

pytestmark = pytest.mark.django_db


def made(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_secret_stands_alone_on_standard_output_and_opens_the_key() -> None:
    out, err = made("site", "--scope", "read", "--scope", "write")
    assert out.count("\n") == 1
    key = api_key_authenticate(token=out.strip())
    assert key is not None
    assert key.scopes == ["read", "write"]
    assert out.strip() not in err


def test_a_date_is_taken_until_its_end() -> None:
    made("site", "--scope", "read", "--expires", "2099-01-31")
    expiry = ApiKey.objects.get().expiry
    assert expiry is not None
    assert (expiry.day, expiry.hour, expiry.minute) == (31, 23, 59)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--expires", "soon"], "--expires"),
        (["--expires", "2099-02-31"], "--expires"),
        (["--expires", "2001-01-01"], "future"),
        (["--source", "nowhere"], "no source nowhere"),
        (["--rate", "0"], "at least 1"),
    ],
)
def test_a_wrong_option_is_named_and_no_key_is_made(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        made("site", "--scope", "read", *arguments)
    assert not ApiKey.objects.exists()
