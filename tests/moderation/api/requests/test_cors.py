"""Pages of other origins: they may call the REST API if their origin is allowed, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys

from django.conf import settings
from rest_framework.test import APIClient

from moderation.api.views.root import endpoints

SCRIPT = """
import django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
for path in ("/api/v1/comments/", "/admin/login/", "/healthz"):
    for origin in ("https://news.example", "https://evil.example"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            found = client.generic(method, path, headers=asked)
            print(path, origin, found.get("Access-Control-Allow-Origin"), found.get("Access-Control-Allow-Headers"))
"""


def test_nothing_is_allowed_unless_a_setting_says_so(anonymous: APIClient) -> None:
    asked = {"Origin": "https://news.example", "Access-Control-Request-Method": "GET"}
    response = anonymous.options("/api/v1/comments/", headers=asked)
    assert [name for name in response.headers if name.startswith("Access-Control")] == []


def test_an_allowed_origin_may_call_the_rest_api_and_nothing_else() -> None:
    variables = {"CORS_ALLOWED_ORIGINS": "https://news.example", "DATABASE_URL": "sqlite://:memory:"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env={**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "config.settings", "ALLOWED_HOSTS": "testserver"},
        capture_output=True,
        text=True,
        check=True,
    )
    allowed = [line for line in run.stdout.splitlines() if "None" not in line.split()[2]]
    assert [line.split()[:3] for line in allowed] == [
        ["/api/v1/comments/", "https://news.example", "https://news.example"]
    ] * 2
    assert "authorization" in allowed[0]


def test_an_allowed_origin_may_use_every_method_of_the_rest_api() -> None:
    used = {method for endpoint in endpoints("/api/v1/") for method in endpoint["methods"]}
    assert "PUT" in used
    assert used <= set(settings.CORS_ALLOW_METHODS)
