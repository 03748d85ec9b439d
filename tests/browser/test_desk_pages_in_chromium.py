"""The desk's new pages: no accessibility fault in both themes and both languages, none wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from archive.models import Comment
from moderation.models import Appeal, Decision, ReaderFlag, Review, Score
from moderation.services.accounts.desk_settings import DeskSettings, desk_settings_save, severe_seen
from moderation.services.appeals.intake import appeal_make
from moderation.services.appeals.ruling import appeal_decide
from moderation.services.review.decisions import decision_record
from moderation.services.statistics.snapshot import day_snapshot
from moderation.services.team.hand_overs import hand_over_begin
from moderation.services.team.notes import note_write
from tests.browser.keyboard import TOO_WIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark", "locale": "tr-TR"},
    "phone": {"width": 390, "device_scale_factor": 2},
}


def fill(comments: list[Comment], me: User) -> None:
    """A day of a team: decisions with notes, reports, a hand-over, notes on a person, and its numbers."""
    ada = User.objects.create_superuser("ada")
    for number in range(3):
        reporter = f"reader {number}"
        ReaderFlag.objects.create(comment=comments[0], reporter=reporter, reason="spam" if number else "rude")
    Review.objects.filter(pk=comments[0].pk).update(reader_flags=3)
    decision_record(comment_id=comments[1].pk, action="reject", actor=ada, reason="spam", note="Sold before.")
    decision_record(comment_id=comments[2].pk, action="escalate", actor=ada, note="Satire or not?")
    later = timezone.now() + timedelta(days=2)
    decision_record(comment_id=comments[3].pk, action="defer", actor=ada, until=later)
    hand_over_begin(comment_id=comments[4].pk, actor=ada, to=me, note="You know the harbour.")
    for number in (1, 5):
        row = Decision.objects.filter(comment=comments[number], action="reject").first() or decision_record(
            comment_id=comments[number].pk, action="reject", actor=ada, reason="insult"
        )
        appeal_make(decision_id=row.pk, text="I quoted the minister, as anybody can read. " * 4, appellant="reader-77")
    ruled = Appeal.objects.earliest("pk")
    appeal_decide(appeal_id=ruled.pk, actor=me, outcome="upheld", answer="It sells things.")
    note_write(about=comments[0].commenter, author=ada, text="Writes at night.\nCalm by day.")
    now = timezone.now()
    for back in range(9):
        Comment.objects.filter(pk=comments[back].pk).update(created_at=now - timedelta(days=back % 4))
        day_snapshot(day=timezone.localdate() - timedelta(days=back))


@pytest.mark.parametrize("look", list(LOOKS))
def test_the_new_pages_are_read_by_everybody(visit: Any, newsroom: Callable[..., list[Comment]], look: str) -> None:
    comments = newsroom(10)
    window = visit("senior", **LOOKS[look])
    if look == "light":
        window.page.set_viewport_size({"width": 1366, "height": 800})
    fill(comments, User.objects.get(username="senior"))
    numbers = reverse("desk:numbers")
    pages = {
        "search": reverse("desk:queue", args=["all"]) + "?q=stupid",
        "rejected": reverse("desk:queue", args=["rejected"]),
        "escalated": reverse("desk:queue", args=["escalated"]),
        "deferred": reverse("desk:queue", args=["deferred"]),
        "reported": reverse("desk:queue", args=["reported"]),
        "handed": reverse("desk:queue", args=["handed"]),
        "handed-comment": reverse("desk:comment", args=[comments[4].pk]) + "?queue=handed",
        "commenter": reverse("desk:commenter", args=[comments[0].commenter_id]),
        "settings": reverse("desk:settings"),
        "appeals": reverse("desk:appeals"),
        "appeals-closed": reverse("desk:appeals") + "?show=closed",
        "appeal": reverse("desk:appeal", args=[Appeal.objects.open().get().pk]),
        "appeal-closed": reverse("desk:appeal", args=[Appeal.objects.closed().get().pk]),
        "numbers": numbers,
        "numbers-decisions": f"{numbers}?name=decisions&by=moderator",
    }
    Review.objects.filter(pk=comments[6].pk).update(threat=0.9)
    Score.objects.filter(comment=comments[6]).update(threat=0.9)
    own = DeskSettings(pause_after=1, grey_severe=True)
    desk_settings_save(user=User.objects.get(username="senior"), settings=own)
    severe_seen(user=User.objects.get(username="senior"), comment_id=1, stored=asdict(own))
    # First, because a calm comment would end the row of severe ones.
    pages = {"pause": reverse("desk:comment", args=[comments[6].pk]), **pages}
    faults, wide = {}, {}
    for name, path in pages.items():
        window.desk(path)
        window.page.wait_for_load_state("networkidle")
        window.shot(f"new-{name}-{look}")
        faults[name] = window.axe()
        wide[name] = window.page.evaluate(TOO_WIDE)
        if name == "pause":
            assert window.page.locator("form[action*='/pause/']").count() == 1
            window.page.locator("form[action*='/pause/'] button").click()
            window.page.locator("section.desk-grey").wait_for()
            faults["grey"] = window.axe()
            window.shot(f"new-grey-{look}")
    assert {name: found for name, found in faults.items() if found} == {}
    assert {name: found for name, found in wide.items() if found} == {}
    assert window.complaints == []
