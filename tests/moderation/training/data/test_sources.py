"""Sets are read with what they say, and nothing that they do not say."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from moderation.scoring.results import ATTRIBUTES
from moderation.training.augmentation.sentence_crops import CROPPED
from moderation.training.data.civil import civil_spans
from moderation.training.data.own import own_examples
from moderation.training.data.sources import paradetox, read_all, tweets, wikipedia_six
from moderation.training.examples import SETS, Example, TrainingError, read_examples, write_examples


def test_every_set_is_read(data: Path) -> None:
    counts = Counter(one.set for one in read_all(data))
    assert set(counts) == set(SETS) - {CROPPED}  # made of the others, later
    assert (counts["wikipedia"], counts["context"], counts["perspective"], counts["civil"]) == (93, 16, 8, 3)


def test_a_missing_folder_is_named(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "data")
    shutil.rmtree(copy / "civil-spans")
    with pytest.raises(TrainingError, match="no folder civil-spans"):
        list(read_all(copy))


def test_a_row_of_another_form_is_an_error_that_names_the_folder(data: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(data, tmp_path / "data")
    (copy / "wikipedia-toxic" / "text_comment_1.csv").write_text("comment_text,labels\nHello,perhaps\n")
    with pytest.raises(TrainingError, match="wikipedia-toxic: a row"):
        list(read_all(copy))


def test_labels_that_were_never_given_are_absent_and_not_zero(data: Path) -> None:
    assert [one.labels for one in wikipedia_six(data / "wikipedia-six-labels") if "77" in one.text] == [{}]


def test_annotators_who_called_a_comment_harmless_count_and_so_do_those_who_called_all_of_it_toxic(data: Path) -> None:
    first, second, agreed = civil_spans(data / "civil-spans")
    assert first.labels["toxicity"] == 0.75
    assert (first.labels["insult"], first.labels["threat"]) == (0.5, 0.25)
    assert first.spans == ((4, 8, 0.5), (10, 14, 0.25))
    assert (second.labels["toxicity"], second.spans) == (0.0, ())
    assert (agreed.text[:4], agreed.spans) == ("Idle", ((0, 4, 1.0),))


def test_tweets_lose_what_is_not_their_text_and_keep_shares(data: Path) -> None:
    last = list(tweets(data / "tweets-davidson"))[-1]
    assert last.text == "fish & chips at noon"
    assert last.labels == {"toxicity": 0.5, "identity_attack": 0.25}


def test_a_sentence_and_its_rewrites_stay_together(data: Path) -> None:
    found = list(paradetox(data / "paradetox"))
    assert [one.labels["toxicity"] for one in found] == [1.0, 0.0, 0.0]
    assert len({one.group for one in found}) == 1


def test_the_project_s_own_sentences_are_each_there_once_with_known_labels() -> None:
    found = list(own_examples())
    assert len({one.text for one in found}) == len(found) > 150
    assert all(set(one.labels) == set(ATTRIBUTES) for one in found)
    assert all(0.0 <= share <= 1.0 for one in found for share in one.labels.values())
    attacks = ("threat", "insult", "identity_attack")
    assert all(one.labels["toxicity"] >= 0.5 for one in found if max(one.labels[name] for name in attacks) >= 0.5)


def test_examples_are_written_and_read_unchanged(tmp_path: Path) -> None:
    examples = [
        Example("Ünal said \u2028 so.", "own", {"threat": 1.0}, 3.0),
        Example("You fool", "civil", {"toxicity": 0.5, "perspective_insult": 0.25}, spans=((4, 8, 1.0),), group="g"),
        Example("Nothing", "civil", {}, spans=(), agreed=True),
    ]
    write_examples(tmp_path / "x.jsonl", examples)
    assert list(read_examples(tmp_path / "x.jsonl")) == examples
