"""`benchmark scoring` measures the embedded model's weights in both engines; how fast is for a quiet machine."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from moderation.benchmarks.engine import scoring
from moderation.benchmarks.engine.scoring import ScoringPlan, planned_texts, run_engine
from moderation.benchmarks.engine.speed import operations
from moderation.benchmarks.scratch import BenchmarkError

pytestmark = pytest.mark.filterwarnings("ignore")

FIGURES = {
    "comments_per_second", "ratio_to_detoxify", "ratio_to_detoxify_best", "share_of_peak", "memory_megabytes",
    "ready_seconds", "one_comment_ms", "share_of_tokenising", "share_of_normalising_and_language", "precision",
}  # fmt: skip


def test_the_command_measures_both_engines_without_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "MODELS", ("compact",))
    texts, path = tmp_path / "texts.txt", tmp_path / "figures.json"
    texts.write_text("You fool!\nThe harbour needs a longer pier.\nThank you, well said.\n", encoding="utf-8")
    out = StringIO()
    call_command("benchmark", "scoring", "--texts", str(texts), "--count", "2", "--json", str(path), stdout=out)
    figures = json.loads(path.read_text())["scoring"]
    assert (figures["texts"], figures["seeded"]) == (2, False)
    compact = figures["compact"]
    assert set(compact) >= FIGURES
    assert compact["parity"]["largest"] < 0.01
    lists, alone = (compact["detoxify"][name] for name in ("lists_per_second", "one_at_a_time_per_second"))
    assert compact["ratio_to_detoxify"] == pytest.approx(compact["comments_per_second"] / lists, rel=0.01)
    assert compact["ratio_to_detoxify_best"] == pytest.approx(
        compact["comments_per_second"] / max(lists, alone), rel=0.01
    )
    assert compact["memory_megabytes"] > 50
    assert "scoring compact: " in out.getvalue()


def test_a_process_that_fails_is_said_in_one_line() -> None:
    with pytest.raises(BenchmarkError, match="engine ended with status 1"):
        run_engine({"kind": "engine", "models": "nowhere", "model": "none", "texts": ["One."]})


def test_the_arithmetic_is_that_of_the_graph() -> None:
    shape = {"layers": 2, "hidden_size": 4, "intermediate_size": 8}
    weights = 4 * 4 * 4 + 2 * 4 * 8
    whole = 2 * 3 * weights + 2 * (2 * 3 * 3 * 4)
    last = 2 * 3 * (2 * 4 * 4) + 2 * (weights - 2 * 4 * 4) + 2 * (2 * 3 * 4)
    assert operations(shape, 3) == whole + last


def test_without_texts_there_are_seeded_ones_and_a_file_gives_a_sample() -> None:
    assert len(planned_texts(ScoringPlan(count=7))) == 7
    given = [f"Comment {i}" for i in range(40)]
    sample = planned_texts(ScoringPlan(given, 5))
    assert sample == planned_texts(ScoringPlan(given, 5))
    assert len(set(sample)) == 5
    assert set(sample) <= set(given)
