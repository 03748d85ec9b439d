"""Which models are active, in which order, and who serves which language; with a second real model beside compact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review
from moderation.policies import BUILT_IN_POLICY
from moderation.scoring.thresholds import own_thresholds
from moderation.services.batch_scoring.options import ScoreOptions
from moderation.services.batch_scoring.run import comments_score
from moderation.services.errors import ServiceError
from moderation.services.model_versions import (
    languages_allowed,
    model_activate,
    model_active,
    model_check,
    model_deactivate,
    model_serving,
    models_active,
    models_in_use,
    models_ordered,
)

pytestmark = pytest.mark.django_db
Make = Callable[..., Comment]
TURKISH = "Bence belediye bu konuda haksız ve kimseye hesap vermiyor."
HINDI = "यह लेख बहुत अच्छा है।"


def row(name: str, *languages: str, version: int = 1, active: bool = True) -> ModelVersion:
    columns = {"sha256": "0" * 64, "attributes": ["toxicity"], "languages": list(languages), "active": active}
    return ModelVersion.objects.create(name=name, version=version, **columns)


def active() -> list[str]:
    return [str(model) for model in models_ordered(ModelVersion.objects.filter(active=True))]


def test_the_first_use_activates_every_model_that_is_named(second: str) -> None:
    assert [str(model) for model in models_active()] == ["compact@6", second]
    assert str(model_active()) == "compact@6"
    assert ModelVersion.objects.get(name="second").experimental_languages == ["hi", "hi-Latn", "ko"]


def test_of_the_default_models_those_that_are_not_installed_are_no_fault(settings: Any) -> None:
    settings.MODERATION_MODELS = []
    assert "compact@6" in [str(model) for model in models_active()]


def test_a_named_model_that_is_not_installed_is_refused_by_name(settings: Any) -> None:
    settings.MODERATION_MODELS = ["compact", "nowhere"]
    with pytest.raises(ServiceError, match="no model 'nowhere'") as caught:
        models_active()
    assert caught.value.errors[0].pointer == "/MODERATION_MODELS"
    assert not ModelVersion.objects.filter(active=True).exists()


def test_the_order_is_that_of_the_setting(second: str, settings: Any) -> None:
    settings.MODERATION_MODELS = ["second", "compact"]
    assert [str(model) for model in models_active()] == [second, "compact@6"]
    assert models_in_use().routing.languages == ("tr", "ru", "es", "de", "en")


def test_a_model_that_was_not_named_is_activated_beside_the_others(second: str, settings: Any) -> None:
    settings.MODERATION_MODELS = []
    assert "second@1" not in [str(model) for model in models_active()]
    model_activate(label=second)
    assert {"compact@6", second} <= set(active())
    assert str(model_serving("tr")) == second
    assert str(model_serving("en-GB")) == "compact@6"


def test_activating_another_version_of_a_name_ends_the_earlier_one(second: str) -> None:
    models_active()
    ModelVersion.objects.filter(name="second").update(active=False)
    row("second", "tr", version=9)
    model_activate(label=second)
    assert active() == ["compact@6", "second@1"]
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.filter(name="second").update(active=True)


def test_a_model_that_is_left_no_language_ends_being_active(second: str) -> None:
    row("older", "tr", "ru")
    models_active()
    model_activate(label="compact")
    model_activate(label=second)
    assert active() == ["compact@6", "second@1"]


def test_who_activates_a_model_wants_it_to_serve_whatever_the_order(second: str, settings: Any) -> None:
    settings.MODERATION_MODELS = ["covers", "second"]
    row("covers", "tr", "ru", "es", "de")
    model_activate(label=second)
    assert active() == ["second@1"]


def test_going_back_to_a_named_model_ends_one_that_competes_with_it(second: str, settings: Any) -> None:
    settings.MODERATION_MODELS = ["compact"]
    row("ours", "en", "fr")
    row("others", "fr")
    model_activate(label="compact")
    assert active() == ["others@1", "compact@6"]


def test_deactivating_leaves_the_languages_to_the_others_and_the_last_one_stays(second: str) -> None:
    models_active()
    assert str(model_deactivate(label="second")) == second
    assert active() == ["compact@6"]
    for label, reason in (("compact", "only active model"), ("second@1", "is not active"), ("x", "is not active")):
        with pytest.raises(ServiceError, match=reason):
            model_deactivate(label=label)


def test_a_language_that_nobody_serves_is_told_with_those_served(second: str) -> None:
    with pytest.raises(ServiceError, match="No active model serves fr; served are en, tr, ru, es, de"):
        model_serving("fr")


@pytest.mark.parametrize(
    ("given", "read"),
    [(["hi-latn", " ko "], {"hi-Latn", "ko"}), (["ALL"], {"all"}), ([""], set()), (["pt-BR"], {"pt"})],
)
def test_experimental_languages_are_read_as_tags(settings: Any, given: list[str], read: set[str]) -> None:
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = given
    assert languages_allowed() == read


def test_what_was_refused_is_scored_once_its_model_is_active_and_once_its_language_is_named(
    make_comment: Make, second: str, settings: Any
) -> None:
    turkish, hindi = make_comment(TURKISH), make_comment(HINDI)
    model_activate(label="compact")
    assert comments_score(options=ScoreOptions()).refused == {"language_not_supported": 2}
    model_activate(label=second)
    assert list(Comment.objects.unscored()) == [turkish]
    assert comments_score(options=ScoreOptions()).by_model == {second: 1}
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["hi"]
    assert comments_score(options=ScoreOptions()).done == 0
    model_activate(label=second)
    assert list(Comment.objects.unscored()) == [hindi]
    comments_score(options=ScoreOptions())
    assert str(Review.objects.get(pk=hindi.pk).score.model) == second  # type: ignore[union-attr]


def test_rescoring_takes_what_was_refused_for_a_language_that_is_named_now(
    make_comment: Make, second: str, settings: Any
) -> None:
    make_comment(HINDI)
    comments_score(options=ScoreOptions())
    assert comments_score(options=ScoreOptions(rescore=True)).done == 0
    settings.MODERATION_EXPERIMENTAL_LANGUAGES = ["all"]
    assert comments_score(options=ScoreOptions(rescore=True)).by_model == {second: 1}


@pytest.fixture
def table(second_folder: Path) -> Iterator[Callable[[str], None]]:
    """Writes the second model's thresholds by language."""
    path = second_folder / "thresholds.json"

    def write(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        own_thresholds.cache_clear()

    yield write
    path.unlink(missing_ok=True)
    own_thresholds.cache_clear()


def test_the_built_in_policy_gets_the_thresholds_of_the_languages_that_are_served(
    second: str, table: Callable[[str], None], make_comment: Make
) -> None:
    table('{"tr": {"toxicity": 0.01}, "fr": {"toxicity": 0.2}, "hi": {"toxicity": 0.3}}')
    model_activate(label="compact")
    english, turkish = make_comment("The ferry leaves at nine."), make_comment(TURKISH)
    assert PolicyVersion.objects.get(active=True).body == BUILT_IN_POLICY
    model_activate(label=second)
    version = PolicyVersion.objects.get(active=True)
    assert version.body["rules"][0]["when"]["any"][0]["by_language"] == {"tr": 0.01}
    comments_score(options=ScoreOptions())
    assert Review.objects.get(pk=turkish.pk).verdict["reasons"][0]["threshold"] == 0.01
    assert Review.objects.get(pk=english.pk).state == "passed"
    model_activate(label=second)
    assert PolicyVersion.objects.get(active=True) == version, "the same again is no other version"
    model_deactivate(label="second")
    assert PolicyVersion.objects.get(active=True).body == BUILT_IN_POLICY


def test_a_policy_of_ones_own_keeps_its_thresholds(
    second: str, table: Callable[[str], None], write_policy: Callable[..., int]
) -> None:
    write_policy(("r", "queue", 0.5))
    ModelVersion.objects.all().delete()
    table('{"tr": {"toxicity": 0.01}}')
    models_active()
    assert PolicyVersion.objects.get(active=True).body == BUILT_IN_POLICY


@pytest.mark.parametrize("text", ["{", "[]", '{"tr": {"toxicity": 2}}', '{"tr": {"fun": 0.5}}', '{"tr": 0.5}'])
def test_a_table_that_cannot_be_read_is_logged_and_changes_nothing(
    second: str, table: Callable[[str], None], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    table(text)
    assert [str(model) for model in models_active()] == ["compact@6", second]
    assert PolicyVersion.objects.get(active=True).body == BUILT_IN_POLICY
    assert "thresholds_unreadable" in caplog.text


def test_the_check_covers_every_active_model(second: str, second_folder: Path) -> None:
    models_active()
    model_check()
    file, kept = second_folder / "tokenizer.json", (second_folder / "tokenizer.json").read_bytes()
    file.write_bytes(kept[: len(kept) // 2])
    try:
        with pytest.raises(Exception, match=r"second@1|tokenizer"):
            model_check()
    finally:
        file.write_bytes(kept)
    ModelVersion.objects.filter(name="second").update(sha256="0" * 64)
    with pytest.raises(Exception, match="registered with another checksum"):
        model_check()
