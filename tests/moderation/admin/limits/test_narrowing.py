"""Lists of what people and readers did: found by number or name, narrowed by source, age and person, in Turkish too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from archive.models import Article, Comment, Commenter, Source
from moderation.admin.words import NAMES
from moderation.models import Delivery, Feedback, LookUp, Mute, ReaderFlag, Review
from moderation.services.review.decisions import decision_record
from moderation.services.review.mutes import commenter_mute
from moderation.services.webhooks.targets import webhook_target_create

pytestmark = pytest.mark.django_db
LISTS = ("decision", "lookup", "mute", "readerflag", "feedback", "delivery", "review")


@pytest.fixture
def rows(make_comment: Callable[..., Comment], make_review: Callable[..., Review]) -> dict[str, Any]:
    """Fills each list with a row of now by ada about the first source, and one of a year ago by grace elsewhere."""
    first = make_comment()
    there = Source.objects.create(slug="there", name="There")
    article = Article.objects.create(source=there, external_id="a9", title="Elsewhere")
    reader = Commenter.objects.create(source=there, external_id="x9", name="Nine")
    other = make_comment(source=there, article=article, commenter=reader)
    target = webhook_target_create(url="https://example.org/x", sources=[])[0]
    for comment, name in ((first, "ada"), (other, "grace")):
        person = User.objects.create_user(name, is_staff=True)
        make_review(comment)
        commenter_mute(commenter_id=comment.commenter_id or 0, actor=person, reason="spam")
        LookUp.objects.create(commenter=comment.commenter, actor=person)
        decision_record(comment_id=comment.pk, action="escalate", actor=person)
        Review.objects.filter(pk=comment.pk).update(holder=person, holder_until=timezone.now())
        ReaderFlag.objects.create(comment=comment, reporter=f"reporter of {name}", reason="rude")
        Feedback.objects.create(comment=comment, text="x", scores={}, api_key=f"key of {name}")
    past = timezone.now() - timedelta(days=365)
    grace = User.objects.get(username="grace")
    LookUp.objects.filter(actor=grace).update(at=past)
    Mute.objects.filter(commenter=reader).update(since=past)
    ReaderFlag.objects.filter(comment=other).update(at=past)
    Feedback.objects.filter(comment=other).update(at=past)
    Delivery.objects.filter(target=target, decision__actor=grace).update(delivered_at=past)
    return {"first": first, "other": other, "grace": grace}


def found(client: Client, name: str, **query: Any) -> int:
    answer = client.get(reverse(f"admin:moderation_{name}_changelist"), query)
    assert answer.status_code == 200, (name, query)
    return int(answer.context["cl"].result_count)


@pytest.mark.parametrize(
    ("name", "query", "count"),
    [
        ("lookup", {"source": "there"}, 1),
        ("lookup", {"age": "day"}, 1),
        ("lookup", {"q": "Nine"}, 1),
        ("lookup", {"q": "ada"}, 1),
        ("mute", {"source": "there"}, 1),
        ("mute", {"age": "week"}, 1),
        ("mute", {"q": "grace"}, 1),
        ("readerflag", {"source": "there"}, 1),
        ("readerflag", {"age": "month"}, 1),
        ("readerflag", {"q": "reporter of ada"}, 1),
        ("feedback", {"source": "there"}, 1),
        ("feedback", {"age": "hour"}, 1),
        ("feedback", {"q": "key of grace"}, 1),
        ("decision", {"source": "there"}, 2),
        ("decision", {"age": "hour"}, 4),
        ("delivery", {"state": "delivered", "age": "hour"}, 2),
        ("delivery", {"state": "waiting"}, 2),
        ("review", {"source": "there"}, 1),
        ("mute", {"q": "nobody"}, 0),
        ("readerflag", {"q": "\u0663"}, 0),
        ("feedback", {"q": "9" * 40}, 0),
    ],
)
def test_a_list_is_narrowed_and_searched(
    rows: dict[str, Any], admin_client: Client, name: str, query: dict[str, str], count: int
) -> None:
    assert found(admin_client, name, **query) == count


def test_a_person_narrows_each_list_that_says_who_and_a_comments_number_is_found(
    rows: dict[str, Any], admin_client: Client
) -> None:
    grace, first = rows["grace"].pk, rows["first"].pk
    counts = {name: found(admin_client, name, person=grace) for name in ("decision", "lookup", "mute", "review")}
    assert counts == {"decision": 2, "lookup": 1, "mute": 1, "review": 1}
    assert {name: found(admin_client, name, q=f"#{first}") for name in ("readerflag", "feedback", "review")} == {
        "readerflag": 1,
        "feedback": 1,
        "review": 1,
    }
    assert found(admin_client, "mute", person="x") == 2, "what is no choice narrows nothing"


def test_every_column_has_a_turkish_name() -> None:
    same = {"model", "risk", "sha256"}
    with translation.override("tr"):
        assert {str(name) for name in NAMES} & {"action", "flagged", "reader flags", "origin state"} == set()
        turkish = [str(name) for name in NAMES]
    with translation.override("en"):
        assert {str(one) for one, other in zip(NAMES, turkish, strict=True) if str(one) == other} == same


@pytest.mark.parametrize("name", LISTS)
def test_a_list_and_a_page_of_it_are_turkish(rows: dict[str, Any], admin_client: Client, name: str) -> None:
    turkish = {"HTTP_ACCEPT_LANGUAGE": "tr"}
    address = reverse(f"admin:moderation_{name}_changelist")
    answer = admin_client.get(address, **turkish)
    row = answer.context["cl"].result_list[0]
    pages = [answer, admin_client.get(reverse(f"admin:moderation_{name}_change", args=[row.pk]), **turkish)]
    for page in pages:
        for english in (">Search", "By age", ">At<", ">Commenter<", ">Comment<", ">Reason<", ">State<", "Api key"):
            assert english not in page.content.decode(), english


def test_the_admins_pages_of_a_comment_and_a_commenter_are_turkish_and_lead_to_the_desk_and_back(
    rows: dict[str, Any], admin_client: Client
) -> None:
    first = rows["first"]
    pages = {"comment": first.pk, "commenter": first.commenter_id}
    for name, pk in pages.items():
        there, here = reverse(f"desk:{name}", args=[pk]), reverse(f"admin:archive_{name}_change", args=[pk])
        page = admin_client.get(here, headers={"Accept-Language": "tr"}).content.decode()
        assert f'href="{there}"' in page
        assert "İnceleme masasında" in page
        for english in ("Thread around", ">Decisions", "Nobody has", "Origin state", ">escalated<"):
            assert english not in page, english
        assert f'href="{here}"' in admin_client.get(there).content.decode()
