"""docs/how-to/nginx.conf says the same limits as the server behind it."""

from __future__ import annotations

import re
import runpy

from django.conf import settings

from config.middleware.body_limit import MAX_ANONYMOUS_BYTES

FILE = (settings.BASE_DIR / "docs" / "how-to" / "nginx.conf").read_text()
UNITS = {"k": 1024, "m": 1024 * 1024, "s": 1}


def said(name: str) -> list[int]:
    """Every value of a directive."""
    return [int(number) * UNITS[unit] for number, unit in re.findall(rf"^\s*{name} (\d+)([kms]);", FILE, re.MULTILINE)]


def test_bodies_have_the_limits_that_django_has() -> None:
    assert said("client_max_body_size") == [settings.MODERATION_MAX_BODY_BYTES, MAX_ANONYMOUS_BYTES]


def test_nginx_lets_go_of_connections_first_and_waits_as_long_as_gunicorn_does() -> None:
    served = runpy.run_path(str(settings.BASE_DIR / "config" / "gunicorn.py"))
    assert said("keepalive_timeout")[0] < served["keepalive"]
    assert said("proxy_read_timeout") == [served["timeout"]]
