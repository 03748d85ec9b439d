"""A comment becomes a test of a draft by one button on its page."""

import pytest
from django.urls import reverse

from moderation.models import ModelVersion, PolicyVersion, State
from moderation.policies import parse_policy
from moderation.scoring import ATTRIBUTES
from moderation.services.policies.examples import policy_test


@pytest.fixture
def senior(staff):
    return staff("senior")


@pytest.fixture(autouse=True)
def served(make_review):
    """The model says what it serves, as one that was registered does."""
    ModelVersion.objects.update(attributes=list(ATTRIBUTES))


def add(client, review, expect="queue"):
    return client.post(reverse("desk:add-test", args=[review.pk]) + "?queue=pending", {"expect": expect})


def test_a_comments_scores_and_facts_become_a_test_of_a_new_draft_and_its_text_does_not(senior, make_pending, source):
    review = make_pending("A rude secret.", facts={"links": 2, "length": 14, "near_hash": "ab", "text_hash": "x"})
    answer = add(senior, review, "hold")
    assert answer.headers["location"] == reverse("desk:comment", args=[review.pk]) + "?queue=pending"
    version = PolicyVersion.objects.first()
    assert (version.status, version.body["schema"]) == ("draft", 2)
    assert version.body["rules"] == PolicyVersion.objects.get(active=True).body["rules"]
    (test,) = version.body["tests"]
    assert test["scores"] == review.score.values()
    assert (test["expect"], test["source"], test["name"]) == ("hold", source.slug, f"comment {review.pk}")
    assert (test["facts"]["links"], test["facts"]["length"], test["facts"]["language"]) == (2, 14, "en")
    assert "secret" not in str(version.body)
    (outcome,) = policy_test(policy=parse_policy(version.body))
    assert outcome.action == "queue"


def test_the_next_comment_goes_into_the_same_persons_draft_and_the_same_comment_is_replaced(
    senior, staff, make_pending
):
    first, second = make_pending(), make_pending("Another.")
    for review, expect in ((first, "queue"), (second, "hold"), (first, "reject")):
        add(senior, review, expect)
    newest = PolicyVersion.objects.first()
    assert [(one["name"], one["expect"]) for one in newest.body["tests"]] == [
        (f"comment {second.pk}", "hold"),
        (f"comment {first.pk}", "reject"),
    ]
    add(staff("senior"), second)
    assert len(PolicyVersion.objects.first().body["tests"]) == 1


def test_the_page_of_a_comment_offers_it_with_what_was_decided_to_whoever_may_write(
    senior, staff, make_pending, source
):
    review = make_pending(state=State.REJECTED)
    page = reverse("desk:comment", args=[review.pk])
    assert '<option value="reject" selected>' in senior.get(page).content.decode()
    for other in (staff("moderator"), staff("senior", source)):
        assert reverse("desk:add-test", args=[review.pk]) not in other.get(page).content.decode()
        assert add(other, review).status_code in {302, 403}
    assert not PolicyVersion.objects.filter(status="draft").exists()


def test_a_comment_without_scores_or_with_a_wrong_action_is_refused_in_words(senior, make_comment, make_pending):
    bare = make_comment()
    said = senior.post(reverse("desk:add-test", args=[bare.pk]), {"expect": "queue"}, follow=True).content.decode()
    assert "has no scores yet" in said
    said = senior.post(reverse("desk:add-test", args=[make_pending().pk]), {"expect": "burn"}, follow=True)
    assert "burn" in said.content.decode()
    assert not PolicyVersion.objects.filter(status="draft").exists()


def test_who_is_limited_to_sources_writes_no_policy_here_either(staff, make_pending, elsewhere):
    review = make_pending()
    assert add(staff("senior", elsewhere), review).status_code == 403
