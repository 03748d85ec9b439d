"""One action on all that match a queue's filters, on the desk's pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from moderation.models import BulkAct, Decision, Review, State


def text_of(answer):
    return answer.content.decode()


def confirmed(preview, **asked):
    return {"preview": preview.context["preview"].signature, **asked}


@pytest.fixture
def rows(make_pending):
    """Five pending comments, two of them in Turkish."""
    return [make_pending(f"Remark {number}.", language="tr" if number < 2 else "en") for number in range(5)]


def test_all_that_match_are_previewed_decided_and_taken_back(moderator, desk, rows):
    address = desk("matching", "pending") + "?language=tr"
    plain = moderator.get(address)
    assert "<b>2</b> comments match" in text_of(plain)
    assert "Yes," not in text_of(plain)
    preview = moderator.get(address + "&act=reject&reason=spam")
    assert "Yes, reject 2 comments" in text_of(preview)
    answer = moderator.post(address, confirmed(preview, act="reject", reason="spam", note="Ads."), follow=True)
    act = BulkAct.objects.get()
    assert answer.redirect_chain[0][0] == desk("bulk-act", act.batch)
    assert "<b>2</b> of 2 comments are changed" in text_of(answer)
    assert {row.comment_id for row in Decision.objects.all()} == {rows[0].pk, rows[1].pk}
    undone = moderator.post(desk("undo"), follow=True)
    assert "<b>2</b> of 2 comments are changed" in text_of(undone)
    assert set(Review.objects.values_list("state", flat=True)) == {State.PENDING}


def test_what_is_confirmed_is_what_was_previewed(moderator, desk, rows):
    address = desk("matching", "pending")
    preview = moderator.get(address + "?act=approve&language=tr")
    for other, asked in (
        (address + "?language=tr", {"act": "reject", "reason": "spam"}),
        (address, {"act": "approve"}),
        (desk("matching", "all") + "?language=tr", {"act": "approve"}),
    ):
        answer = moderator.post(other, confirmed(preview, **asked))
        assert answer.status_code == 409
        assert "not what was previewed" in text_of(answer)
    assert not BulkAct.objects.exists()
    assert len(rows) == Review.objects.filter(state=State.PENDING).count()


def test_a_long_act_shows_how_far_it_is_and_goes_on_while_its_page_is_open(moderator, desk, rows, monkeypatch):
    monkeypatch.setattr("moderation.desk.views.matching.STEP_SECONDS", 0)
    for module in ("bulk_acts.acts", "review.chunks"):
        monkeypatch.setattr(f"moderation.services.{module}.CHUNK", 2)
    address = desk("matching", "pending")
    preview = moderator.get(address + "?act=escalate")
    page = moderator.post(address, confirmed(preview, act="escalate"), follow=True)
    assert '<progress max="5" value="2"' in text_of(page)
    assert "3 comments are left" in text_of(page)
    act = desk("bulk-act", BulkAct.objects.get().batch)
    assert '<progress max="5" value="4"' in text_of(moderator.post(act))
    assert "Done." in text_of(moderator.post(act))
    assert "Done." in text_of(moderator.post(act))
    assert Decision.objects.count() == len(rows)


def test_a_queue_without_filters_names_the_limit_if_it_holds_too_many(moderator, desk, rows, monkeypatch):
    monkeypatch.setattr("moderation.services.bulk_acts.matching.MAX_COMMENTS", len(rows) - 1)
    answer = moderator.get(desk("matching", "pending") + "?act=approve")
    assert answer.status_code == 400
    assert "At most 4 comments" in text_of(answer)
    assert "Yes," not in text_of(answer)


def test_another_persons_act_and_a_wrong_queue_are_not_there(moderator, staff, desk, rows):
    address = desk("matching", "pending")
    moderator.post(address, confirmed(moderator.get(address + "?act=approve"), act="approve"))
    act = desk("bulk-act", BulkAct.objects.get().batch)
    assert staff("senior").get(act).status_code == 404
    assert moderator.get(desk("matching", "unscored")).status_code == 404
    assert len(rows) == Decision.objects.count()


def test_the_pages_ask_few_queries_however_many_match(moderator, desk, rows, make_pending):
    address = desk("matching", "pending") + "?act=approve"
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            moderator.get(address)
        counts.append(len(captured))
        for number in range(20):
            make_pending(f"More {number}.")
    assert counts[0] == counts[1] < 15
    assert len(rows) == 5
