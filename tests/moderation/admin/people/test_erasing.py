"""The admin's form that erases a commenter: the export first, its confirmation, the receipt."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client

from archive.models import Comment, Commenter
from moderation.admin.people import privacy
from moderation.models import Erasure, LookUp


@pytest.fixture
def page(commenter: Commenter) -> str:
    return f"/admin/archive/commenter/{commenter.pk}/"


def confirmation(client: Client, page: str) -> str:
    response = client.get(f"{page}export/")
    last = json.loads(b"".join(response.streaming_content).splitlines()[-1])  # type: ignore[attr-defined]
    return str(last["confirmation"])


def test_the_action_leads_to_the_form_and_the_form_erases(
    staff: Callable[..., Client], make_comment: Callable[..., Comment], commenter: Commenter, page: str
) -> None:
    make_comment("A word.")
    client = staff("administrator")
    chosen = {"action": "erase_selected", "_selected_action": commenter.pk}
    form = client.post("/admin/archive/commenter/", chosen, follow=True)
    assert form.redirect_chain == [(f"{page}erase/", 302)]
    assert "1 comment that is not erased" in form.content.decode()
    done = client.post(f"{page}erase/", {"confirmation": confirmation(client, page)}, follow=True)
    assert "The commenter is erased." in done.content.decode()
    assert (Comment.objects.get().text, Commenter.objects.get().name) == ("", "")
    assert LookUp.objects.filter(commenter=commenter).exists()
    erasure = Erasure.objects.get()
    assert client.get(f"/admin/moderation/erasure/{erasure.pk}/change/").status_code == 200


def test_a_form_without_the_confirmation_erases_nothing(
    staff: Callable[..., Client], make_comment: Callable[..., Comment], page: str
) -> None:
    make_comment("A word.")
    answer = staff("administrator").post(f"{page}erase/", {"confirmation": "made up"})
    assert "export it again" in answer.content.decode()
    assert Comment.objects.get().text == "A word."


def test_several_at_once_are_refused(staff: Callable[..., Client], commenter: Commenter) -> None:
    other = Commenter.objects.create(source=commenter.source, external_id="u2")
    chosen = {"action": "erase_selected", "_selected_action": [commenter.pk, other.pk]}
    answer = staff("administrator").post("/admin/archive/commenter/", chosen, follow=True)
    assert "one commenter at a time" in answer.content.decode()


def test_a_form_whose_time_is_over_says_to_send_it_again(
    staff: Callable[..., Client], make_comment: Callable[..., Comment], page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_comment("A word.")
    client = staff("administrator")
    said = {"confirmation": confirmation(client, page)}
    with monkeypatch.context() as patch:
        patch.setattr(privacy, "FORM_SECONDS", -1.0)
        assert "send the form again" in client.post(f"{page}erase/", said).content.decode()
    client.post(f"{page}erase/", said)
    assert not Comment.objects.filter(erased_at=None).exists()
