"""`metrics/`: counts for Prometheus, for those who may read."""

from collections.abc import Callable

from rest_framework.test import APIClient


def test_requests_are_counted_and_nothing_of_them_is_shown(client_with: Callable[..., APIClient]) -> None:
    client = client_with("read")
    client.get("/api/v1/comments/?q=canary-5d1e")
    response = client.get("/api/v1/metrics/")
    shown = response.content.decode()
    assert response["Content-Type"].startswith("text/plain")
    assert "django_http_requests_total_by_method_total" in shown
    assert "moderato_scoring_refused_total" in shown
    assert "canary-5d1e" not in shown
