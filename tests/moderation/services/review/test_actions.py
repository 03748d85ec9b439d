"""The table of actions: API and desk offer just what it has, and a request asks for what it says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from moderation.api.serializers.inputs import DecisionIn
from moderation.desk.forms import action_input_read
from moderation.desk.wording.labels import ACTIONS, DONE
from moderation.models import Action, Review, State
from moderation.services.errors import ServiceError
from moderation.services.review.actions import ACTION_RULES, action_check

TABLE = sorted(ACTION_RULES.items())


def test_api_and_desk_offer_the_actions_of_the_table_in_its_order() -> None:
    assert list(DecisionIn().fields["action"].choices) == list(ACTION_RULES) == list(ACTIONS)


def test_every_action_of_the_ledger_has_words_for_what_was_done() -> None:
    assert set(DONE) == set(Action)
    assert all(str(words) for words in DONE.values())


@pytest.mark.parametrize(("action", "rule"), TABLE)
def test_an_end_is_asked_for_where_the_table_says_and_refused_elsewhere(action: str, rule: Any) -> None:
    until = timezone.now() + timedelta(hours=1)
    given, wrong = (until, None) if rule.takes_until else (None, until)
    assert action_check(action=action, until=given).until == given
    with pytest.raises(ServiceError) as refused:
        action_check(action=action, until=wrong)
    assert refused.value.errors[0].pointer == "/until"


@pytest.mark.django_db
@pytest.mark.parametrize(("action", "rule"), TABLE)
def test_a_reason_is_asked_for_where_the_table_says(action: str, rule: Any, settings: Any) -> None:
    settings.MODERATION_REASON_REQUIRED = True
    until = timezone.now() + timedelta(hours=1) if rule.takes_until else None
    if rule.takes_reason:
        with pytest.raises(ServiceError) as refused:
            action_check(action=action, until=until)
        assert refused.value.errors[0].pointer == "/reason"
    assert action_check(action=action, until=until, reason="insult").reason == "insult"


@pytest.mark.parametrize(("action", "rule"), TABLE)
def test_the_desk_reads_of_a_form_what_the_action_takes(action: str, rule: Any) -> None:
    read = action_input_read({"act": action, "reason": "insult", "defer": "hour", "note": "n"})
    assert (read.reason, read.until is not None) == ("insult" if rule.takes_reason else "", rule.takes_until)


@pytest.mark.parametrize(("action", "rule"), TABLE)
@pytest.mark.parametrize("highlighted", [True, False])
def test_a_comment_is_so_already_by_its_highlight_or_else_by_its_state(
    action: str, rule: Any, highlighted: bool
) -> None:
    is_so = {"highlight": highlighted, "unhighlight": not highlighted}
    for state in State:
        expected = is_so.get(action, state == rule.leads_to)
        assert rule.is_done(Review(state=state, highlighted=highlighted)) == expected
