"""The queue before a scorer: what comes together is scored together, and who finds it full waits for a place."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.scoring import Language, Result, ScoringError
from moderation.scoring.queueing.admission import QueueFullError
from moderation.scoring.queueing.dynamic_batching import FIRST_RATE, DynamicBatcher

ENGLISH = Language("en", 1.0, "given")
# Longer than any wait of a test: who lingers so long is not served.
FOREVER = 100_000.0


class Recorder:
    """Stands in for a scorer: a score is the text's length, rounds are noted, and `gate` holds them back."""

    def __init__(self, *, gate: bool = False) -> None:
        self.rounds: list[tuple[str, ...]] = []
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        if not gate:
            self.gate.set()

    def score(
        self,
        texts: Sequence[str],
        *,
        languages: Sequence[str | None] | None = None,
        fallbacks: Sequence[str | None] | None = None,
        spans: bool = False,
        perspective: bool = False,
    ) -> list[Any]:
        self.rounds.append(tuple(texts))
        self.entered.release()
        self.gate.wait(120)
        if "poison" in texts:
            raise ScoringError("inference_failed", "it failed", retryable=True)
        outputs = {"perspective_toxicity": 0.5} if perspective else {}
        given = languages or [None] * len(texts)
        names = [own or other for own, other in zip(given, fallbacks or given, strict=True)]
        return [
            Result({"toxicity": float(len(text)), "spans": float(spans)}, outputs, f"{name}", 1, False, ENGLISH)
            for text, name in zip(texts, names, strict=True)
        ]


def held(**options: Any) -> tuple[Recorder, DynamicBatcher]:
    """A batcher with one worker that is busy with the text `first`."""
    recorder = Recorder(gate=True)
    batcher = DynamicBatcher(recorder, **options)
    batcher.submit(["first"])
    assert recorder.entered.acquire(timeout=120)
    return recorder, batcher


def test_a_lone_caller_gets_its_results_and_waits_for_nobody() -> None:
    recorder = Recorder()
    batcher = DynamicBatcher(recorder, linger=FOREVER)
    first, second = batcher.submit(["a", "bcd"], languages=["en", None]).result(120)
    assert (first.scores["toxicity"], second.scores["toxicity"]) == (1.0, 3.0)
    assert (first.model, second.model, first.perspective) == ("en", "None", {"perspective_toxicity": 0.5})


def test_what_comes_while_a_round_runs_makes_the_next_round() -> None:
    recorder, batcher = held()
    futures = [batcher.submit([f"text {number}"]) for number in range(7)]
    recorder.gate.set()
    wait(futures, timeout=120)
    assert recorder.rounds == [("first",), tuple(f"text {number}" for number in range(7))]
    assert [future.result()[0].scores["toxicity"] for future in futures] == [6.0] * 7


def test_a_round_ends_at_its_size_and_never_splits_a_job() -> None:
    recorder, batcher = held(round_characters=1000)
    jobs = [["a" * 600], ["b" * 300, "c" * 100], ["d" * 3000], ["e"]]
    futures = [batcher.submit(job) for job in jobs]
    recorder.gate.set()
    wait(futures, timeout=120)
    assert [[text[0] for text in texts] for texts in recorder.rounds[1:]] == [["a", "b", "c"], ["d"], ["e"]]


def test_jobs_that_ask_for_spans_are_not_mixed_with_others() -> None:
    recorder, batcher = held()
    futures = [batcher.submit([text], spans=text in "bc") for text in "abcd"]
    recorder.gate.set()
    wait(futures, timeout=120)
    assert recorder.rounds[1:] == [("a",), ("b", "c"), ("d",)]
    assert [future.result()[0].scores["spans"] for future in futures] == [0.0, 1.0, 1.0, 0.0]


def test_a_full_queue_refuses_at_once_counts_it_and_takes_again_when_it_has_room() -> None:
    recorder, batcher = held(round_characters=1000, patience=0)
    accepted = [batcher.submit(["a" * 500]), batcher.submit(["b" * 501])]
    # At once: nobody is served before the gate opens.
    with pytest.raises(QueueFullError) as refusal:
        batcher.submit(["c"])
    assert (refusal.value.code, refusal.value.retryable) == ("overloaded", True)
    assert (batcher.refused, batcher.waiting) == (1, 1001)
    recorder.gate.set()
    wait(accepted, timeout=120)
    assert batcher.score(["c"])[0].scores["toxicity"] == 1.0
    assert (batcher.refused, batcher.waiting) == (1, 0)


def test_a_queue_with_room_takes_a_job_of_any_size() -> None:
    recorder, batcher = held(round_characters=100, patience=0)
    large = batcher.submit(["a" * 5000])
    recorder.gate.set()
    assert large.result(120)[0].scores["toxicity"] == 5000.0


def test_a_text_of_one_letter_still_takes_a_place() -> None:
    _, batcher = held(round_characters=1000, patience=0)
    for _ in range(11):
        batcher.submit(["a"])
    with pytest.raises(QueueFullError):
        batcher.submit(["a"])


def test_a_queue_takes_so_many_callers_and_refuses_more_at_once_however_long_they_would_wait() -> None:
    recorder, batcher = held(max_callers=3)
    place = batcher.reserve(["a"])
    accepted = [batcher.submit(["b"])]
    with pytest.raises(QueueFullError):
        batcher.submit(["c"], wait=FOREVER)
    assert batcher.refused == 1
    accepted += [batcher.submit([text], place=place) for text in "de"]
    recorder.gate.set()
    wait(accepted, timeout=120)
    batcher.release(place)
    batcher.release(place)
    assert batcher.score(["f"])[0].scores["toxicity"] == 1.0


def test_who_finds_the_queue_full_waits_for_a_place_in_the_order_of_coming() -> None:
    recorder, batcher = held(round_characters=1000, patience=0)
    accepted = [batcher.submit(["a" * 1001])]
    with ThreadPoolExecutor(3) as pool:
        found = []
        for number in range(3):
            found.append(pool.submit(batcher.score, [f"{number}" * 1001], wait=FOREVER))
            while batcher.in_line <= number:
                time.sleep(0.001)
        assert (batcher.refused, batcher.waiting) == (0, 1001), "those in line take no room"
        recorder.gate.set()
        assert [future.result(120)[0].scores["toxicity"] for future in found] == [1001.0] * 3
    assert accepted[0].done()
    assert [texts[0][0] for texts in recorder.rounds] == ["f", "a", "0", "1", "2"]
    assert (batcher.refused, batcher.waiting, batcher.in_line) == (0, 0, 0)


def test_a_wait_that_is_over_is_a_refusal_and_leaves_nothing_behind() -> None:
    recorder, batcher = held(round_characters=1000, patience=0)
    accepted = batcher.submit(["a" * 1001])
    with pytest.raises(QueueFullError):
        batcher.submit(["b"], wait=0.01)
    assert (batcher.refused, batcher.waiting, batcher.in_line) == (1, 1001, 0)
    recorder.gate.set()
    accepted.result(120)
    assert batcher.score(["c"])[0].scores["toxicity"] == 1.0
    assert batcher.waiting == 0


def test_one_who_is_admitted_by_a_release_is_served() -> None:
    _, batcher = held(round_characters=100, patience=0)
    place = batcher.reserve(["a" * 500])
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(batcher.reserve, ["b"], wait=FOREVER)
        while not batcher.in_line:
            time.sleep(0.001)
        batcher.release(place)
        other = waits.result(120)
    assert batcher.waiting == 100
    batcher.release(other)
    assert (batcher.waiting, batcher.refused) == (0, 0)


class Slow(Recorder):
    """Takes a twentieth of a second for each round."""

    def score(self, texts: Sequence[str], **options: Any) -> list[Any]:
        time.sleep(0.05)
        return super().score(texts, **options)


def test_the_room_follows_the_rate_of_the_last_rounds() -> None:
    batcher = DynamicBatcher(Slow(), workers=2, patience=2.0, round_characters=1000)
    assert batcher.room == 2 * 2.0 * FIRST_RATE
    for _ in range(25):
        batcher.score(["a" * 1000])
    # A thousand characters in at least 0.05 s are at most 20,000 a second, for each of two workers.
    assert 1000 <= batcher.room < 2 * 2.0 * 20_100


def test_where_a_round_fails_only_the_job_at_fault_fails() -> None:
    recorder, batcher = held()
    futures = [batcher.submit([text]) for text in ("good", "poison", "fine")]
    recorder.gate.set()
    wait(futures, timeout=120)
    assert [future.exception() is None for future in futures] == [True, False, True]
    error = futures[1].exception()
    assert isinstance(error, ScoringError)
    assert (error.code, error.retryable) == ("inference_failed", True)


def test_languages_of_another_number_are_refused_before_they_mix_with_other_callers() -> None:
    with pytest.raises(ScoringError, match="invalid_arguments"):
        DynamicBatcher(Recorder()).submit(["a", "b"], languages=["en"])


def test_nothing_to_score_is_no_call() -> None:
    recorder = Recorder()
    assert DynamicBatcher(recorder).score([]) == []
    assert recorder.rounds == []


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.text(max_size=30), max_size=4), max_size=25), st.integers(1, 3))
def test_every_caller_gets_its_own_results_however_many_come_at_once(jobs: list[list[str]], workers: int) -> None:
    batcher = DynamicBatcher(Recorder(), workers=workers, round_characters=300, linger=0)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(batcher.score, jobs))
    assert [[result.scores["toxicity"] for result in results] for results in found] == [
        [float(len(text)) for text in job] for job in jobs
    ]


def test_the_embedded_model_gives_the_same_alone_and_batched(scorer: Any) -> None:
    texts = [f"You are a {word} and I told you so." for word in ("fool", "friend", "stupid idiot", "teacher", "liar")]
    alone = scorer.score(texts, languages=["en"] * 5, perspective=True)
    batcher = DynamicBatcher(scorer, workers=2)
    with ThreadPoolExecutor(5) as pool:
        batched = list(pool.map(lambda text: batcher.score([text], languages=["en"])[0], texts))
    for one, other in zip(alone, batched, strict=True):
        assert one.perspective == pytest.approx(other.perspective, abs=0.02)


def test_fallbacks_go_with_their_texts() -> None:
    recorder, batcher = held()
    futures = [
        batcher.submit(["a", "b"], languages=["en", None], fallbacks=["de", "fr"]),
        batcher.submit(["c"]),
        batcher.submit(["d"], fallbacks=["tr"]),
    ]
    recorder.gate.set()
    found = [result.model for future in futures for result in future.result(120)]
    assert found == ["en", "fr", "None", "tr"]
    with pytest.raises(ScoringError, match="invalid_arguments"):
        batcher.submit(["a"], fallbacks=[])


def test_a_place_counts_until_its_texts_come_and_is_its_callers_until_the_release() -> None:
    recorder, batcher = held(max_callers=2)
    place = batcher.reserve(["a" * 300])
    assert batcher.waiting == 300
    futures = [batcher.submit(["a" * 300], place=place), batcher.submit(["b" * 200], place=place)]
    assert batcher.waiting == 500
    for refused in (lambda: batcher.submit(["b"]), lambda: batcher.reserve(["b"])):
        with pytest.raises(QueueFullError):
            refused()
    recorder.gate.set()
    assert [future.result(120)[0].scores["toxicity"] for future in futures] == [300.0, 200.0]
    batcher.release(place)
    batcher.release(place)
    batcher.release(batcher.reserve(["a"]))
    assert batcher.waiting == 0


def test_what_nobody_waits_for_any_more_is_not_scored() -> None:
    recorder, batcher = held()
    gone, stays = batcher.submit(["gone"]), batcher.submit(["stays"])
    assert gone.cancel()
    recorder.gate.set()
    assert stays.result(120)[0].scores["toxicity"] == 5.0
    assert recorder.rounds == [("first",), ("stays",)]
    assert batcher.waiting == 0


def test_a_queue_of_cancelled_requests_alone_serves_the_next_one() -> None:
    recorder, batcher = held()
    assert batcher.submit(["gone"]).cancel()
    recorder.gate.set()
    assert batcher.score(["abc"])[0].scores["toxicity"] == 3.0
