"""One comment at the desk: why it is there, each act with the next comment at once, and what is refused."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from archive.models import CommentRevision, Source
from moderation.models import Decision, LookUp, Moderator, Reason, Review, State
from moderation.services.review.actions import ACTION_RULES
from moderation.services.review.decisions import decision_record

MOST_QUERIES = 14


@pytest.fixture
def decide(moderator, desk, version):
    """Posts an act on a review as its page would: `decide(review, "reject:insult")` returns the answer."""

    def post(review, act, client=None, seen=None, follow=True, **fields):
        data = {"act": act, "seen": seen or version(review), **fields}
        return (client or moderator).post(desk("comment", review.pk) + "?queue=pending", data, follow=follow)

    return post


def text_of(answer):
    return answer.content.decode()


def test_the_page_says_why_the_comment_is_there(moderator, desk, make_pending):
    review = make_pending("A rude remark.", toxicity=0.93, insult=0.2)
    page = text_of(moderator.get(desk("comment", review.pk)))
    for words in ("flag-toxic", "policy 7", "0.93", "0.80", "Readers see it", "pending", "compact@6"):
        assert words in page


def test_words_and_sentences_that_drove_the_score_are_marked(moderator, desk, make_pending):
    review = make_pending("You idiot. See you later.")
    review.score.spans = [
        {"begin": 0, "end": 10, "kind": "sentence", "score": 0.9, "attribute": "toxicity"},
        {"begin": 11, "end": 25, "kind": "sentence", "score": 0.1, "attribute": "toxicity"},
        {"begin": 4, "end": 9, "kind": "word", "score": 0.8, "attribute": "toxicity"},
    ]
    review.score.save()
    page = text_of(moderator.get(desk("comment", review.pk)))
    assert (
        '<mark class="sentence">You </mark><mark class="word-strong">idiot</mark><mark class="sentence">.</mark>'
        in page
    )
    assert " See you later." in page


def test_parent_thread_decisions_and_edits_are_there(moderator, desk, make_comment, make_pending):
    parent = make_comment("What was answered.")
    review = make_pending("An answer.", parent=parent)
    make_pending("An answer to the answer.", parent=review.comment)
    CommentRevision.objects.create(comment=review.comment, revision=1, raw="An older answer.", text="An older answer.")
    review.comment.revision = review.comment.taken_revision = 2
    review.comment.save()
    decision_record(comment_id=review.pk, action="escalate", actor=User.objects.first(), note="Look at this.")
    page = text_of(moderator.get(desk("comment", review.pk)))
    for words in (
        "What was answered.",
        "An answer to the answer.",
        "Look at this.",
        "<b>escalated</b>",
        "<del>",
    ):
        assert words in page


def test_hostile_text_is_shown_as_text_everywhere(moderator, desk, make_comment, make_pending, hostile):
    review = make_pending(hostile, parent=make_comment(hostile))
    review.comment.article.title = review.comment.article.summary = review.comment.commenter.name = hostile[:200]
    review.comment.article.save()
    review.comment.commenter.save()
    pages = [desk("comment", review.pk), desk("commenter", review.comment.commenter_id), desk("subtree", review.pk)]
    for page in map(text_of, map(moderator.get, pages)):
        assert "<script>alert" not in page
        assert "<b onclick" not in page


@pytest.mark.parametrize(
    ("act", "state"),
    [
        ("approve", State.APPROVED),
        ("reject", State.REJECTED),
        ("reject:insult", State.REJECTED),
        ("defer", State.DEFERRED),
        ("escalate", State.ESCALATED),
        ("highlight", State.APPROVED),
    ],
)
def test_an_act_is_recorded_and_the_next_comment_is_open_at_once(decide, desk, make_pending, act, state):
    review, other = make_pending(toxicity=0.99), make_pending(toxicity=0.9)
    answer = decide(review, act)
    assert answer.redirect_chain[0][0].startswith(desk("comment", other.pk))
    review.refresh_from_db()
    assert review.state == state
    row = Decision.objects.get()
    assert row.reason == ("insult" if ":" in act else "")
    assert Review.objects.get(pk=other.pk).holder == row.actor
    assert 'data-key="z"' in text_of(answer)


def test_a_comment_in_each_state_that_people_decide_on_has_a_button_for_every_action(moderator, desk, make_pending):
    rows = [
        make_pending(state=state, highlighted=highlighted)
        for state, highlighted in ((State.PENDING, False), (State.APPROVED, True))
    ]
    pages = [text_of(moderator.get(desk("comment", row.pk))) for row in rows]
    offered = {action for page in pages for action in re.findall(r'name="act" value="(\w+)" class="act', page)}
    assert offered == {*ACTION_RULES, "skip"}
    keys = {key for page in pages for key in re.findall(r'class="act[^>]*data-key="(\w)"', page)}
    assert keys <= set(re.findall(r"<dt><kbd>(\w)</kbd>", pages[0]))


def test_what_comes_after_in_the_queue_is_next_and_then_its_beginning(decide, desk, make_pending):
    worst, middle, mild = (make_pending(toxicity=score) for score in (0.99, 0.95, 0.9))
    assert decide(middle, "approve", follow=False).headers["location"].startswith(desk("comment", mild.pk))
    assert decide(mild, "approve", follow=False).headers["location"].startswith(desk("comment", worst.pk))
    assert decide(worst, "approve", follow=False).headers["location"] == desk("queue", "pending")


def test_the_filters_of_the_queue_hold_for_the_next_comment(moderator, desk, make_pending, version):
    review, _other, matching = make_pending(toxicity=0.99), make_pending(toxicity=0.97), make_pending(toxicity=0.85)
    address = desk("comment", review.pk) + "?queue=pending&attribute=toxicity&high=0.9"
    answer = moderator.post(address, {"act": "approve", "seen": version(review)})
    assert answer.headers["location"].startswith(desk("comment", matching.pk) + "?")
    assert "attribute=toxicity" in answer.headers["location"]


def test_a_decided_comment_is_reopened_and_its_highlight_removed(decide, make_pending):
    review = make_pending(state=State.APPROVED, highlighted=True)
    decide(review, "unhighlight")
    review.refresh_from_db()
    assert (review.state, review.highlighted) == (State.APPROVED, False)
    decide(review, "reopen")
    review.refresh_from_db()
    assert review.state == State.PENDING


def test_skipping_gives_the_comment_back_and_opens_another(staff, desk, make_pending):
    worst, other = make_pending(toxicity=0.99), make_pending(toxicity=0.9)
    client = staff("moderator")
    client.post(desk("next", "pending"))
    answer = client.post(desk("comment", worst.pk) + "?queue=pending", {"act": "skip"})
    assert answer.headers["location"].startswith(desk("comment", other.pk))
    assert Review.objects.get(pk=worst.pk).holder is None
    assert not Decision.objects.exists()


def test_a_comment_that_was_edited_meanwhile_is_refused_and_the_edit_is_shown(decide, make_pending, version):
    review = make_pending("It is a fair point.")
    before = version(review)
    CommentRevision.objects.create(comment=review.comment, revision=1, raw="", text="It is a fair point.")
    comment = review.comment
    comment.text, comment.revision, comment.taken_revision = "It is a stupid point.", 2, 2
    comment.save()
    answer = decide(review, "approve", seen=before)
    assert answer.status_code == 412
    page = text_of(answer)
    assert "<del>fair</del><ins>stupid</ins>" in page
    assert f'name="seen" value="{review.pk}.2.1"' in page
    assert not Decision.objects.exists()


def test_a_comment_that_was_decided_meanwhile_is_refused_and_the_decision_is_shown(decide, make_pending, version):
    review = make_pending()
    before = version(review)
    decision_record(comment_id=review.pk, action="reject", actor=User.objects.create_user("grace"))
    answer = decide(review, "approve", seen=before)
    assert answer.status_code == 412
    assert "It is rejected now." in text_of(answer)
    assert "grace" in text_of(answer)
    assert Decision.objects.count() == 1


def test_a_comment_that_another_holds_is_refused_with_their_name(decide, desk, moderator, make_pending):
    grace = User.objects.create_user("grace")
    review = make_pending(holder=grace, holder_until=timezone.now() + timedelta(minutes=5))
    assert "grace has this comment open" in text_of(moderator.get(desk("comment", review.pk)))
    assert decide(review, "approve").status_code == 409
    assert "grace" in text_of(moderator.post(desk("hold", review.pk)))
    assert "open at grace" in text_of(moderator.get(desk("queue", "pending")))


def test_holding_says_until_when_and_handing_over_gives_it_to_another(staff, desk, make_pending):
    review, client = make_pending(), staff("moderator")
    assert "Held for you until" in text_of(client.post(desk("hold", review.pk)))
    grace = User.objects.get(pk=staff("senior").session["_auth_user_id"])
    assert grace.username in text_of(client.get(desk("hand-over", review.pk)))
    client.post(desk("hand-over", review.pk), {"to": grace.username, "note": "<b>You</b> know."})
    assert Review.objects.get(pk=review.pk).holder is None
    assert "&lt;b&gt;You&lt;/b&gt; know." in client.get(desk("comment", review.pk)).content.decode()


def test_what_was_handed_to_a_person_is_counted_and_listed_for_them_and_offers_others_nothing(
    staff, desk, make_pending
):
    review, lin, kim = make_pending(), staff("moderator"), staff("moderator")
    make_pending()
    to = User.objects.get(pk=kim.session["_auth_user_id"]).username
    lin.post(desk("hand-over", review.pk), {"to": to})
    for client, count in ((lin, 0), (kim, 1)):
        page = client.get(desk("queue", "handed"))
        assert [card.comment.pk for card in page.context["cards"]] == [review.pk] * count
        tab = next(one for one in page.context["tabs"] if one["queue"].name == "handed")
        assert tab["count"] == count
    mine, theirs = (text_of(client.get(desk("comment", review.pk))) for client in (kim, lin))
    assert "Give it back" in mine
    assert 'value="approve"' in mine
    assert "Take it back" in theirs
    assert 'value="approve"' not in theirs
    kim.post(desk("end-hand-over", review.pk))
    assert 'value="approve"' in text_of(lin.get(desk("comment", review.pk)))


def test_a_comment_is_handed_only_to_who_may_decide(staff, desk, make_pending):
    review, client = make_pending(), staff("moderator")
    viewer = User.objects.get(pk=staff("viewer").session["_auth_user_id"])
    assert client.post(desk("hand-over", review.pk), {"to": viewer.username}).status_code == 400
    assert client.post(desk("hand-over", review.pk), {"to": "nobody"}).status_code == 400
    assert Review.objects.get(pk=review.pk).holder != viewer


def test_a_rejection_without_a_reason_is_refused_where_one_is_required(decide, desk, moderator, make_pending, settings):
    settings.MODERATION_REASON_REQUIRED = True
    review = make_pending()
    page = text_of(moderator.get(desk("comment", review.pk)))
    assert 'data-focus-on="desk-reasons"' in page
    assert 'value="reject"' not in page
    assert decide(review, "reject", note="So that nothing is lost").status_code == 400
    assert "So that nothing is lost" in text_of(decide(review, "reject", note="So that nothing is lost"))
    assert decide(review, "reject:spam").redirect_chain


@pytest.mark.parametrize("fields", [{"seen": "x"}, {"seen": ""}, {"seen": "1.1.1"}, {"act": "explode"}, {"act": ""}])
def test_a_form_that_is_not_whole_decides_nothing(moderator, desk, make_pending, version, fields):
    make_pending()
    review = make_pending()
    answer = moderator.post(desk("comment", review.pk), {"act": "approve", "seen": version(review), **fields})
    assert answer.status_code == 400
    assert not Decision.objects.exists()


def test_undo_takes_back_one_act_after_the_other(moderator, decide, desk, make_pending):
    first, second = make_pending(toxicity=0.99), make_pending(toxicity=0.9)
    decide(first, "approve")
    decide(second, "reject:spam")
    answer = moderator.post(desk("undo"), follow=True)
    assert answer.redirect_chain[0][0].startswith(desk("comment", second.pk))
    moderator.post(desk("undo"))
    assert set(Review.objects.values_list("state", flat=True)) == {State.PENDING}
    assert "nothing to undo" in text_of(moderator.post(desk("undo"), follow=True))


def test_an_act_that_cannot_be_undone_any_more_says_so(moderator, decide, desk, make_pending):
    review = make_pending()
    decide(review, "approve")
    decision_record(comment_id=review.pk, action="reject", actor=User.objects.create_user("grace"))
    answer = moderator.post(desk("undo"), follow=True)
    assert 'class="error"' in text_of(answer)
    assert Review.objects.get().state == State.REJECTED


def test_slurs_are_masked_and_severe_texts_blurred_until_asked_for(moderator, desk, make_pending):
    review = make_pending("You are all retards.", severe_toxicity=0.9)
    page = text_of(moderator.get(desk("comment", review.pk)))
    assert "r••••••" in page
    assert "retards" not in page
    assert "full-text blurred" in page
    shown = text_of(moderator.get(desk("comment", review.pk) + "?reveal=1"))
    assert "You are all retards." in shown
    assert "full-text blurred" not in shown
    assert "r••••••" in text_of(moderator.get(desk("queue", "pending")))


def test_severe_comments_are_counted_once_a_day_each(moderator, desk, make_pending):
    review, other = make_pending(severe_toxicity=0.9), make_pending(threat=0.8)
    make_pending()
    for pk in (review.pk, review.pk, other.pk):
        moderator.get(desk("comment", pk))
    assert "You opened 2 severe comments today." in text_of(moderator.get(desk("queue", "pending")))


def test_settings_are_a_persons_own(staff, desk, make_pending):
    review, client, other = make_pending("You retards.", threat=0.5), staff("moderator"), staff("moderator")
    answer = client.post(desk("settings"), {"blur_above": "", "page_size": "10", "single_keys": "on"}, follow=True)
    assert "Your settings are stored." in text_of(answer)
    assert "retards" in text_of(client.get(desk("comment", review.pk)))
    assert "full-text blurred" not in text_of(client.get(desk("comment", review.pk)))
    assert "full-text blurred" in text_of(other.get(desk("comment", review.pk)))
    assert Moderator.objects.get(desk__page_size=10).desk["mask_slurs"] is False


@pytest.mark.parametrize("fields", [{"blur_above": "2"}, {"blur_above": "x"}, {"page_size": "7"}, {"page_size": ""}])
def test_settings_that_make_no_sense_are_refused(moderator, desk, fields):
    answer = moderator.post(desk("settings"), {"blur_above": "0.5", "page_size": "10", **fields})
    assert answer.status_code == 400
    assert not Moderator.objects.exists()


def test_single_keys_can_be_turned_off(moderator, desk, make_pending):
    review = make_pending()
    assert 'data-keys="on"' in text_of(moderator.get(desk("comment", review.pk)))
    moderator.post(desk("settings"), {"blur_above": "0.5", "page_size": "10"})
    assert 'data-keys="off"' in text_of(moderator.get(desk("comment", review.pk)))


def test_opening_a_comment_looks_up_no_record_and_asking_for_it_is_logged(moderator, desk, make_pending, commenter):
    review = make_pending()
    make_pending(state=State.REJECTED)
    moderator.get(desk("comment", review.pk))
    assert not LookUp.objects.exists()
    page = text_of(moderator.get(desk("record", commenter.pk)))
    assert "<b>1</b> rejected" in page
    assert LookUp.objects.get().commenter == commenter


def test_a_comment_of_another_source_is_not_found(staff, desk, make_pending, version):
    review = make_pending()
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    for name in ("comment", "hand-over", "subtree"):
        assert stranger.get(desk(name, review.pk)).status_code == 404
    assert stranger.post(desk("hold", review.pk)).status_code == 404
    assert stranger.post(desk("comment", review.pk), {"act": "approve", "seen": version(review)}).status_code == 404
    assert stranger.get(desk("commenter", review.comment.commenter_id)).status_code == 404
    assert stranger.get(desk("record", review.comment.commenter_id)).status_code == 404


def test_a_viewer_reads_and_decides_nothing(staff, desk, make_pending, version):
    review, viewer = make_pending(), staff("viewer")
    assert "desk-decide" not in text_of(viewer.get(desk("comment", review.pk)))
    assert viewer.post(desk("comment", review.pk), {"act": "approve", "seen": version(review)}).status_code == 403
    assert viewer.post(desk("hold", review.pk)).status_code == 403
    assert viewer.post(desk("undo")).status_code == 403
    assert viewer.get(desk("batch")).status_code == 403


def test_an_unscored_comment_is_shown_and_cannot_be_decided(moderator, desk, make_comment):
    comment = make_comment("Nobody has scored this.")
    page = text_of(moderator.get(desk("comment", comment.pk) + "?queue=unscored"))
    assert "Nobody can decide before the text is scored." in page
    assert (
        moderator.post(desk("comment", comment.pk), {"act": "approve", "seen": f"{comment.pk}.1.0"}).status_code == 409
    )


def test_the_page_of_a_comment_in_a_long_thread_stays_within_its_queries(staff, desk, make_comment, make_pending):
    parent = make_comment()
    review = make_pending(parent=parent, reader_flags=1, severe_toxicity=0.9)
    review.comment.revision = review.comment.taken_revision = 2
    review.comment.save()
    for _ in range(30):
        make_pending(parent=review.comment)
    client = staff("moderator")
    client.get(desk("comment", review.pk))
    with CaptureQueriesContext(connection) as queries:
        client.get(desk("comment", review.pk))
    assert len(queries) <= MOST_QUERIES


def test_reasons_are_buttons_with_a_key_each(moderator, desk, make_pending):
    page = text_of(moderator.get(desk("comment", make_pending().pk)))
    for number, reason in enumerate(Reason.objects.all()[:9], 1):
        assert f'value="reject:{reason.code}" data-key="{number}"' in page
