"""The command: what it prints, its exit status, and what it refuses. The scorer behind it is the embedded model."""

import io
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from archive.models import Article, Comment, Source
from moderation.management.arguments import parse_shard, parse_since
from moderation.management.commands import score_comments
from moderation.management.signals import stop_on_signals
from moderation.models import Claim, ModelVersion, Score
from moderation.services.batch_scoring import run
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score_plan

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]
ABUSE = "You are a pathetic moron and everybody here hates you, you stupid piece of garbage."
CANARY = "canary-51aa"


@pytest.fixture(autouse=True)
def one_thread(settings: Any) -> None:
    settings.MODERATION_THREADS = 1


def call(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_the_summary_counts_what_became_of_the_comments(make_comment: Make) -> None:
    make_comment(ABUSE)
    make_comment("The ferry leaves at nine.")
    make_comment("?!")
    make_comment("Gone.", origin_state="deleted")
    out = call("score_comments")
    assert "2 comments scored by compact@6 in " in out
    assert "texts sent to the model: 3; again for their spans: 1" in out
    assert "flagged: 2; states: passed 1, pending 2" in out
    assert "refused, no_text: 1" in out
    assert "closed because they were withdrawn, erased or deleted: 1" in out


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(make_comment: Make) -> None:
    make_comment(ABUSE)
    out = call("score_comments", "--dry-run")
    assert out.splitlines() == ["Would score 1 comments with compact@6; nothing was written.", "  harbor-times: 1"]
    assert not Score.objects.exists()
    assert not ModelVersion.objects.exists()


def test_a_comment_that_is_set_aside_is_named_and_the_status_is_1(
    make_comment: Make, scorer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    class Fragile:
        def score(self, texts: Any, **options: Any) -> Any:
            if any(CANARY in text for text in texts):
                raise ValueError(texts)
            return scorer.score(texts, **options)

    monkeypatch.setattr(run, "models_scorer", lambda _version: Fragile())
    comment = make_comment(f"A {CANARY}.")
    make_comment("The ferry leaves at nine.")
    with pytest.raises(CommandError) as caught:
        call("score_comments")
    assert caught.value.returncode == 1
    assert f"set aside: {comment.pk} (ValueError)" in str(caught.value)
    assert CANARY not in str(caught.value) + caplog.text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--shard", "x"],
        ["--shard", "1-2"],
        ["--shard", "0/2"],
        ["--since", "yesterday"],
        ["--since", "2021-13-01"],
        ["--batch-size", "0"],
        ["--limit", "-1"],
        ["--source", "nowhere"],
        ["--model", "nobody"],
    ],
)
def test_wrong_usage_is_told_and_the_status_is_2(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as caught:
        call("score_comments", *arguments)
    assert caught.value.returncode == 2


def test_a_failing_database_is_named_without_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError(f"Failing row contains {CANARY}")

    monkeypatch.setattr(score_comments, "comments_score", fail)
    with pytest.raises(CommandError) as caught:
        call("score_comments")
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_model_whose_files_are_gone_is_told_with_the_way_out() -> None:
    ModelVersion.objects.create(name="compact", version=999, sha256="0" * 64, attributes=[], languages=[], active=True)
    with pytest.raises(CommandError, match="model activate compact@"):
        call_command("score_comments")


def test_dates_and_shards_are_read() -> None:
    assert parse_since("2021-11-16") == datetime(2021, 11, 16, tzinfo=UTC)
    assert parse_since("2021-11-16T12:30:00+02:00") == datetime(2021, 11, 16, 10, 30, tzinfo=UTC)
    assert parse_shard("2/3") == (2, 3)


def test_models_are_listed_with_the_active_one_marked_and_can_be_activated() -> None:
    assert "  compact@6  en  (not used yet)" in call("model", "list")
    ModelVersion.objects.create(name="older", version=3, sha256="0" * 64, languages=["en", "de"])
    assert "compact@6 is active" in call("model", "activate", "compact@6")
    lines = call("model", "list").splitlines()
    assert lines[:2] == ["* compact@6  en", "  older@3  en, de  (its files are missing)"]
    assert lines[2].startswith("  world@1  tr, zh, ko  (not used yet; experimental: cs, de, es")
    assert lines[3] == "  detoxify-original  en  (not converted: manage.py convert_model detoxify-original)"
    assert len(lines) == 3 + 5
    with pytest.raises(CommandError, match="no model"):
        call("model", "activate", "nobody@1")


def test_signals_are_as_they_were_after_a_run() -> None:
    import signal

    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        assert signal.getsignal(signal.SIGTERM) == before, "a second signal ends the process as usual"
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_dry_run_with_a_limit_counts_no_more_by_source_than_in_all(
    make_comment: Callable[..., Comment], elsewhere: Source
) -> None:
    article = Article.objects.create(source=elsewhere, external_id="a", title="A")
    aside = make_comment()
    Claim.objects.create(comment=aside, set_aside_at=timezone.now(), error="scoring_failed")
    for _ in range(3):
        make_comment()
        make_comment(source=elsewhere, article=article)
    plan = comments_score_plan(options=ScoreOptions(limit=4))
    assert (plan.total, plan.by_source, plan.set_aside) == (4, {"harbor-times": 2, "elsewhere": 2}, 1)
    assert comments_score_plan(options=ScoreOptions()).by_source == {"harbor-times": 3, "elsewhere": 3}
