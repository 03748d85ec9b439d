"""`benchmark terms` scores and matches the same texts, and says what matching costs beside scoring."""

import json
from pathlib import Path

from django.core.management import call_command

from moderation.benchmarks.judging.term_lists import terms_make
from moderation.scoring.terms import TermMatcher


def test_matching_is_measured_beside_scoring_without_a_database(tmp_path: Path) -> None:
    texts, path = tmp_path / "texts.txt", tmp_path / "figures.json"
    texts.write_text("You fool!\nThe harbour needs a longer pier.\n", encoding="utf-8")
    options = {"texts": texts, "count": 2, "entries": 1000, "json": path}
    call_command("benchmark", "terms", **options)
    figures = json.loads(path.read_text())["terms"]
    assert (figures["texts"], figures["entries"]) == (2, 1000)
    assert 0 < figures["matching_cpu_us_per_text"] < figures["scoring_cpu_us_per_text"]
    share = figures["matching_cpu_us_per_text"] / figures["scoring_cpu_us_per_text"]
    assert abs(figures["share_of_scoring"] - share) < 0.001


def test_the_entries_are_the_same_each_time_and_of_every_kind() -> None:
    terms = list(terms_make(200))
    assert terms == list(terms_make(200))
    assert {(term.stem, term.allow, " " in term.term) for term in terms} == {
        (False, False, False),
        (False, False, True),
        (False, True, False),
        (True, False, False),
    }
    phrase = terms[5].term
    assert list(TermMatcher(terms).hits(f"He said {phrase} twice.")) == ["phrases"]
