"""Taking back what a rule did at the desk: shown with counts, confirmed as it was shown, by those who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from archive.models import Source
from moderation.models import Decision, Reversion, Review, Rollout
from moderation.services.review.decisions import decision_record

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


def page(client: Client, name: str, version: int, **parameters: str) -> str:
    response = client.get(reverse(f"desk:{name}", args=[version]), parameters)
    assert response.status_code == 200
    return response.content.decode()


def confirm(client: Client, version: int, rule: str, **changed: str) -> Any:
    """Looks at the preview and presses its button; `changed` are fields that somebody tampered with."""
    address = reverse("desk:policy-reversion", args=[version]) + f"?rule={rule}"
    shown = client.get(address).context
    fields = {"last": str(shown["preview"].last_id), "preview": shown["signature"], "confirmed": "1"}
    return client.post(address, {**fields, **changed}, follow=True)


def states() -> list[str]:
    return list(Review.objects.order_by("pk").values_list("state", flat=True))


def test_taking_back_shows_how_many_comments_become_what_and_does_exactly_that(
    administrator: Client, active: int, arrive: Make
) -> None:
    reviews = arrive(*[0.95] * 4, 0.6, 0.1)
    ada = User.objects.create_superuser("ada")
    decision_record(comment_id=reviews[0].pk, action="approve", actor=ada)
    Review.objects.filter(pk=reviews[1].pk).update(state="closed")
    text = page(administrator, "policy-reversion", active, rule="r")
    assert "<b>2</b> comments become what they were before" in text
    assert ">rejected</span></td><td><span" in text.replace("\n", "")
    assert "1 comment stays as it is: a person has decided on it since." in text
    assert "1 comment stays as it is: it was edited or closed since." in text
    assert "Yes, undo it for 2 comments" in text
    assert states() == ["approved", "closed", "rejected", "rejected", "pending", "passed"]
    answer = confirm(administrator, active, "r")
    assert "Rule r: what it did to 2 comments is undone." in answer.content.decode()
    assert states() == ["approved", "closed", "pending", "pending", "pending", "passed"]
    assert "act through a person since:" in answer.content.decode()
    undone = Decision.objects.filter(kind="undo")
    assert {row.actor for row in undone} == {User.objects.get(username="administrator-0")}
    assert len(undone) == 2


def test_what_arrives_after_the_preview_is_left_for_the_next_look(
    administrator: Client, active: int, arrive: Make
) -> None:
    arrive(0.95)
    address = reverse("desk:policy-reversion", args=[active]) + "?rule=r"
    shown = administrator.get(address).context
    arrive(0.95)
    fields = {"last": str(shown["preview"].last_id), "preview": shown["signature"], "confirmed": "1"}
    administrator.post(address, fields)
    assert states() == ["pending", "rejected"]
    confirm(administrator, active, "r")
    assert states() == ["pending", "pending"]
    assert [review.state for review in arrive(0.95)] == ["pending"]


def test_a_preview_that_is_no_longer_true_is_refused_and_nothing_is_braked(
    administrator: Client, active: int, arrive: Make
) -> None:
    first, _second = arrive(0.95, 0.95)
    address = reverse("desk:policy-reversion", args=[active]) + "?rule=r"
    shown = administrator.get(address).context
    fields = {"last": str(shown["preview"].last_id), "preview": shown["signature"], "confirmed": "1"}
    decision_record(comment_id=first.pk, action="approve", actor=User.objects.create_superuser("ada"))
    answer = administrator.post(address, fields)
    assert answer.status_code == 409
    assert "is not what was shown any longer" in answer.content.decode()
    assert "<b>1</b> comment becomes" in answer.content.decode()
    assert (states(), Reversion.objects.count()) == (["approved", "rejected"], 0)
    assert Rollout.objects.get().braked_rules == []


@pytest.mark.parametrize("changed", [{"preview": "forged"}, {"last": "999999"}, {"last": "x"}, {"preview": ""}])
def test_a_confirmation_that_was_tampered_with_undoes_nothing(
    administrator: Client, active: int, arrive: Make, changed: dict[str, str]
) -> None:
    arrive(0.95)
    assert confirm(administrator, active, "r", **changed).status_code == 409
    assert states() == ["rejected"]


def test_a_signature_of_another_rule_or_person_undoes_nothing(
    administrator: Client, staff: Make, active: int, arrive: Make
) -> None:
    arrive(0.95)
    other = staff("administrator")
    address = reverse("desk:policy-reversion", args=[active])
    shown = other.get(f"{address}?rule=r").context
    fields = {"last": str(shown["preview"].last_id), "preview": shown["signature"], "confirmed": "1"}
    assert administrator.post(f"{address}?rule=r", fields).status_code == 409
    assert other.post(f"{address}?rule=q", fields).status_code == 409
    assert states() == ["rejected"]


def test_a_run_that_takes_too_long_is_previewed_and_confirmed_again(
    administrator: Client, active: int, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.desk.views.policies import reversion

    arrive(*[0.95] * 3)
    monkeypatch.setattr(reversion, "REVERT_SECONDS", 0.0)
    answer = confirm(administrator, active, "r")
    assert "The time for one act was over" in answer.content.decode()
    assert "Yes, undo it for 3 comments" in answer.content.decode()
    monkeypatch.undo()
    confirm(administrator, active, "r")
    assert states() == ["pending"] * 3
    assert Reversion.objects.get().reverted == 3


def test_more_than_a_page_waits_for_is_for_the_command(
    administrator: Client, active: int, arrive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.services.reversion import preview

    arrive(*[0.95] * 3)
    monkeypatch.setattr(preview, "MOST_PREVIEWED", 2)
    text = page(administrator, "policy-reversion", active, rule="r")
    assert f"manage.py policy revert {active} r" in text
    assert 'name="confirmed"' not in text
    assert states() == ["rejected"] * 3


def test_nobody_takes_back_without_the_permission_or_what_is_not_there(
    administrator: Client, staff: Make, source: Source, active: int, arrive: Make
) -> None:
    arrive(0.95)
    address = reverse("desk:policy-reversion", args=[active]) + "?rule=r"
    for client in (staff("viewer"), staff("moderator"), staff("administrator", source)):
        assert client.get(address).status_code == client.post(address, {"confirmed": "1"}).status_code == 403
        assert "Undo what it did" not in page(client, "policy-rollout", active)
    assert "Undo what it did" in page(administrator, "policy-rollout", active)
    assert administrator.get(address + "x").status_code == 404
    to = administrator.get(reverse("desk:policy-reversion", args=[active])).headers["location"]
    assert to == reverse("desk:policy-rollout", args=[active])
    assert states() == ["rejected"]
