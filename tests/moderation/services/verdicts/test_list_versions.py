"""A verdict names the version of the word list that the text was matched with."""

from collections.abc import Callable
from typing import Any

import pytest

from moderation.models import Review
from moderation.policies.verdict import reason_text
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.versions import policy_create
from moderation.services.rejudging.run import verdicts_rejudge
from moderation.services.verdicts.facts_walk import facts_make
from moderation.services.word_lists.entries import Entry
from moderation.services.word_lists.lists import Author, word_list_change, word_list_create

pytestmark = pytest.mark.django_db
NOBODY = Author()


@pytest.fixture
def listed(arrive: Callable[..., list[Review]]) -> Review:
    """A comment that hits the list `slurs`, which is at its first version, and is queued for that."""
    word_list_create(name="slurs", entries=[Entry("remark")], author=NOBODY)
    rule = {"id": "slurs", "when": {"all": [{"list": "slurs"}]}, "action": "queue"}
    body = {"schema": 2, "name": "Lists", "rules": [rule], "audit_share": 0}
    policy_activate(version=policy_create(body=body, actor=None).version.version, actor=None)
    (review,) = arrive(0.1)
    return review


def reason(review: Review) -> dict[str, Any]:
    review.refresh_from_db()
    (found,) = review.verdict["reasons"]
    return dict(found)


def test_a_verdict_names_the_list_its_version_and_the_hits(listed: Review) -> None:
    found = reason(listed)
    assert found == {"condition": "list", "name": "slurs", "version": 1, "value": 1, "gte": 1}
    assert reason_text(found) == "list slurs@1 1 ≥ 1"


def test_judging_again_with_a_changed_list_names_its_new_version_and_then_changes_nothing(listed: Review) -> None:
    word_list_change(name="slurs", add=[Entry("other")], author=NOBODY)
    assert verdicts_rejudge().changed == 0
    assert reason(listed)["version"] == 1
    facts_make()
    assert (verdicts_rejudge().changed, reason(listed)["version"]) == (1, 2)
    assert verdicts_rejudge().changed == 0
