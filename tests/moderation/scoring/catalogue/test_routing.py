"""Which of several models a text goes to, and that it costs one call a model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.scoring import Refusal, Result, Router, Routing, Scorer, describe, look_in
from moderation.scoring.catalogue.descriptions import read_description
from moderation.scoring.catalogue.routing import languages_routed
from moderation.scoring.plans import plan

TURKISH = "Bence belediye bu konuda haksız ve kimseye hesap vermiyor."
RUSSIAN = "Мэр опять обманывает людей, и никто ему не отвечает."
ENGLISH = "I think that the council should listen to the people who live here."
FRENCH = "Je ne suis pas d'accord avec vous, le maire a déjà répondu aux habitants."
HINDI = "यह लेख बहुत अच्छा है।"
ROMANISED = "tum log kuch nahi jaante ho, yeh bahut galat hai"
CODES = st.sampled_from(["en", "tr", "ru", "es", "de", "fr", "hi-Latn"])


@pytest.fixture
def router(second_folder: Path) -> Iterator[Router]:
    look_in(second_folder.parent)
    yield Router(Routing((describe("compact"), describe("second"))), threads=1)
    look_in(None)


def models(results: list[Result | Refusal]) -> list[str]:
    return [one.model if isinstance(one, Result) else one.code for one in results]


def test_each_text_of_a_list_goes_to_the_model_that_serves_its_language(router: Router) -> None:
    found = router.score([ENGLISH, TURKISH, FRENCH, RUSSIAN, "LOL"])
    wanted = ["compact@6", "second@1", "language_not_supported", "second@1", "compact@6"]
    assert models(found) == wanted


def test_a_given_language_decides_whatever_the_text_looks_like(router: Router) -> None:
    assert models(router.score([ENGLISH, TURKISH], languages=["tr-TR", "en-GB"])) == ["second@1", "compact@6"]


def test_a_short_text_goes_to_the_model_of_where_it_comes_from(router: Router) -> None:
    assert models(router.score(["LOL"] * 3, fallbacks=["tr", "en", None])) == ["second@1", "compact@6", "compact@6"]


def test_a_list_costs_one_call_of_each_model_however_its_languages_alternate(
    router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, run = list[int](), Scorer.score_prepared

    def counted(self: Scorer, accepted: Any, **options: Any) -> Any:
        calls.append(len(accepted))
        return run(self, accepted, **options)

    monkeypatch.setattr(Scorer, "score_prepared", counted)
    router.score([ENGLISH, TURKISH] * 4, spans=True)
    assert calls == [4, 4]
    router.score([ENGLISH] * 3)
    assert calls == [4, 4, 3]


def test_the_scores_are_those_that_each_model_gives_by_itself(router: Router) -> None:
    [english, turkish] = router.score([ENGLISH, TURKISH], spans=True, perspective=True)
    alone = router.scorer("second@1").score([TURKISH], spans=True, perspective=True)
    assert alone == [turkish]
    assert router.scorer("compact@6").score([ENGLISH], spans=True, perspective=True) == [english]


def test_a_model_that_no_text_needs_is_not_opened(router: Router, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Scorer(describe("second"), threads=1)
    monkeypatch.setitem(router._scorers, "second@1", fresh)
    router.load()
    router.score([ENGLISH, FRENCH])
    assert fresh._opened is None
    router.score([TURKISH])
    assert fresh._opened is not None


def test_opening_a_model_says_how_much_memory_it_takes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "moderation.scoring")
    Scorer(describe("compact"), threads=1).load()
    [line] = [record.getMessage() for record in caplog.records if "was opened" in record.getMessage()]
    assert line.startswith("compact@6 was opened in ")
    assert line.endswith(" MB")


def test_a_refusal_names_what_each_model_serves(router: Router) -> None:
    [refusal] = router.score([FRENCH])
    assert isinstance(refusal, Refusal)
    assert "French (fr); compact@6 serves English (en), second@1 serves Turkish (tr), Russian (ru)," in refusal.detail
    assert "experimental" not in refusal.detail


@pytest.mark.parametrize(("text", "code"), [(HINDI, "hi"), (ROMANISED, "hi-Latn")])
def test_an_experimental_language_is_refused_by_name_and_says_so_until_it_is_named(
    router: Router, text: str, code: str
) -> None:
    [refusal] = router.score([text])
    assert isinstance(refusal, Refusal)
    assert refusal.language is not None
    assert refusal.language.code == code
    assert f"({code})" in refusal.detail
    assert "second@1 has it as experimental: MODERATION_EXPERIMENTAL_LANGUAGES does not name it" in refusal.detail
    for named in ({code}, {"all"}):
        allowed = Router(replace(router.routing, experimental=frozenset(named)), threads=1)
        assert models(allowed.score([text])) == ["second@1"]


def test_romanised_hindi_is_no_hindi(router: Router) -> None:
    allowed = Router(replace(router.routing, experimental=frozenset({"hi"})), threads=1)
    assert models(allowed.score([ROMANISED, HINDI, HINDI], languages=["hi-Latn", "hi", "hi-Latn-IN"])) == [
        "language_not_supported",
        "second@1",
        "language_not_supported",
    ]


def test_english_hidden_in_cyrillic_letters_is_not_russian(router: Router) -> None:
    [found] = router.score(["уоu аrе а ѕtuріd іdіоt аnd а mоrоn"])
    assert isinstance(found, Result)
    assert (found.model, found.language.code) == ("compact@6", "en")


def test_a_model_by_itself_serves_its_experimental_languages_too(router: Router) -> None:
    assert models(router.scorer("second@1").score([HINDI, ENGLISH], languages=["hi", "en"])) == [
        "second@1",
        "language_not_supported",
    ]


def test_a_language_that_a_file_lists_as_both_is_experimental(second_folder: Path, tmp_path: Path) -> None:
    text = (second_folder / "model.json").read_text(encoding="utf-8")
    (tmp_path / "model.json").write_text(text.replace('"tr", "ru"', '"tr", "hi", "ru"'), encoding="utf-8")
    assert read_description(tmp_path).languages == ("tr", "ru", "es", "de")


@given(st.lists(st.tuples(st.sets(CODES), st.sets(CODES)), min_size=1, max_size=4), st.sets(CODES))
def test_every_language_goes_to_the_first_model_that_serves_it_and_full_service_comes_first(
    given_models: list[tuple[set[str], set[str]]], allowed: set[str]
) -> None:
    compact = describe("compact")
    made = tuple(
        replace(compact, version=at, languages=tuple(full), experimental_languages=tuple(trial - full))
        for at, (full, trial) in enumerate(given_models, 1)
    )
    routes = languages_routed(made, allowed)
    for code in ("en", "tr", "ru", "es", "de", "fr", "hi-Latn"):
        serving = [one for one in made if code in one.languages]
        trying = [one for one in made if code in one.experimental_languages and code in allowed]
        assert routes.get(code) == next(iter([*serving, *trying]), None)
    routing = Routing(made, frozenset(allowed))
    assert sorted(code for one in made for code in routing.languages_of(one)) == sorted(routing.languages)
    assert not set(routing.on_trial) & set(routing.languages)


def test_the_turkish_russian_and_german_comments_of_the_demo_go_to_the_model_that_serves_them(router: Router) -> None:
    lines = (Path(__file__).parents[4] / "fixtures" / "comments.jsonl").read_text(encoding="utf-8").splitlines()
    texts = {row["external_id"]: row["text"] for row in map(json.loads, lines)}
    wanted = {"574": "tr", "677": "tr", "70235": "ru", "70276": "ru", "1203442": "de", "1203598": "de"}
    found = router.score([texts[name] for name in wanted])
    assert [one.language.code for one in found if one.language] == list(wanted.values())
    assert set(models(found)) == {"second@1"}


def test_no_english_comment_of_the_demo_is_taken_for_another_language(router: Router) -> None:
    lines = (Path(__file__).parents[4] / "fixtures" / "comments.jsonl").read_text(encoding="utf-8").splitlines()
    foreign = {"574", "677", "70235", "70276", "1203442", "1203598", "1203458"}
    rows = [row for row in map(json.loads, lines) if row["external_id"] not in foreign]
    plans = [plan(row["text"], None, None, router.routing) for row in rows]
    others = [
        row["external_id"] for row, one in zip(rows, plans, strict=True) if one.language and one.language.code != "en"
    ]
    assert others == []
