"""Hand-overs: a comment stays with whom it was handed to until they decide on it, give it back, or a senior ends it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from archive.models import Source
from moderation.models import HandOver, HandOverEnd, Moderator, Review
from moderation.services.errors import ServiceError
from moderation.services.review.bulk import decisions_preview, decisions_record
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_hold, review_next
from moderation.services.states.version import VersionToken
from moderation.services.team.hand_overs import NOTE_CHARACTERS, hand_over_begin, hand_over_end, people_to_hand_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Callable[..., User]:
    """Makes a person of a role, limited to the sources that are given."""

    def make(name: str, role: str = "moderator", *sources: Source) -> User:
        user = User.objects.create_user(name, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        if sources:
            Moderator.objects.create(user=user).sources.set(sources)
        return user

    return make


@pytest.fixture
def handed(reviewed: Callable[..., Review], person: Callable[..., User]) -> tuple[Review, User, User]:
    """A comment that lin handed to kim."""
    review, lin, kim = reviewed(), person("lin"), person("kim")
    hand_over_begin(comment_id=review.pk, actor=lin, to=kim, note=" You know the harbour. ")
    return review, lin, kim


def refused(act: Callable[..., object], **arguments: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act(**arguments)
    return caught.value


def ending(review: Review) -> str:
    return HandOver.objects.get(comment=review.pk).ending


def test_a_hand_over_outlasts_every_lease_and_is_recorded_with_its_note(handed: tuple[Review, User, User]) -> None:
    review, lin, kim = handed
    Review.objects.update(holder_until=timezone.now() - timedelta(days=3))
    assert list(Review.objects.handed_to(kim)) == [review]
    row = HandOver.objects.get()
    assert (row.giver, row.taker, row.note, row.ended_at) == (lin, kim, "You know the harbour.", None)


def test_others_are_not_given_it_hold_it_or_decide_on_it_alone_or_among_many(
    handed: tuple[Review, User, User],
) -> None:
    review, lin, kim = handed
    token = VersionToken(review.pk, 1, review.state_version)
    assert review_next(actor=lin, reviews=Review.objects.all()) is None
    assert refused(review_hold, comment_id=review.pk, actor=lin).code == "conflict"
    assert refused(decision_record, comment_id=review.pk, action="approve", actor=lin).code == "conflict"
    assert decisions_preview(tokens={review.pk: token}, action="approve", actor=lin).refused == {"handed": [review.pk]}
    outcome = decisions_record(tokens={review.pk: token}, action="approve", actor=lin)
    assert (outcome.done, outcome.refused) == (0, {"handed": [review.pk]})
    taken = review_next(actor=kim, reviews=Review.objects.all())
    assert taken is not None
    assert taken.pk == review.pk


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
def test_the_takers_decision_ends_it(handed: tuple[Review, User, User], many: bool) -> None:
    review, _lin, kim = handed
    if many:
        decisions_record(tokens={review.pk: VersionToken(review.pk, 1, 1)}, action="approve", actor=kim)
    else:
        decision_record(comment_id=review.pk, action="approve", actor=kim)
    assert ending(review) == HandOverEnd.TAKEN
    assert not Review.objects.handed_to(kim).exists()


def test_a_key_decides_whoever_has_the_comment(handed: tuple[Review, User, User]) -> None:
    review = handed[0]
    decision_record(comment_id=review.pk, action="reject", api_key="site")
    assert ending(review) == HandOverEnd.TAKEN


def test_it_is_given_back_taken_back_or_ended_by_a_senior_and_by_nobody_else(
    handed: tuple[Review, User, User], person: Callable[..., User]
) -> None:
    review, lin, kim = handed
    assert refused(hand_over_end, comment_id=review.pk, actor=person("max")).code == "permission_denied"
    found = []
    for who in (kim, lin, person("sam", "senior")):
        found.append(hand_over_end(comment_id=review.pk, actor=who).ending)
        assert refused(hand_over_end, comment_id=review.pk, actor=who).code == "conflict"
        hand_over_begin(comment_id=review.pk, actor=lin, to=kim)
    assert found == [HandOverEnd.GIVEN_BACK, HandOverEnd.TAKEN_BACK, HandOverEnd.ENDED]


def test_it_is_passed_on_by_who_has_it_and_not_by_others(
    handed: tuple[Review, User, User], person: Callable[..., User]
) -> None:
    review, _lin, kim = handed
    max_ = person("max")
    assert "kim" in refused(hand_over_begin, comment_id=review.pk, actor=person("sam", "senior"), to=max_).detail
    hand_over_begin(comment_id=review.pk, actor=kim, to=max_)
    assert list(HandOver.objects.order_by("pk").values_list("taker__username", "ending")) == [
        ("kim", HandOverEnd.PASSED_ON),
        ("max", ""),
    ]


def test_only_colleagues_who_may_decide_on_the_comment_are_offered(
    reviewed: Callable[..., Review], person: Callable[..., User], source: Source
) -> None:
    other = Source.objects.create(slug="elsewhere", name="Elsewhere")
    review, lin = reviewed(), person("lin")
    people = [person("here", "moderator", source), person("there", "moderator", other), person("viewer", "viewer")]
    User.objects.filter(pk=person("gone").pk).update(is_active=False)
    named = people_to_hand_to(comment=review.comment, actor=lin).values_list("username", flat=True)
    assert list(named) == ["here"]
    for who in people[1:]:
        assert refused(hand_over_begin, comment_id=review.pk, actor=lin, to=who).errors[0].pointer == "/to"


def test_what_another_holds_is_closed_or_elsewhere_is_not_handed_over(
    reviewed: Callable[..., Review], person: Callable[..., User]
) -> None:
    review, lin, kim = reviewed(), person("lin"), person("kim")
    long = refused(hand_over_begin, comment_id=review.pk, actor=lin, to=kim, note="x" * (NOTE_CHARACTERS + 1))
    assert (long.errors[0].pointer, long.errors[0].limit) == ("/note", NOTE_CHARACTERS)
    review_hold(comment_id=review.pk, actor=person("max"))
    assert "max" in refused(hand_over_begin, comment_id=review.pk, actor=lin, to=kim).detail
    Review.objects.update(state="closed", holder=None)
    assert refused(hand_over_begin, comment_id=review.pk, actor=lin, to=kim).code == "conflict"
    assert refused(hand_over_begin, comment_id=10**9, actor=lin, to=kim).code == "not_found"
    assert not HandOver.objects.exists()
