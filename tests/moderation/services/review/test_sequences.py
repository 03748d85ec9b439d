"""Any sequence of what moderators do side by side keeps the desk's promises: nothing lost, stuck, or done twice."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.models import Comment
from moderation.models import Claim, Decision, HandOver, ModelVersion, Mute, PolicyVersion, Review, Score
from moderation.policies import Verdict
from moderation.services.errors import ServiceError
from moderation.services.review.bulk import batch_undo, decisions_record, subtree_decide
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.review.deferrals import deferred_return
from moderation.services.review.holds import review_hold, review_next, review_release, reviews_release
from moderation.services.review.mutes import commenter_mute, commenter_unmute
from moderation.services.review.score_range import range_decide, range_preview, range_terms
from moderation.services.states.status import QUIET_STATES
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import hand_over_begin, hand_over_end
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.transitions import Scored
from moderation.services.verdicts.triage import batch_save, comments_close

pytestmark = pytest.mark.django_db
COMMENTS, PEOPLE = 4, 2
ACTIONS = ("approve", "reject", "escalate", "highlight", "unhighlight", "reopen", "defer")
VERDICTS = ("pass", "queue", "hold", "approve", "reject", "highlight")
EVERY: frozenset[int] = frozenset()
PERSON, COMMENT, ACTION = st.integers(0, PEOPLE - 1), st.integers(0, COMMENTS - 1), st.sampled_from(ACTIONS)
EVENTS = st.one_of(
    st.tuples(st.just("verdict"), COMMENT, st.sampled_from(VERDICTS)),
    st.tuples(st.just("edit"), COMMENT),
    st.tuples(st.just("withdraw"), COMMENT),
    st.tuples(st.just("decide"), PERSON, COMMENT, ACTION),
    st.tuples(st.just("bulk"), PERSON, ACTION),
    st.tuples(st.just("subtree"), PERSON, ACTION),
    st.tuples(st.just("by_range"), PERSON, ACTION),
    st.tuples(st.just("undo"), PERSON, COMMENT),
    st.tuples(st.just("undo_batch"), PERSON),
    st.tuples(st.just("hold"), PERSON, COMMENT),
    st.tuples(st.just("take_next"), PERSON),
    st.tuples(st.just("release"), PERSON, COMMENT),
    st.tuples(st.just("log_out"), PERSON),
    st.tuples(st.just("hand_over"), PERSON, COMMENT),
    st.tuples(st.just("end_hand_over"), PERSON, COMMENT),
    st.tuples(st.just("leases_end")),
    st.tuples(st.just("deferrals_end")),
    st.tuples(st.just("mute"), PERSON),
    st.tuples(st.just("unmute"), PERSON),
)


class Newsroom:
    """Two moderators at one desk, four comments of one commenter, and what must be true after each step."""

    def __init__(self, comments: list[Comment], people: list[User]) -> None:
        self.comments, self.people = comments, people
        self.model, _ = ModelVersion.objects.get_or_create(name="compact", version=1, sha256="0" * 64)
        self.policy = PolicyVersion.objects.get(active=True)
        self.batches: list[Any] = []
        self.versions: dict[int, int] = {}

    def verdict(self, at: int, action: str) -> None:
        comment = self.comment(at)
        muted = Mute.objects.active(timezone.now()).exists()
        new = not Review.objects.filter(pk=comment.pk, facts__text_hash=comment.text_hash).exists()
        if comment.withdrawn_at:
            return
        Claim.objects.get_or_create(comment=comment, defaults={"worker": "me"})
        columns = {"revision": comment.revision, "text_hash": comment.text_hash, "toxicity": 0.7}
        score = Score(comment=comment, model=self.model, **columns)
        one = Scored(comment, score, Verdict(action=action, rule="r", policy=1), comment_facts(comment))
        (review,) = batch_save(scored=[one], policy=self.policy, worker="me")
        if muted and new:
            assert (review.state, review.held) in {("pending", True), ("rejected", False)}, "the next comment is held"

    def edit(self, at: int) -> None:
        comment = self.comment(at)
        comment.revision += 1
        comment.text = f"Text {comment.revision} of {at}."
        comment.text_hash = hashlib.sha256(comment.text.encode()).hexdigest()
        comment.save()

    def withdraw(self, at: int) -> None:
        Comment.objects.filter(pk=self.comments[at].pk).update(withdrawn_at=timezone.now())
        comments_close(ids=[self.comments[at].pk])

    def decide(self, who: int, at: int, action: str) -> None:
        comment, actor = self.comment(at), self.people[who]
        held = Review.objects.filter(pk=comment.pk, holder__isnull=False).exclude(holder=actor)
        others = held.filter(holder_until__gt=timezone.now()).exists()
        kept = HandOver.objects.filter(comment=comment, ended_at=None).exclude(taker=actor).exists()
        until = self.until(action)
        decision_record(
            comment_id=comment.pk, action=action, actor=actor, until=until, expected=VersionToken.of(comment)
        )
        assert not others, "what another holds is not decided"
        assert not kept, "what another was handed is not decided"
        assert not HandOver.objects.filter(comment=comment, ended_at=None).exists(), "a decision ends a hand-over"

    def bulk(self, who: int, action: str) -> None:
        seen = {comment.pk: VersionToken.of(comment) for comment in map(self.comment, range(COMMENTS))}
        self.act(decisions_record, tokens=seen, action=action, actor=self.people[who], until=self.until(action))

    def subtree(self, who: int, action: str) -> None:
        root = self.comments[0].pk
        self.act(subtree_decide, comment_id=root, action=action, actor=self.people[who], until=self.until(action))

    def by_range(self, who: int, action: str) -> None:
        within: dict[str, Any] = {"attribute": "toxicity", "lower": 0.5, "upper": 0.9, "sources": EVERY}
        chosen = {**within, "action": action, "actor": self.people[who]}
        preview = range_preview(**within, terms=range_terms(**chosen))
        self.act(range_decide, **chosen, token=preview.token)

    def act(self, act: Callable[..., Any], **arguments: Any) -> None:
        """Does an act on many, which must account for every comment it was about."""
        before = Decision.objects.count()
        outcome = act(**arguments)
        assert Decision.objects.count() == before + outcome.done
        self.batches.append(outcome.batch)

    def undo(self, who: int, at: int) -> None:
        row = Decision.objects.filter(comment=self.comments[at].pk, kind="person").last()
        if row:
            decision_undo(decision_id=row.pk, actor=self.people[who])
            assert Review.objects.get(pk=row.comment_id).state == row.from_state

    def undo_batch(self, who: int) -> None:
        if self.batches:
            batch_undo(batch=self.batches[-1], actor=self.people[who])

    def hold(self, who: int, at: int) -> None:
        review_hold(comment_id=self.comments[at].pk, actor=self.people[who])

    def take_next(self, who: int) -> None:
        free = Review.objects.free(timezone.now()).exclude(state="closed").current()
        kept = HandOver.objects.filter(ended_at=None).exclude(taker=self.people[who])
        free = free.exclude(pk__in=kept.values("comment"))
        expected = free.order_by("-risk", "pk").values_list("pk", flat=True).first()
        taken = review_next(actor=self.people[who], reviews=Review.objects.order_by("-risk", "pk"))
        assert (taken.pk if taken else None) == expected

    def release(self, who: int, at: int) -> None:
        review_release(comment_id=self.comments[at].pk, actor=self.people[who])

    def log_out(self, who: int) -> None:
        reviews_release(actor=self.people[who])
        assert not Review.objects.filter(holder=self.people[who]).exists()

    def hand_over(self, who: int, at: int) -> None:
        to = self.people[1 - who]
        assert hand_over_begin(comment_id=self.comments[at].pk, actor=self.people[who], to=to).taker == to
        assert not Review.objects.filter(pk=self.comments[at].pk, holder=self.people[who]).exists()

    def end_hand_over(self, who: int, at: int) -> None:
        row = hand_over_end(comment_id=self.comments[at].pk, actor=self.people[who])
        assert self.people[who] in {row.giver, row.taker}

    def leases_end(self) -> None:
        Review.objects.filter(holder__isnull=False).update(holder_until=timezone.now() - timedelta(seconds=1))

    def deferrals_end(self) -> None:
        now = timezone.now() + timedelta(days=1)
        deferred_return(now=now)
        assert not Review.objects.filter(state="deferred", deferred_until__lte=now).current().exists(), "none is stuck"

    def mute(self, who: int) -> None:
        commenter_mute(commenter_id=self.comments[0].commenter_id or 0, actor=self.people[who], reason="spam")

    def unmute(self, who: int) -> None:
        commenter_unmute(commenter_id=self.comments[0].commenter_id or 0, actor=self.people[who])

    def comment(self, at: int) -> Comment:
        return Comment.objects.select_related("source", "article", "review").get(pk=self.comments[at].pk)

    @staticmethod
    def until(action: str) -> Any:
        return timezone.now() + timedelta(hours=1) if action == "defer" else None

    def check(self) -> None:
        for review in Review.objects.all():
            assert review.state_version >= self.versions.get(review.pk, 0), "a version never goes back"
            self.versions[review.pk] = review.state_version
            assert (review.holder is None) == (review.holder_until is None)
            assert (review.deferred_until is not None) == (review.state == "deferred")
            assert not (review.held and review.state in {"approved", "rejected", "passed", "closed"})
            assert not (review.highlighted and review.state != "approved")
            self.check_ledger(review)

    @staticmethod
    def check_ledger(review: Review) -> None:
        rows = Decision.objects.filter(comment=review.pk).order_by("pk")
        states = [("unscored", "unscored"), *((row.from_state, row.to_state) for row in rows)]
        for (_, left), (met, _) in pairwise(states):
            assert left == met or {left, met} <= QUIET_STATES, "the ledger has no gap"
        assert review.state == states[-1][1] or {review.state, states[-1][1]} <= QUIET_STATES
        undone = [row.undoes_id for row in rows if row.undoes_id]
        assert len(undone) == len(set(undone)), "nothing is undone twice"


def people() -> list[User]:
    """Two moderators, of whom the second may undo others' decisions."""
    made = [User.objects.create_user(name, is_staff=True) for name in ("ada", "grace")]
    for user, role in zip(made, ("moderator", "senior"), strict=True):
        user.groups.add(Group.objects.get(name=role))
    return made


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=6, max_size=24))
def test_whatever_moderators_do_side_by_side_the_desk_keeps_its_promises(
    make_comment: Callable[..., Comment], events: list[tuple[Any, ...]]
) -> None:
    with transaction.atomic():
        root = make_comment()
        room = Newsroom([root, make_comment(parent=root), make_comment(parent=root), make_comment()], people())
        for at in range(COMMENTS):
            room.verdict(at, "queue")
        for name, *arguments in events:
            with suppress(ServiceError):
                getattr(room, name)(*arguments)
            room.check()
        transaction.set_rollback(True)
