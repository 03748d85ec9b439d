"""The embedded model itself: known scores, alone, batched, in parallel, and results in the order of the texts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import ATTRIBUTES, Refusal, Result, Scorer, ScoringError, open_scorer

# In the order of ATTRIBUTES, computed by float32 torch from the checkpoint.
CANONICAL = {
    "Thank you for a clear and well written article.": (0.0045, 0.0043, 0.0004, 0.0321, 0.0066, 0.0132, 0.0264),
    "You are a stupid liar and everybody knows it.": (0.8928, 0.0487, 0.2701, 0.0338, 0.8304, 0.1567, 0.0484),
    "Shut up, you worthless idiot, or I will come and hurt you.": (
        0.9419,
        0.0503,
        0.3137,
        0.0347,
        0.8293,
        0.1824,
        0.0448,
    ),
    "The council will vote on the budget on Tuesday.": (0.0087, 0.0029, 0.0004, 0.0192, 0.0053, 0.0118, 0.0168),
    "What a load of crap, who wrote this shit?": (0.9359, 0.1529, 0.9920, 0.0525, 0.7636, 0.1445, 0.1334),
    "All of these people are animals and should be thrown out of our country.": (
        0.9502,
        0.0551,
        0.0073,
        0.0961,
        0.3161,
        0.7892,
        0.0345,
    ),
}
TEXTS = list(CANONICAL)
# Against float32 torch; bfloat16 moves a probability by less than this, float32 by a millionth.
TOLERANCE = 0.01
# The same text alone or among others, on one machine: other shapes round in another order.
REPEATED = 0.003


def scores_of(scorer: Scorer, texts: list[str]) -> list[tuple[float, ...]]:
    results = scorer.score(texts)
    assert all(isinstance(result, Result) for result in results)
    return [tuple(result.scores.values()) for result in results if isinstance(result, Result)]


def near(scores: tuple[float, ...], tolerance: float) -> object:
    return pytest.approx(scores, abs=tolerance)


@pytest.mark.parametrize("text", TEXTS)
def test_the_known_scores_of_a_text_come_out(scorer: Scorer, text: str) -> None:
    [result] = scorer.score([text])
    assert isinstance(result, Result)
    assert tuple(result.scores) == ATTRIBUTES
    assert tuple(result.scores.values()) == near(CANONICAL[text], TOLERANCE)
    assert (result.model, result.windows, result.normalised, result.perspective) == ("compact@6", 1, False, {})


def test_a_batch_gives_the_scores_that_each_text_has_alone(scorer: Scorer) -> None:
    filler = [f"Comment number {i} says that the harbour needs {'a very ' * (i % 40)}long pier." for i in range(120)]
    together = scores_of(scorer, TEXTS + filler)
    alone = [scores_of(scorer, [text])[0] for text in TEXTS + filler[:5]]
    for one, among_others in zip(alone, together, strict=False):
        assert one == near(among_others, REPEATED)


def test_callers_in_parallel_get_the_scores_that_each_has_alone() -> None:
    scorer = open_scorer("compact", threads=2)
    alone = scores_of(scorer, TEXTS)
    with ThreadPoolExecutor(6) as callers:
        for found in callers.map(lambda i: scores_of(scorer, TEXTS[i % 3 :] + TEXTS[: i % 3]), range(24)):
            unrolled = dict.fromkeys(found)
            assert len(unrolled) == len(TEXTS)
        parallel = list(callers.map(lambda text: scores_of(scorer, [text])[0], TEXTS * 4))
    for expected, scores in zip(alone * 4, parallel, strict=True):
        assert scores == near(expected, REPEATED)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from([*TEXTS, "!!!", "Das ist doch alles nur ein ganz schlechter Witz."]), max_size=12))
def test_results_come_back_in_the_order_of_the_texts(scorer: Scorer, texts: list[str]) -> None:
    results = scorer.score(texts)
    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        if text in CANONICAL:
            assert isinstance(result, Result)
            assert tuple(result.scores.values()) == near(CANONICAL[text], TOLERANCE)
        else:
            assert isinstance(result, Refusal)


def test_equal_texts_are_run_once(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = scorer.load()
    seen: list[int] = []
    run = session.run

    def counted(windows: list[tuple[int, ...]], outputs: int) -> object:
        seen.append(len(windows))
        return run(windows, outputs)

    monkeypatch.setattr(session, "run", counted)
    results = scorer.score([TEXTS[0], TEXTS[1]] * 50)
    assert seen == [2]
    assert results[0] == results[98]
    assert results[1] == results[99] != results[0]


def test_no_texts_give_no_results(scorer: Scorer) -> None:
    assert scorer.score([]) == []


def test_perspective_outputs_come_only_when_they_are_asked_for(scorer: Scorer) -> None:
    [plain] = scorer.score(TEXTS[1:2])
    [asked] = scorer.score(TEXTS[1:2], perspective=True)
    assert isinstance(plain, Result)
    assert isinstance(asked, Result)
    assert plain.perspective == {}
    assert tuple(asked.perspective) == scorer.description.perspective
    assert all(name.startswith("perspective_") and 0 <= value <= 1 for name, value in asked.perspective.items())
    assert asked.perspective["perspective_toxicity"] > 0.7
    assert asked.scores == plain.scores


def test_half_a_surrogate_pair_and_a_nul_do_not_stop_a_batch(scorer: Scorer) -> None:
    results = scorer.score(["a broken \ud83d emoji \udc4d in this comment", "a nul \0 in this comment", TEXTS[1]])
    assert all(isinstance(result, Result) for result in results)


def test_languages_of_another_length_than_the_texts_are_an_error(scorer: Scorer) -> None:
    with pytest.raises(ScoringError) as caught:
        scorer.score(TEXTS, languages=["en"])
    assert (caught.value.code, caught.value.retryable) == ("invalid_arguments", False)


def test_an_insult_scores_above_a_thank_you_in_every_attribute_it_is_about(scorer: Scorer) -> None:
    kind, rude, ruder = scores_of(scorer, ["Thank you, well said.", "You are wrong.", "You are a damn stupid moron."])
    for name in ("toxicity", "insult"):
        column = ATTRIBUTES.index(name)
        assert all(low[column] < high[column] for low, high in pairwise((kind, rude, ruder)))
    obscene = ATTRIBUTES.index("obscene")
    assert max(kind[obscene], rude[obscene]) < 0.05 < ruder[obscene]
