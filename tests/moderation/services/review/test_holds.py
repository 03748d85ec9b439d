"""Holds: who has a comment open, taken and given back, and never two people at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from archive.models import Comment, Source
from moderation.models import QueueName, Review
from moderation.services.errors import ServiceError
from moderation.services.review.decisions import decision_record
from moderation.services.review.holds import review_hold, review_next, review_release, reviews_release
from moderation.services.states.version import VersionToken

pytestmark = pytest.mark.django_db
Reviewed = Callable[..., Review]


def refused(act: Callable[..., object], **arguments: Any) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act(**arguments)
    return caught.value


def lease_ended() -> None:
    Review.objects.update(holder_until=timezone.now() - timedelta(seconds=1))


def test_a_hold_lasts_as_long_as_the_setting_says_and_renewing_it_makes_it_longer(
    reviewed: Reviewed, ada: User, settings: Any
) -> None:
    settings.MODERATION_HOLD_SECONDS = 60
    review = reviewed()
    held = review_hold(comment_id=review.pk, actor=ada)
    until = held.holder_until
    assert held.holder == ada
    assert until is not None
    assert timedelta(seconds=50) < until - timezone.now() <= timedelta(seconds=60)
    settings.MODERATION_HOLD_SECONDS = 600
    renewed = review_hold(comment_id=review.pk, actor=ada)
    assert renewed.holder_until > until
    assert renewed.state_version == review.state_version


def test_a_page_that_asks_for_its_comment_after_the_decision_does_not_hold_it(reviewed: Reviewed, ada: User) -> None:
    review = reviewed()
    seen = VersionToken(review.pk, 1, review.state_version)
    assert review_hold(comment_id=review.pk, actor=ada, expected=seen).holder == ada
    decision_record(comment_id=review.pk, action="approve", actor=ada, expected=seen)
    assert refused(review_hold, comment_id=review.pk, actor=ada, expected=seen).code == "precondition_failed"
    assert Review.objects.get(pk=review.pk).holder is None


def test_what_another_holds_is_refused_by_name_until_the_lease_ends(reviewed: Reviewed, ada: User, grace: User) -> None:
    review = reviewed()
    review_hold(comment_id=review.pk, actor=ada)
    error = refused(review_hold, comment_id=review.pk, actor=grace)
    assert (error.code, error.retryable) == ("conflict", True)
    assert "ada" in error.detail
    lease_ended()
    assert review_hold(comment_id=review.pk, actor=grace).holder == grace


def test_a_closed_a_strange_and_another_sources_comment_cannot_be_held(
    reviewed: Reviewed, ada: User, limited_to: Callable[..., User], elsewhere: Source
) -> None:
    assert refused(review_hold, comment_id=reviewed("closed").pk, actor=ada).code == "conflict"
    assert refused(review_hold, comment_id=10**9, actor=ada).code == "not_found"
    assert refused(review_hold, comment_id=reviewed().pk, actor=limited_to(elsewhere)).code == "not_found"


def test_the_next_comment_is_the_first_in_order_that_nobody_holds(reviewed: Reviewed, ada: User, grace: User) -> None:
    low, high, middle = (reviewed(risk=risk).pk for risk in (0.1, 0.9, 0.5))
    queue = Review.objects.for_view(QueueName.PENDING).order_by("-risk", "pk")
    taken = [review_next(actor=actor, reviews=queue) for actor in (ada, grace, ada, grace)]
    assert [review.pk if review else None for review in taken] == [high, middle, low, None]
    lease_ended()
    again = review_next(actor=grace, reviews=queue)
    assert again is not None
    assert (again.pk, again.holder) == (high, grace)


def test_the_next_comment_is_none_that_is_closed_edited_or_another_sources(
    reviewed: Reviewed, limited_to: Callable[..., User], source: Source, elsewhere: Source
) -> None:
    reviewed("closed")
    Comment.objects.filter(pk=reviewed().pk).update(revision=2)
    assert review_next(actor=limited_to(source), reviews=Review.objects.all()) is None
    reviewed()
    assert review_next(actor=limited_to(elsewhere), reviews=Review.objects.all()) is None
    assert review_next(actor=limited_to(source), reviews=Review.objects.all()) is not None


def test_only_the_holder_gives_a_comment_back(reviewed: Reviewed, ada: User, grace: User) -> None:
    review = reviewed()
    review_hold(comment_id=review.pk, actor=ada)
    assert review_release(comment_id=review.pk, actor=grace) is False
    assert review_release(comment_id=review.pk, actor=ada) is True
    assert review_release(comment_id=review.pk, actor=ada) is False
    assert review_hold(comment_id=review.pk, actor=grace).holder == grace


def test_all_that_a_moderator_holds_is_given_back_and_nobody_elses(reviewed: Reviewed, ada: User, grace: User) -> None:
    for actor in (ada, ada, grace):
        review_hold(comment_id=reviewed().pk, actor=actor)
    assert reviews_release(actor=ada) == 2
    assert Review.objects.held_by(grace, timezone.now()).count() == 1


def test_logging_out_gives_back_what_was_held(reviewed: Reviewed) -> None:
    user = User.objects.create_user("lin", is_staff=True)
    review_hold(comment_id=reviewed().pk, actor=user)
    client = Client()
    client.force_login(user)
    client.post("/admin/logout/")
    assert Review.objects.filter(holder=user).count() == 0
    # Again, from a page that stayed open: Django then tells of a logout without a user.
    assert client.post("/admin/logout/").status_code < 400


def test_a_hold_that_a_clock_ahead_has_dated_holds_up_nobody(reviewed: Reviewed, ada: User, grace: User) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    first, second, third = (reviewed(holder=grace, holder_until=tomorrow) for _ in range(3))
    assert not first.is_held(timezone.now())
    assert Review.objects.free(timezone.now()).count() == 3
    assert Review.objects.held_by(grace, timezone.now()).count() == 0
    assert review_hold(comment_id=first.pk, actor=ada).holder == ada
    assert review_next(actor=ada, reviews=Review.objects.filter(pk=second.pk)) == second
    assert decision_record(comment_id=third.pk, action="approve", actor=ada).actor == ada
