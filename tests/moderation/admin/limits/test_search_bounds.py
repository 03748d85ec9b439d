"""A search in the admin takes as many words as make sense, in every list."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from moderation.admin.site import MAX_SEARCH_CHARACTERS, MAX_SEARCH_WORDS

LISTS = [model._meta for model, page in admin.site._registry.items() if page.search_fields]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("meta", LISTS, ids=str)
def test_too_many_words_are_refused_with_the_limit(admin_client: Client, meta: object) -> None:
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")  # type: ignore[attr-defined]
    for words, limit in (
        ("a " * 1_900, MAX_SEARCH_CHARACTERS),
        ("a " * (MAX_SEARCH_WORDS + 1), MAX_SEARCH_WORDS),
        ("a" * 3_000, MAX_SEARCH_CHARACTERS),
    ):
        response = admin_client.get(address, {"q": words}, follow=True)
        assert response.status_code == 200
        assert f"at most {limit} " in response.content.decode()
    assert "at most" not in admin_client.get(address, {"q": "a " * MAX_SEARCH_WORDS}).content.decode()
