"""Any sequence of verdicts, edits, changes at the origin, decisions and undos keeps the promises of the table."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.models import Comment
from moderation.models import Claim, Decision, ModelVersion, PolicyVersion, Review, Score
from moderation.policies import Verdict
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.states.status import QUIET_STATES
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save

pytestmark = pytest.mark.django_db
PERSON = ("approve", "reject", "escalate", "highlight", "unhighlight", "reopen")
EVENTS = st.one_of(
    st.tuples(st.just("verdict"), st.sampled_from(["pass", "queue", "hold", "approve", "reject", "highlight"])),
    st.tuples(st.just("person"), st.sampled_from(PERSON)),
    st.tuples(st.just("edit"), st.just("")),
    st.tuples(st.just("undo"), st.just("")),
    st.tuples(st.just("origin"), st.sampled_from(["published", "unapproved", "spam"])),
)


class Desk:
    """One comment, what happens to it, and what must be true of it afterwards."""

    def __init__(self, comment: Comment) -> None:
        self.comment = comment
        self.model, _ = ModelVersion.objects.get_or_create(name="compact", version=1, sha256="0" * 64)
        # For each standing decision of a person: the ledger row, and whether a rejection stood before it.
        self.decisions: list[tuple[Decision, bool]] = []
        self.rejected = False

    def verdict(self, action: str) -> None:
        before = Review.objects.filter(pk=self.comment.pk).first()
        self.comment.refresh_from_db()
        comment = self.comment
        Claim.objects.create(comment=comment, worker="me")
        columns = {"revision": comment.revision, "text_hash": comment.text_hash, "toxicity": 0.7}
        one = Scored(
            comment,
            Score(comment=comment, model=self.model, **columns),
            Verdict(action=action, rule="r", policy=1),
            comment_facts(comment),
        )
        batch_save(scored=[one], policy=PolicyVersion.objects.get(active=True), worker="me")
        after = self.review()
        if before and before.decided_by == "person" and before.facts["text_hash"] == comment.text_hash:
            assert (after.state, after.held, after.highlighted) == (before.state, before.held, before.highlighted)
        elif comment.origin_state == "spam":
            assert (after.state, after.decided_by) == ("rejected", "import")
        elif comment.origin_state == "unapproved":
            assert after.state == "rejected" or (after.state, after.held) == ("pending", True)
        if self.rejected and after.decided_by != "person":
            assert after.state in {"pending", "rejected"}, "an edit and a verdict never undo a person's rejection"

    def person(self, action: str) -> None:
        row = decision_record(comment_id=self.comment.pk, action=action, api_key="desk")
        self.decisions.append((row, self.rejected))
        if action not in {"reopen", "escalate"}:
            self.rejected = action == "reject"

    def edit(self, _: str) -> None:
        self.comment.refresh_from_db()
        self.comment.revision += 1
        self.comment.text = f"Text {self.comment.revision}."
        self.comment.text_hash = hashlib.sha256(self.comment.text.encode()).hexdigest()
        self.comment.save()

    def undo(self, _: str) -> None:
        if self.decisions:
            row, rejected = self.decisions[-1]
            decision_undo(decision_id=row.pk, api_key="desk")
            self.decisions.pop()
            self.rejected = rejected
            assert self.review().state == row.from_state

    def origin(self, state: str) -> None:
        Comment.objects.filter(pk=self.comment.pk).update(origin_state=state)

    def review(self) -> Review:
        return Review.objects.get(pk=self.comment.pk)

    def check_ledger(self) -> None:
        rows = list(Decision.objects.filter(comment=self.comment).order_by("pk"))
        states = [("unscored", "unscored"), *((row.from_state, row.to_state) for row in rows)]
        for (_, left), (met, _) in pairwise(states):
            assert left == met or {left, met} <= QUIET_STATES, "the ledger has no gap"
        review = Review.objects.filter(pk=self.comment.pk).first()
        if review:
            last = states[-1][1]
            assert review.state == last or {review.state, last} <= QUIET_STATES, "the ledger ends where the comment is"


@contextmanager
def suppress_conflict(event: str) -> Iterator[None]:
    """Lets a person be refused because the state does not allow the act; nothing else may be."""
    try:
        yield
    except ServiceError as error:
        if event not in {"person", "undo"} or error.code != "conflict":
            raise


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=3, max_size=14))
def test_any_sequence_keeps_the_promises(make_comment: Callable[..., Comment], events: list[tuple[str, Any]]) -> None:
    with transaction.atomic():
        desk = Desk(make_comment())
        version = 0
        for name, argument in events:
            with suppress_conflict(name):
                getattr(desk, name)(argument)
            desk.check_ledger()
            review = Review.objects.filter(pk=desk.comment.pk).first()
            assert version <= (review.state_version if review else 0)
            version = review.state_version if review else 0
        transaction.set_rollback(True)
