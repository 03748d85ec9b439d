"""Cards say why a comment is there: what the site, readers and colleagues said, who decided, when it comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime

from archive.models import Comment, OriginState
from moderation.models import Claim, ReaderFlag, Review
from moderation.services.review.decisions import decision_record, decision_undo

pytestmark = pytest.mark.django_db
MOST_QUERIES = 14


@pytest.fixture
def told(moderator: Client, desk: Callable[..., str]) -> Callable[[str], list[str]]:
    """Returns what the cards of a queue say beside scores, with notes: `told("rejected")`."""

    def read(queue: str) -> list[str]:
        cards = moderator.get(desk("queue", queue)).context["cards"]
        return [f"{cause.words}{cause.note and ': ' + cause.note}" for card in cards for cause in card.causes]

    return read


def test_an_unscored_comment_says_whether_it_is_new_edited_or_failed(
    make_comment: Callable[..., Comment], make_pending: Callable[..., Review], told: Callable[[str], list[str]]
) -> None:
    failed = make_comment()
    Claim.objects.create(comment=failed, attempts=3, set_aside_at=timezone.now(), error="x")
    make_comment(origin_state=OriginState.UNAPPROVED)
    Comment.objects.filter(pk=make_pending().pk).update(revision=2)
    assert told("unscored") == [
        "edited after it was scored: the new text waits for its scores",
        "new: it waits for its scores",
        "the site waits for an approval",
        "the model failed on it: an operator has to have it scored again",
    ]


def test_a_held_comment_says_that_its_commenter_is_muted_or_that_the_site_waits(
    make_pending: Callable[..., Review], told: Callable[[str], list[str]]
) -> None:
    muted, unapproved = make_pending(held=True, risk=2.0), make_pending(held=True, risk=1.0)
    Review.objects.filter(pk=muted.pk).update(verdict={**muted.verdict, "cause": "commenter_muted"})
    Comment.objects.filter(pk=unapproved.pk).update(origin_state=OriginState.UNAPPROVED)
    assert told("held") == ["held because the commenter is muted", "the site waits for an approval"]


def test_a_reported_comment_says_what_readers_said_of_it_the_most_frequent_first(
    make_pending: Callable[..., Review], told: Callable[[str], list[str]]
) -> None:
    review = make_pending(reader_flags=3)
    for number, reason in enumerate(("rude", "spam", "spam")):
        ReaderFlag.objects.create(comment=review.comment, reporter=str(number), reason=reason)
    assert told("reported") == ["readers said: spam (2), rude"]


def test_a_decided_comment_says_who_did_it_when_why_and_with_which_note(
    make_pending: Callable[..., Review], told: Callable[[str], list[str]]
) -> None:
    ada, tomorrow = User.objects.create_user("ada"), timezone.now() + timedelta(days=1)
    decision_record(comment_id=make_pending().pk, action="escalate", actor=ada, note="Is it satire?")
    rejected = decision_record(comment_id=make_pending().pk, action="reject", actor=ada, reason="spam")
    decision_record(comment_id=make_pending().pk, action="defer", api_key="site", until=tomorrow)
    at = {row.state: date_format(localtime(row.decided_at), "SHORT_DATETIME_FORMAT") for row in Review.objects.all()}
    assert told("escalated") == [f"escalated, ada, {at['escalated']}: Is it satire?"]
    assert told("rejected") == [f"rejected, ada, {at['rejected']}, spam"]
    back = date_format(localtime(tomorrow), "SHORT_DATETIME_FORMAT")
    assert told("deferred") == [f"comes back {back}", f"deferred, site, {at['deferred']}"]
    decision_undo(decision_id=rejected.pk, actor=ada)
    assert told("pending") == ["undone, ada"]


def test_what_people_wrote_is_shown_as_text(
    make_pending: Callable[..., Review], moderator: Client, desk: Callable[..., str], hostile: str
) -> None:
    review = make_pending(reader_flags=1)
    ReaderFlag.objects.create(comment=review.comment, reporter="x", reason="<b>rude</b>")
    decision_record(comment_id=review.pk, action="escalate", api_key="k", note=hostile)
    for queue in ("reported", "escalated"):
        page = moderator.get(desk("queue", queue)).content.decode()
        assert "<b>rude" not in page
        assert "<script>alert" not in page


def test_a_page_with_all_of_that_stays_within_its_queries(
    make_pending: Callable[..., Review], moderator: Client, desk: Callable[..., str]
) -> None:
    for number in range(12):
        review = make_pending(reader_flags=1)
        ReaderFlag.objects.create(comment=review.comment, reporter=str(number), reason="rude")
        decision_record(comment_id=review.pk, action="escalate", api_key="k", note="Look.")
    comment = Comment.objects.all()[0]
    within = f"?section=Politics&article={comment.article_id}&commenter={comment.commenter_id}"
    moderator.get(desk("queue", "escalated"))
    with CaptureQueriesContext(connection) as queries:
        page = moderator.get(desk("queue", "escalated") + within)
    assert len(page.context["cards"]) == 12
    assert len(queries) <= MOST_QUERIES
