"""Acts on many comments: a selection, a comment with its replies, a range of scores; each previewed, each undone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Source
from moderation.models import Decision, LookUp, Mute, Review, State
from moderation.services.review import score_range


def text_of(answer):
    return answer.content.decode()


def confirmed(preview, asked):
    """Returns what a preview's last button sends."""
    signed = {"seen": preview.context["tokens"], "preview": preview.context["signature"]}
    return {**asked, **signed, "confirmed": "1"}


@pytest.fixture
def states():
    """Returns the state of each review."""
    return lambda: dict(Review.objects.values_list("pk", "state"))


def test_a_selection_is_previewed_then_done_then_undone(moderator, desk, make_pending, version, states):
    rows = [make_pending() for _ in range(3)]
    done = make_pending(state=State.REJECTED)
    chosen = [version(row) for row in (*rows[:2], done)]
    asked = {"seen": chosen, "act": "reject", "reason": "spam"}
    preview = moderator.post(desk("selection") + "?queue=pending", asked)
    assert preview.context["changes"] == 2
    assert f"#{done.pk}" in text_of(preview)
    assert not Decision.objects.exists()
    answer = moderator.post(desk("selection") + "?queue=pending", confirmed(preview, asked), follow=True)
    assert answer.redirect_chain[0][0] == desk("queue", "pending")
    assert "2 comments: rejected" in text_of(answer)
    assert f"#{done.pk}" in text_of(answer)
    assert {(row.reason, row.batch) for row in Decision.objects.all()} == {("spam", Decision.objects.first().batch)}
    moderator.post(desk("undo"))
    assert states()[rows[0].pk] == states()[rows[1].pk] == states()[rows[2].pk] == State.PENDING


def test_a_preview_shows_the_first_comments_and_what_becomes_of_each(
    moderator, desk, make_pending, version, monkeypatch
):
    monkeypatch.setattr("moderation.desk.views.bulk.SHOWN", 2)
    rows = [make_pending(f"Remark {number}.") for number in range(3)]
    data = {"seen": [version(row) for row in rows], "act": "defer"}
    page = moderator.post(desk("selection"), data)
    assert [card.comment.pk for card in page.context["cards"]] == [row.pk for row in rows[:2]]
    assert "Remark 1." in text_of(page)
    assert "→ <b>deferred</b>" in text_of(page)
    assert "and 1 more" in text_of(page)


def test_a_range_that_takes_too_long_is_offered_again(moderator, desk, make_pending, states, monkeypatch):
    row = make_pending(toxicity=0.9)
    address = desk("batch") + "?attribute=toxicity&lower=0.85&upper=1&act=approve"
    token = moderator.get(address).context["preview"].token
    monkeypatch.setattr(score_range, "DECIDE_SECONDS", 0.0)
    answer = moderator.post(address, {"act": "approve", "token": token}, follow=True)
    assert "1 comment is left" in text_of(answer)
    assert answer.context["preview"].count == 1
    assert states() == {row.pk: State.PENDING}


def test_what_changed_since_the_preview_is_left_alone_and_named(moderator, desk, make_pending, version, states):
    row, other = make_pending(), make_pending()
    asked = {"seen": f"{version(row)} {version(other)}", "act": "approve"}
    preview = moderator.post(desk("selection"), asked)
    Review.objects.filter(pk=other.pk).update(state_version=9)
    answer = moderator.post(desk("selection"), confirmed(preview, asked), follow=True)
    assert states() == {row.pk: State.APPROVED, other.pk: State.PENDING}
    assert f"#{other.pk}" in text_of(answer)


def test_an_empty_selection_and_a_reload_go_back_to_the_queue(moderator, desk):
    for answer in (moderator.post(desk("selection"), {"act": "approve"}), moderator.get(desk("selection"))):
        assert answer.headers["location"] == desk("queue", "pending")


def test_a_comment_is_decided_with_all_its_replies(moderator, desk, make_pending, states):
    root = make_pending()
    reply = make_pending(parent=root.comment)
    deep, apart = make_pending(parent=reply.comment), make_pending()
    preview = moderator.get(desk("subtree", root.pk) + "?queue=pending")
    assert preview.context["changes"] == 3
    asked = {"seen": preview.context["tokens"], "act": "reject", "reason": "insult"}
    preview = moderator.post(desk("subtree", root.pk) + "?queue=pending", asked)
    moderator.post(desk("subtree", root.pk) + "?queue=pending", confirmed(preview, asked))
    assert states() == {**dict.fromkeys((root.pk, reply.pk, deep.pk), State.REJECTED), apart.pk: State.PENDING}
    moderator.post(desk("undo"))
    assert set(states().values()) == {State.PENDING}


def test_a_preview_of_many_replies_costs_as_many_queries_as_one_of_few(moderator, desk, make_pending):
    root = make_pending()

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page = moderator.get(desk("subtree", root.pk))
        assert page.status_code == 200
        return len(queries)

    make_pending(parent=root.comment)
    few = cost()
    for _ in range(12):
        make_pending(parent=root.comment)
    assert cost() == few


def test_a_range_of_scores_is_seen_decided_and_undone(moderator, desk, make_pending, states):
    rows = [make_pending(toxicity=score) for score in (0.81, 0.92, 0.93, 0.99)]
    plan = {"act": "reject", "reason": "insult"}
    page = moderator.get(desk("batch"), {"attribute": "toxicity", "lower": "0.9", "upper": "0.95", **plan})
    assert [column.count for column in page.context["columns"] if column.count] == [1, 2, 1]
    assert [card.comment.pk for card in page.context["cards"]] == [rows[1].pk, rows[2].pk]
    assert "<svg" in text_of(page)
    data = {"token": page.context["preview"].token, **plan}
    address = desk("batch") + "?attribute=toxicity&lower=0.9&upper=0.95"
    answer = moderator.post(address, data, follow=True)
    assert "2 comments: rejected" in text_of(answer)
    assert [states()[row.pk] for row in rows] == [State.PENDING, State.REJECTED, State.REJECTED, State.PENDING]
    moderator.post(desk("undo"))
    assert set(states().values()) == {State.PENDING}


def test_a_range_is_decided_only_as_it_was_previewed(moderator, desk, make_pending):
    make_pending(toxicity=0.92)
    address = desk("batch") + "?attribute=toxicity&lower=0.9&upper=0.95"
    answer = moderator.post(address, {"token": "forged", "act": "approve"})
    assert answer.status_code == 409
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "query", ["attribute=text", "lower=0.5", "lower=0.9&upper=0.1", "lower=x&upper=1", "lower=-1&upper=1"]
)
def test_a_range_that_makes_no_sense_is_refused(moderator, desk, query):
    assert moderator.get(f"{desk('batch')}?{query}").status_code == 400


def test_a_range_that_holds_more_than_one_act_takes_is_refused_on_the_page(moderator, desk, make_pending, monkeypatch):
    monkeypatch.setattr(score_range, "MAX_COMMENTS", 1)
    make_pending(toxicity=0.92)
    make_pending(toxicity=0.93)
    answer = moderator.get(desk("batch"), {"attribute": "toxicity", "lower": "0.9", "upper": "0.95"})
    assert answer.status_code == 400
    assert "at most 1 comments at once" in text_of(answer)
    assert answer.context["preview"] is None


def test_a_range_holds_only_the_persons_own_sources(staff, desk, make_pending):
    make_pending()
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    page = stranger.get(desk("batch"), {"lower": "0", "upper": "1"})
    assert (page.context["total"], page.context["preview"].count) == (0, 0)


def test_a_commenter_is_muted_with_a_reason_and_an_end_and_unmuted(moderator, desk, commenter, make_pending):
    review = make_pending()
    data = {"mute": "1", "reason": "spam", "until": "2999-01-31", "comment": str(review.pk)}
    answer = moderator.post(desk("commenter", commenter.pk), data, follow=True)
    assert "Muted until" in text_of(answer)
    mute = Mute.objects.get()
    assert (mute.reason, mute.comment_id, mute.until.year) == ("spam", review.pk, 2999)
    moderator.post(desk("commenter", commenter.pk), {"unmute": "1"})
    assert not Mute.objects.filter(ended_at=None).exists()
    assert LookUp.objects.exists()


@pytest.mark.parametrize("fields", [{"reason": "none-such"}, {"reason": ""}, {"until": "1999-01-01"}, {"until": "x"}])
def test_a_mute_that_makes_no_sense_is_refused(moderator, desk, commenter, fields):
    answer = moderator.post(desk("commenter", commenter.pk), {"mute": "1", "reason": "spam", "until": "", **fields})
    assert answer.status_code == 400
    assert not Mute.objects.exists()


def test_a_viewer_sees_the_record_and_mutes_nobody(staff, desk, commenter):
    viewer = staff("viewer")
    page = text_of(viewer.get(desk("commenter", commenter.pk)))
    assert "mute-heading" not in page
    viewer.post(desk("commenter", commenter.pk), {"mute": "1", "reason": "spam", "until": ""})
    assert not Mute.objects.exists()
