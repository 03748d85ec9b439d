"""Appeals: taken once a decision and in time, decided by somebody else, told, counted, and emptied with the comment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from archive.models import Comment, Source
from moderation.models import Appeal, Decision, Delivery, Moderator, Review, WebhookTarget
from moderation.services.appeals.intake import TEXT_CHARACTERS, appeal_make
from moderation.services.appeals.ruling import appeal_decide
from moderation.services.errors import ServiceError
from moderation.services.intake.ingest import comment_edit, comment_withdraw
from moderation.services.privacy.erasures import comment_erasure, erasure_run
from moderation.services.privacy.export import comment_export_lines
from moderation.services.review.decisions import decision_record, decision_undo
from moderation.services.statistics.report import Question, report_read
from moderation.services.statistics.snapshot import day_snapshot
from moderation.services.webhooks.delivery import deliveries_run
from moderation.services.webhooks.targets import webhook_target_create, webhook_target_disable
from tests.moderation.services.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.django_db
WORD = "zqcanary"


@pytest.fixture
def senior() -> User:
    user = User.objects.create_user("sena", is_staff=True)
    user.groups.add(Group.objects.get(name="senior"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def rejection(reviewed: Callable[..., Review], ada: User) -> Decision:
    return decision_record(comment_id=reviewed().pk, action="reject", actor=ada, reason="insult")


def made(decision: Decision, **said: Any) -> Appeal:
    return appeal_make(decision_id=decision.pk, **{"text": "I quoted the minister.", **said})[0]


def refused(act: Callable[..., object], *args: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        act(*args, **arguments)
    error = caught.value
    return error.code, error.errors[0].pointer if error.errors else error.detail


def state(decision: Decision) -> tuple[str, str]:
    review = Review.objects.get(pk=decision.comment_id)
    return review.state, review.decided_by


def test_an_overturned_rejection_is_approved_and_the_ledger_says_by_whom(rejection: Decision, senior: User) -> None:
    appeal = appeal_decide(appeal_id=made(rejection).pk, actor=senior, outcome="overturned", answer="A quotation.")
    assert state(rejection) == ("approved", "person")
    row = Decision.objects.latest("pk")
    assert (row.kind, row.action, row.actor, row.from_state, row.to_state) == (
        *("appeal", "approve", senior, "rejected"),
        "approved",
    )
    assert (appeal.ruling, appeal.decided_by, row.note.text) == (row, senior, "A quotation.")
    assert "rejected_by_person" not in Review.objects.get(pk=rejection.comment_id).facts


def test_an_upheld_rejection_stands_and_the_ledger_has_the_ruling(rejection: Decision, senior: User) -> None:
    appeal_decide(appeal_id=made(rejection).pk, actor=senior, outcome="upheld", answer="It was no quotation.")
    assert state(rejection)[0] == "rejected"
    row = Decision.objects.latest("pk")
    assert (row.kind, row.action, row.from_state, row.to_state) == ("appeal", "appeal", "rejected", "rejected")


def test_undoing_a_decision_that_came_after_restores_what_the_appeal_left(
    rejection: Decision, senior: User, ada: User
) -> None:
    appeal_decide(appeal_id=made(rejection).pk, actor=senior, outcome="overturned", answer="Fine.")
    later = decision_record(comment_id=rejection.comment_id or 0, action="reject", actor=ada, reason="spam")
    decision_undo(decision_id=later.pk, actor=ada)
    assert state(rejection) == ("approved", "person")
    assert "rejected_by_person" not in Review.objects.get(pk=rejection.comment_id).facts


def test_who_decided_does_not_decide_the_appeal_and_neither_does_who_may_not(
    reviewed: Callable[..., Review], senior: User, grace: User
) -> None:
    own = decision_record(comment_id=reviewed().pk, action="reject", actor=senior, reason="insult")
    said = {"appeal_id": made(own).pk, "outcome": "overturned", "answer": "Yes."}
    assert refused(appeal_decide, actor=senior, **said)[0] == "permission_denied"
    assert refused(appeal_decide, actor=grace, **said)[0] == "permission_denied"
    assert state(own)[0] == "rejected"
    assert Appeal.objects.get().is_open


def test_what_a_rule_rejected_is_decided_by_a_person(reviewed: Callable[..., Review], senior: User) -> None:
    review = reviewed("rejected", decided_by="policy")
    row = Decision.objects.create(
        comment=review.comment, kind="policy", action="reject", from_state="unscored", to_state="rejected"
    )
    appeal_decide(appeal_id=made(row).pk, actor=senior, outcome="overturned", answer="The rule was wrong.")
    assert state(row) == ("approved", "person")


def test_a_decision_has_one_open_appeal_and_the_same_one_again_changes_nothing(
    rejection: Decision, senior: User
) -> None:
    first, new = appeal_make(decision_id=rejection.pk, text="Why?", appellant="r1")
    assert new
    assert appeal_make(decision_id=rejection.pk, text="Why?", appellant="r1") == (first, False)
    assert refused(made, rejection, text="Why indeed?")[0] == "conflict"
    appeal_decide(appeal_id=first.pk, actor=senior, outcome="upheld", answer="Because.")
    assert appeal_make(decision_id=rejection.pk, text="Why?", appellant="r1") == (first, False)
    assert made(rejection, text="Look again.").pk != first.pk


def test_an_appeal_comes_within_six_months(reviewed: Callable[..., Review]) -> None:
    def decided(days: int) -> Decision:
        comment, at = reviewed("rejected", decided_by="person").comment, timezone.now() - timedelta(days=days)
        return Decision.objects.create(
            comment=comment, kind="person", action="reject", from_state="pending", to_state="rejected", at=at
        )

    assert made(decided(183)).is_open
    assert refused(made, decided(185)) == ("conflict", "An appeal is made within 184 days of the decision.")


def test_only_a_rejection_that_stands_is_appealed_against(
    rejection: Decision, reviewed: Callable[..., Review], ada: User
) -> None:
    approved = decision_record(comment_id=reviewed().pk, action="approve", actor=ada)
    assert refused(made, approved)[0] == "conflict"
    undo = decision_undo(decision_id=rejection.pk, actor=ada)
    assert refused(made, rejection) == ("conflict", "The decision does not stand any more.")
    assert refused(made, undo)[0] == "conflict"
    again = decision_record(comment_id=rejection.comment_id or 0, action="reject", actor=ada)
    assert refused(made, rejection)[0] == "conflict"
    assert made(again).is_open


def test_bad_words_and_unknown_decisions_are_refused_by_name(
    rejection: Decision, elsewhere: Source, senior: User
) -> None:
    assert refused(made, rejection, text=" ") == ("validation_error", "/text")
    assert refused(made, rejection, text="x" * (TEXT_CHARACTERS + 1)) == ("validation_error", "/text")
    assert refused(made, rejection, sources=[elsewhere.pk])[0] == "not_found"
    assert refused(appeal_make, decision_id=0, text="Why?")[0] == "not_found"
    appeal = made(rejection)
    for said, pointer in (({"outcome": "dropped"}, "/outcome"), ({"answer": " "}, "/answer")):
        arguments = {"outcome": "upheld", "answer": "No.", **said}
        assert refused(appeal_decide, appeal_id=appeal.pk, actor=senior, **arguments) == ("validation_error", pointer)
    Moderator.objects.create(user=senior).sources.set([elsewhere])
    assert refused(appeal_decide, appeal_id=appeal.pk, actor=senior, outcome="upheld", answer="No.")[0] == "not_found"


@pytest.mark.parametrize("change", ["edit", "withdraw"])
def test_what_was_edited_or_withdrawn_is_not_approved_by_an_appeal(
    rejection: Decision, senior: User, change: str
) -> None:
    appeal, comment = made(rejection), Comment.objects.get(pk=rejection.comment_id)
    if change == "edit":
        comment_edit(comment=comment, text="Another text.")
    else:
        comment_withdraw(comment=comment)
    said = {"appeal_id": appeal.pk, "actor": senior, "answer": "It is gone."}
    assert refused(appeal_decide, outcome="overturned", **said)[0] == "conflict"
    assert appeal_decide(outcome="upheld", **said).outcome == "upheld"
    assert refused(appeal_decide, outcome="upheld", **said)[0] == "conflict"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def target(receiver: Receiver, settings: Any) -> tuple[WebhookTarget, str]:
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    return webhook_target_create(url=receiver.url)


def test_the_outcome_is_sent_signed_to_the_target_and_to_the_callback(
    receiver: Receiver, target: tuple[WebhookTarget, str], rejection: Decision, senior: User
) -> None:
    back = receiver.url.rstrip("/") + "/appeals/5"
    appeal = made(rejection, callback_url=back, appellant="r1")
    appeal_decide(appeal_id=appeal.pk, actor=senior, outcome="overturned", answer="A quotation.")
    # The rejection, and the ruling twice.
    assert deliveries_run().delivered == 3
    events = [Webhook(target[1]).verify(one.body, one.headers) for one in receiver.received]
    told = [event["data"]["appeal"] for event in events if event["type"] == "appeal.decided"]
    expected = {"id": appeal.pk, "decision": rejection.pk, "outcome": "overturned"}
    assert told == [{**expected, "appellant": "r1", "answer": "A quotation."}] * 2
    assert sorted(Delivery.objects.values_list("url", flat=True)) == ["", "", back]


def test_a_callback_goes_only_where_a_target_of_the_source_is(
    receiver: Receiver, target: tuple[WebhookTarget, str], rejection: Decision, elsewhere: Source, settings: Any
) -> None:
    for url in (
        "https://evil.example/",
        f"http://127.0.0.1:{receiver.port + 1}/",
        "file:///etc/passwd",
        "https://u@x/",
    ):
        assert refused(made, rejection, callback_url=url) == ("validation_error", "/callback_url")
    settings.MODERATION_WEBHOOKS_PRIVATE = False
    assert refused(made, rejection, callback_url=receiver.url) == ("validation_error", "/callback_url")
    settings.MODERATION_WEBHOOKS_PRIVATE = True
    target[0].sources.set([elsewhere])
    assert refused(made, rejection, callback_url=receiver.url) == ("validation_error", "/callback_url")
    target[0].sources.clear()
    webhook_target_disable(target=target[0])
    assert refused(made, rejection, callback_url=receiver.url) == ("validation_error", "/callback_url")


def test_the_report_has_the_overturned_share_and_the_median_time(
    reviewed: Callable[..., Review], ada: User, senior: User
) -> None:
    for outcome in ("overturned", "upheld", "upheld", "upheld"):
        row = decision_record(comment_id=reviewed().pk, action="reject", actor=ada)
        appeal = made(row)
        Appeal.objects.filter(pk=appeal.pk).update(made_at=timezone.now() - timedelta(hours=2))
        appeal_decide(appeal_id=appeal.pk, actor=senior, outcome=outcome, answer="So.")
    made(decision_record(comment_id=reviewed().pk, action="reject", actor=ada))
    day = timezone.localdate()
    day_snapshot(day=day)
    (found,) = report_read(name="appeals", question=Question(day, day, ("moderator",)))
    assert (found["moderator"], found["appealed"], found["reversed"], found["share"]) == ("ada", 4, 1, 0.25)
    assert found["p50_seconds"] == pytest.approx(7_200, rel=0.06)
    (overturned,) = report_read(name="overturned", question=Question(day, day, ("moderator",), {"moderator": "ada"}))
    assert (overturned["judged"], overturned["overturned"]) == (5, 1)


def test_erasing_the_comment_exports_and_empties_its_appeals_and_closes_the_open_one(
    receiver: Receiver, target: tuple[WebhookTarget, str], rejection: Decision, senior: User
) -> None:
    back = f"{receiver.url}?reader={WORD}"
    closed = made(rejection, text=f"First {WORD}.", appellant=WORD, callback_url=back)
    appeal_decide(appeal_id=closed.pk, actor=senior, outcome="upheld", answer=f"No, {WORD}.")
    still_open = made(rejection, text=f"Again {WORD}.")
    comment = Comment.objects.get(pk=rejection.comment_id)
    exported = json.loads(next(comment_export_lines(comment=comment)))["appeals"]
    assert [(one["text"], one["answer"]) for one in exported] == [
        (f"First {WORD}.", f"No, {WORD}."),
        (f"Again {WORD}.", ""),
    ]
    done = erasure_run(erasure=comment_erasure(comment=comment))
    assert done.counts["appeals"] == 2
    assert WORD not in str([list(Appeal.objects.values_list()), list(Delivery.objects.values_list())])
    closed.refresh_from_db()
    still_open.refresh_from_db()
    assert (closed.outcome, still_open.outcome) == ("upheld", "dropped")
    assert refused(appeal_decide, appeal_id=still_open.pk, actor=senior, outcome="upheld", answer="x")[0] == "conflict"
    assert deliveries_run().failed == 0
