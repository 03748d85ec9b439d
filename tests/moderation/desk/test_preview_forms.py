"""No form can do more or other than its preview showed, whatever of it was changed before it was sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.models import Article
from moderation.desk.histogram import HEIGHT, LEAST, columns
from moderation.models import Decision, Review, State
from moderation.services.review import previews
from moderation.services.review.score_range import Bin

SELECTION = reverse("desk:selection")
HIDDEN = re.compile(r'<input type="hidden" name="(seen|preview)" value="([^"]*)">')
CHOSEN = re.compile(r'<select name="(act|reason|defer)">.*?</select>', re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)" selected>')


def form_of(answer: Any) -> dict[str, str]:
    """Returns the fields of a preview's form as a browser sends them with its last button."""
    page = answer.content.decode().split('class="desk-form"', 1)[1]
    fields = dict(HIDDEN.findall(page))
    for found in CHOSEN.finditer(page):
        option = OPTION.search(found[0])
        fields[found[1]] = option[1] if option else ""
    return {**fields, "note": "", "confirmed": "1"}


def preview(client: Client, address: str, **fields: Any) -> dict[str, str]:
    answer = client.post(address, fields)
    assert answer.status_code == 200
    return form_of(answer)


@pytest.fixture
def colleague(staff: Callable[..., Client]) -> Client:
    return staff("moderator")


ASKED = [
    {"act": "approve"},
    {"act": "reject", "reason": ""},
    {"act": "reject", "reason": "spam"},
    {"act": "defer", "defer": "hour"},
    {"act": "escalate"},
]
CHANGES: list[Any] = [
    st.fixed_dictionaries({"act": st.sampled_from(["approve", "reject", "reject:spam", "highlight", "none", ""])}),
    st.fixed_dictionaries({"reason": st.sampled_from(["", "spam", "insult", "none-such"])}),
    st.fixed_dictionaries({"defer": st.sampled_from(["hour", "month", "", "2999-01-01T00:00:00Z", "x"])}),
    st.fixed_dictionaries({"preview": st.sampled_from(["", "x", "another person", "another page", "too old"])}),
    st.fixed_dictionaries({"seen": st.sampled_from(["one more", "one less", "other version", "twice", "none"])}),
]


@pytest.mark.parametrize("of_subtree", [False, True], ids=["selection", "subtree"])
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.sampled_from(ASKED), changes=st.lists(st.one_of(CHANGES), max_size=2))
def test_a_form_does_what_its_preview_showed_or_nothing(
    moderator: Client,
    colleague: Client,
    make_pending: Callable[..., Review],
    version: Callable[[Review], str],
    of_subtree: bool,
    asked: dict[str, str],
    changes: list[dict[str, str]],
) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        root, apart = make_pending(), make_pending()
        rows = [root, make_pending(parent=root.comment), make_pending(parent=root.comment)]
        pages = [SELECTION, reverse("desk:subtree", args=[root.pk])]
        address, other_page = pages[of_subtree], pages[not of_subtree]
        seen = " ".join(version(row) for row in rows)
        honest, forged = preview(moderator, address, seen=seen, **asked), {}
        for change in changes:
            forged |= change
        if "seen" in forged:
            forged["seen"] = SEEN[forged["seen"]](seen, version(apart))
        signatures = {
            "another person": lambda: preview(colleague, address, seen=seen, **asked)["preview"],
            "another page": lambda: preview(moderator, other_page, seen=seen, **asked)["preview"],
            "too old": lambda: honest["preview"],
        }
        how = forged.get("preview", "")
        patch.setattr(previews, "PREVIEW_SECONDS", -1 if how == "too old" else 3_600)
        form = {**honest, **forged} | ({"preview": signatures[how]()} if how in signatures else {})
        answer = moderator.post(address, form)
        check_done(rows, asked, honest, answer, untouched=form == honest and how != "too old")
        transaction.set_rollback(True)


def check_done(
    rows: list[Review], asked: dict[str, str], honest: dict[str, str], answer: Any, *, untouched: bool
) -> None:
    """Checks that just what was previewed is done, or nothing at all; an untouched form does it."""
    done = list(Decision.objects.order_by("comment_id"))
    assert bool(done) or not untouched
    if done:
        assert [row.comment_id for row in done] == [row.pk for row in rows]
        assert {(row.action, row.reason) for row in done} == {(asked["act"], asked.get("reason", ""))}
        assert {row.until.isoformat() if row.until else None for row in done} == {honest.get("defer")}
    else:
        assert answer.status_code in {302, 409}
        assert set(Review.objects.values_list("state", "state_version")) == {(State.PENDING, 1)}


SEEN: dict[str, Callable[[str, str], str]] = {
    "one more": lambda seen, apart: f"{seen} {apart}",
    "one less": lambda seen, _apart: seen.rpartition(" ")[0],
    "other version": lambda seen, _apart: seen.replace(".1.1", ".1.2", 1),
    "twice": lambda seen, _apart: f"{seen} {seen.partition(' ')[0].replace('.1.1', '.2.1')}",
    "none": lambda _seen, _apart: "",
}


def test_what_the_button_says_is_done_and_not_what_the_list_says_now(
    moderator: Client, make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    shown = [version(make_pending()) for _ in range(3)]
    form = preview(moderator, SELECTION, seen=shown, act="approve")
    answer = moderator.post(SELECTION, {**form, "act": "reject"})
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.content.decode()
    assert not Decision.objects.exists()
    again = form_of(answer)
    assert again["act"] == "reject"
    assert moderator.post(SELECTION, again).status_code == 302
    assert set(Review.objects.values_list("state", flat=True)) == {State.REJECTED}


def test_a_preview_says_what_changed_since_the_list_was_made_and_the_end_of_a_deferral(
    moderator: Client, make_pending: Callable[..., Review], version: Callable[[Review], str]
) -> None:
    row, other = make_pending(), make_pending()
    shown = [version(row), version(other)]
    Review.objects.filter(pk=other.pk).update(state_version=9)
    answer = moderator.post(SELECTION, {"seen": shown, "act": "defer", "defer": "3-days"})
    assert (answer.context["changes"], answer.context["preview"].refused) == (1, {"changed": [other.pk]})
    moderator.post(SELECTION, form_of(answer))
    until = Review.objects.get(pk=row.pk).deferred_until
    assert until == answer.context["terms"].until
    assert timedelta(days=2) < until - timezone.now() < timedelta(days=3)


def test_more_than_one_action_takes_is_said_and_shown_to_nobody(moderator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("moderation.desk.views.bulk.MAX_COMMENTS", 1)
    answer = moderator.post(SELECTION, {"seen": "1.1.1 2.1.1", "act": "approve"}, follow=True)
    assert "At most 1 comments" in answer.content.decode()


def test_a_required_reason_is_chosen_before_the_preview_is_confirmed(
    moderator: Client, make_pending: Callable[..., Review], version: Callable[[Review], str], settings: Any
) -> None:
    settings.MODERATION_REASON_REQUIRED = True
    answer = moderator.post(SELECTION, {"seen": version(make_pending()), "act": "reject"})
    assert answer.context["lacks_reason"]
    assert "choose it above" in answer.content.decode()
    form = {**form_of(answer), "note": "Kept."}
    refused = moderator.post(SELECTION, form)
    assert refused.status_code == 400
    assert "Kept." in refused.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "change", [{"act": "approve"}, {"reason": "insult"}, {"token": ""}, {"act": "highlight"}, {"act": ""}]
)
def test_a_range_is_decided_as_its_preview_said_or_not_at_all(
    moderator: Client, make_pending: Callable[..., Review], change: dict[str, str]
) -> None:
    make_pending(toxicity=0.92)
    within = reverse("desk:batch") + "?attribute=toxicity&lower=0.9&upper=0.95"
    page = moderator.get(within + "&act=reject&reason=spam")
    assert "Reject 1 comment" in page.content.decode()
    form = {"token": page.context["preview"].token, "act": "reject", "reason": "spam"}
    assert moderator.post(within, {**form, **change}).status_code == 409
    assert not Decision.objects.exists()
    assert moderator.post(within, form).status_code == 302
    assert Decision.objects.get().reason == "spam"


def test_a_range_can_be_narrowed_by_source_section_and_article_and_decides_no_more(
    moderator: Client, make_pending: Callable[..., Review], source: Any
) -> None:
    here, there = Article.objects.create(source=source, external_id="a2", section="Sport"), make_pending()
    inside = make_pending(article=here)
    page = reverse("desk:batch") + "?attribute=toxicity&lower=0.9&upper=0.9"
    for narrowed in ("&section=Sport", f"&article={here.pk}", f"&source={source.slug}&section=Sport"):
        asked = moderator.get(page + narrowed + "&act=approve")
        assert (asked.context["total"], asked.context["preview"].count) == (1, 1)
    assert moderator.get(page + "&source=nowhere").status_code == 400
    form = {"token": asked.context["preview"].token, "act": "approve"}
    assert moderator.post(page + "&act=approve", form).status_code == 409, "a preview is of its own place"
    assert moderator.post(page + narrowed, form).status_code == 302
    assert set(Review.objects.values_list("pk", "state")) == {(inside.pk, "approved"), (there.pk, "pending")}


def test_the_columns_are_as_high_as_their_counts_and_those_of_few_are_seen() -> None:
    bins = [Bin(0.0, 0.5, 10_000), Bin(0.5, 0.9, 2_500), Bin(0.9, 0.95, 1), Bin(0.95, 1.0, 0)]
    assert [one.height for one in columns(bins, lower=None, upper=None)] == [HEIGHT, HEIGHT / 4, LEAST, 0.0]


def test_a_range_alone_offers_nothing_to_confirm(moderator: Client, make_pending: Callable[..., Review]) -> None:
    make_pending(toxicity=0.92)
    for act in ("", "highlight", "none"):
        page = moderator.get(reverse("desk:batch"), {"lower": "0.9", "upper": "0.95", "act": act})
        assert page.context["preview"].token == ""
        assert 'name="token"' not in page.content.decode()


def test_a_required_reason_of_a_range_is_chosen_first(
    moderator: Client, make_pending: Callable[..., Review], settings: Any
) -> None:
    settings.MODERATION_REASON_REQUIRED = True
    make_pending(toxicity=0.92)
    page = moderator.get(reverse("desk:batch"), {"lower": "0.9", "upper": "0.95", "act": "reject"})
    assert page.context["lacks_reason"]
