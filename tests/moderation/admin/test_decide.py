"""Deciding on a selection of the list: what is done, what is refused, and that nobody is told otherwise."""

import pytest
from django.urls import reverse

from archive.models import Source
from moderation.models import Decision, Review, State

LIST = "admin:archive_comment_changelist"


@pytest.fixture
def select(make_review):
    """Posts an action on comments as their page showed them; returns the messages."""

    def post(client, action, *comments, seen=None, reason="", query="", **fields):
        versions = seen or [
            f"{one.pk}.{one.revision}.{Review.objects.get(pk=one.pk).state_version}" for one in comments
        ]
        data = {"action": action, "_selected_action": [one.pk for one in comments], "seen": versions, "reason": reason}
        answer = client.post(reverse(LIST) + query, {**data, **fields}, follow=True)
        return [str(message) for message in answer.context["messages"]]

    return post


def test_a_selection_is_rejected_with_a_reason_in_one_batch(staff, make_comment, make_review, select):
    comments = [make_review(make_comment(), toxicity=0.9).comment for _ in range(2)]
    assert select(staff("moderator"), "reject_selected", *comments, reason="insult") == ["reject: done for 2 comments."]
    rows = Decision.objects.all()
    assert {(row.action, row.to_state, row.reason) for row in rows} == {("reject", "rejected", "insult")}
    assert len({row.batch for row in rows}) == 1
    assert set(Review.objects.values_list("state", flat=True)) == {State.REJECTED}


def test_conflicts_are_named_and_the_rest_is_done(staff, make_comment, make_review, select):
    good = make_review(make_comment(), toxicity=0.9).comment
    done = make_review(make_comment(), toxicity=0.9, state=State.APPROVED).comment
    told = select(staff("moderator"), "approve_selected", good, done)
    assert told[0] == "approve: done for 1 comment."
    assert told[1].startswith(f"approve refused for #{done.pk}:")
    assert Decision.objects.count() == 1


def test_a_comment_that_changed_since_the_page_was_made_is_refused(staff, make_comment, make_review, select):
    comment = make_review(make_comment(), toxicity=0.9).comment
    told = select(staff("moderator"), "approve_selected", comment, seen=[f"{comment.pk}.1.0"])
    assert "changed since it was seen" in told[0]
    assert not Decision.objects.exists()


def test_the_page_carries_the_versions_that_a_decision_depends_on(staff, make_comment, make_review):
    comment = make_review(make_comment(), toxicity=0.9, state_version=4).comment
    page = staff("moderator").get(reverse(LIST)).content.decode()
    assert f'<input type="hidden" name="seen" value="{comment.pk}.1.4">' in page


def test_a_comment_that_left_the_filtered_list_meanwhile_is_reported_and_not_forgotten(
    staff, make_comment, make_review, select
):
    comment = make_review(make_comment(), toxicity=0.9, state=State.APPROVED, state_version=2).comment
    told = select(staff("moderator"), "reject_selected", comment, seen=[f"{comment.pk}.1.1"], query="?state=pending")
    assert f"refused for #{comment.pk}" in told[0]


def test_selecting_across_pages_decides_on_nothing_that_was_not_shown(staff, make_comment, make_review, select):
    shown = make_review(make_comment(), toxicity=0.9).comment
    other = make_review(make_comment(), toxicity=0.9).comment
    select(staff("moderator"), "reject_selected", shown, select_across="1")
    assert Review.objects.get(pk=other.pk).state == State.PENDING
    assert 'class="question' not in staff("moderator").get(reverse(LIST)).content.decode()


@pytest.mark.parametrize("seen", ["", "x", "1.2", "1.1.1.1", "-1.1.1", "²"])
def test_versions_that_are_none_decide_on_nothing(staff, make_comment, make_review, select, seen):
    comment = make_review(make_comment(), toxicity=0.9).comment
    assert select(staff("moderator"), "reject_selected", comment, seen=[seen]) == [
        "None of the selected comments is on this page."
    ]
    assert not Decision.objects.exists()


def test_an_unknown_reason_is_refused(staff, make_comment, make_review, select):
    comment = make_review(make_comment(), toxicity=0.9).comment
    select(staff("moderator"), "reject_selected", comment, reason="no-such-reason")
    assert not Decision.objects.exists()


def test_a_viewer_has_no_actions_and_a_forged_one_decides_nothing(staff, make_comment, make_review, select):
    comment = make_review(make_comment(), toxicity=0.9).comment
    viewer = staff("viewer")
    assert "approve_selected" not in viewer.get(reverse(LIST)).content.decode()
    viewer.post(
        reverse(LIST), {"action": "approve_selected", "_selected_action": comment.pk, "seen": f"{comment.pk}.1.1"}
    )
    assert not Decision.objects.exists()


def test_a_moderator_of_another_source_decides_nothing_here(staff, make_comment, make_review, select):
    comment = make_review(make_comment(), toxicity=0.9).comment
    stranger = staff("moderator", Source.objects.create(slug="north", name="North"))
    select(stranger, "approve_selected", comment)
    assert not Decision.objects.exists()
