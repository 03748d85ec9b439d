"""What an address may ask of a list: every model × every relation to a depth of three × every lookup.

OFFERED is written by hand, so that a list that begins to take more fails here, other packages' lists too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from archive.admin.base import ListedLookups
from moderation.models import Decision

DEPTH = 3
LISTS = sorted(site._registry.items(), key=lambda one: one[0]._meta.label)
ATTEMPTS = {
    *(f"attempt_time__{way}" for way in ("gte", "lt", "isnull", "year", "month", "day")),
    "path_info",
    "path_info__isnull",
}
OFFERED: dict[str, set[str]] = {
    "archive.Article": {"source", "section", "language"},
    "archive.Comment": {
        *("flagged", "state", "held", "source", "section", "language", "score_of", "score_from", "score_to"),
        *("origin_state__exact", "origin_state__isnull", "article__id__exact", "commenter__id__exact"),
    },
    "archive.Commenter": {"source"},
    "archive.Source": set(),
    "auth.Group": set(),
    "auth.User": {
        *(f"{column}__{way}" for column in ("is_staff", "is_superuser", "is_active") for way in ("exact", "isnull")),
        *("groups__id__exact", "groups__isnull"),
    },
    "axes.AccessAttempt": ATTEMPTS | {"locked_out"},
    "axes.AccessFailureLog": ATTEMPTS | {"locked_out__exact", "locked_out__isnull"},
    "axes.AccessLog": ATTEMPTS | {f"logout_time__{way}" for way in ("gte", "lt", "isnull")},
    "moderation.ApiKey": set(),
    "moderation.AuditEntry": {
        *(f"at__{way}" for way in ("gte", "lt", "isnull")),
        *("kind__exact", "kind__isnull", "action", "action__isnull"),
    },
    "moderation.Claim": {"set_aside"},
    "moderation.Decision": {
        *(f"{column}__{way}" for column in ("kind", "action", "ground") for way in ("exact", "isnull")),
        *("comment__id__exact", "commenter__id__exact", "batch__exact"),
    },
    "moderation.Delivery": {"target__id__exact", "target__isnull"},
    "moderation.Erasure": {"kind__exact", "kind__isnull"},
    "moderation.Feedback": {"trusted__exact", "trusted__isnull"},
    "moderation.LookUp": {"commenter__id__exact"},
    "moderation.ModelVersion": set(),
    "moderation.Mute": {"commenter__id__exact"},
    "moderation.PolicyVersion": set(),
    "moderation.ReaderFlag": {"comment__id__exact"},
    "moderation.Reason": set(),
    "moderation.Review": {
        *("flagged", "state__exact", "state__isnull", "held", "decided_by__exact", "decided_by__isnull", "source"),
    },
    "moderation.Score": {"model__id__exact", "model__isnull", "comment__id__exact"},
    "moderation.Standing": set(),
    "moderation.WebhookTarget": set(),
    "moderation.WordList": set(),
    "moderation.WordListEntry": {"list__id__exact", "list__isnull"},
    "moderation.WordListVersion": set(),
}


@cache
def paths(model: type[Model], depth: int) -> list[tuple[str, set[str]]]:
    """Returns the path of each column and relation that leads from `model`, with the lookups that the column has."""
    return list(walked(model, depth))


def walked(model: type[Model], depth: int) -> Iterator[tuple[str, set[str]]]:
    for field in model._meta.get_fields():
        lookups = set(getattr(field, "get_lookups", dict)())
        for name in {field.name, getattr(field, "attname", field.name)}:
            yield name, lookups
            related = field.related_model
            if depth and isinstance(related, type):
                yield from ((f"{name}__{path}", of_path) for path, of_path in paths(related, depth - 1))


def every_lookup(model: type[Model]) -> Iterator[str]:
    """Yields each query parameter that Django would understand as a lookup from `model`."""
    for path, lookups in [*paths(model, DEPTH), ("pk", {"exact", "in", "startswith"})]:
        yield path
        for lookup in lookups | {"isnull", "regex"}:
            yield f"{path}__{lookup}"


@pytest.mark.parametrize(("model", "page"), LISTS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_list_takes_what_it_offers_and_refuses_every_other_lookup(model: type[Model], page: Any) -> None:
    offered, asked = OFFERED[model._meta.label], 0
    for lookup in every_lookup(model):
        asked += 1
        taken = page.lookup_allowed(lookup, "1", None)
        assert taken == (lookup in offered), lookup
    assert asked > 10
    assert all(page.lookup_allowed(lookup, "1", None) for lookup in offered)


def test_every_list_is_bound_also_those_of_other_packages() -> None:
    assert {model._meta.label for model, _page in LISTS} == set(OFFERED)
    assert all(isinstance(page, ListedLookups) for _model, page in LISTS)


@pytest.fixture
def root(db: None) -> Client:
    """A superuser: whom no permission stops."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_what_a_list_does_not_offer_is_a_400(root: Client) -> None:
    for model, _page in LISTS:
        there = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for lookup in ("pk__startswith", "user_id__password__regex", "_nothing", "pk__in"):
            assert root.get(there, {lookup: "1"}).status_code == 400, (model, lookup)
        for lookup in OFFERED[model._meta.label]:
            assert root.get(there, {lookup: "1"}).status_code in {200, 302}, (model, lookup)


def test_a_password_is_not_read_letter_by_letter(root: Client, make_comment: Any) -> None:
    columns = {"kind": "person", "action": "approve", "from_state": "pending", "to_state": "approved", "revision": 1}
    Decision.objects.create(comment=make_comment(), actor=User.objects.get(username="root"), **columns)
    there = reverse("admin:moderation_decision_changelist")
    for lookup in ("actor_id__password__regex", "actor__password__startswith", "actor_id__password__contains"):
        assert root.get(there, {lookup: "^p"}).status_code == 400, lookup
    assert root.get(reverse("admin:auth_user_changelist"), {"password__startswith": "p"}).status_code == 400


@pytest.mark.parametrize("key", ["0" * 3 + "1" * 30, "-1", "²", "٣", "1 OR 1", "", "\0", "1e3"])
def test_a_key_that_no_database_holds_is_a_400(root: Client, make_comment: Any, key: str) -> None:
    make_comment()
    there = reverse("admin:archive_comment_changelist")
    assert root.get(there, {"article__id__exact": key}).status_code == 400


@pytest.mark.parametrize("parameter", ["_to_field", "_popup"])
def test_a_popup_names_rows_by_their_number_only(root: Client, parameter: str) -> None:
    row = User.objects.get(username="root")
    there, page = reverse("admin:auth_user_changelist"), reverse("admin:auth_user_change", args=[row.pk])
    for field in ("password", "username", "last_login", "groups", "nothing"):
        refused = root.get(there, {parameter: "1", "_to_field": field})
        assert refused.status_code == 400, field
        assert root.get(page, {"_to_field": field}).status_code == 400, field
    assert root.get(there, {"_popup": "1", "_to_field": "id"}).status_code == 200


def test_a_column_that_no_index_sorts_sorts_no_list(root: Client, make_comment: Any) -> None:
    for text in ("b", "a"):
        make_comment(text)
    there, own = reverse("admin:archive_comment_changelist"), ("-created_at", "-id")
    for order in ("3", "4", "-5", "99", "-x", "²", "1" * 30):
        assert root.get(there, {"o": order}).context["cl"].queryset.query.order_by == own, order
    assert root.get(there, {"o": "1.4"}).context["cl"].queryset.query.order_by[0] == "pk"


def test_who_may_not_see_a_table_completes_no_words_of_it(staff: Any, root: Client) -> None:
    there = reverse("admin:autocomplete")
    ask = {"app_label": "moderation", "model_name": "decision", "field_name": "actor", "term": "a"}
    assert staff("viewer").get(there, ask).status_code == 403
    assert staff("senior").get(there, ask).status_code == 403
    assert root.get(there, ask).status_code == 200
    for odd in ({}, {**ask, "field_name": "id"}, {**ask, "field_name": "nothing"}, {**ask, "app_label": "none"}):
        assert root.get(there, odd).status_code in {403, 404}, odd
