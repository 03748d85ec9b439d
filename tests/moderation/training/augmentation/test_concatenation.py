"""Comments beside harmless ones keep their labels and spans, and what Perspective said of them alone is left out."""

from __future__ import annotations

from moderation.training.augmentation.concatenation import CONCATENATED, concatenated
from moderation.training.data.cleaning import key_of
from moderation.training.examples import Example

CALM = "The council met on Tuesday and moved the ferry's timetable to the second page of the paper."
HARMLESS = Example(CALM, "wikipedia", {"toxicity": 0.0})


def test_a_joined_text_has_the_sentence_its_labels_and_its_spans() -> None:
    labels = {"toxicity": 1.0, "perspective_toxicity": 0.9}
    rude = Example("You fool", "own", labels, 3.0, spans=((4, 8, 1.0),))
    found = list(concatenated([HARMLESS, rude], seed=1))
    assert len(found) == 4
    for one in found:
        assert CALM in one.text
        assert one.labels == {"toxicity": 1.0}
        assert (one.set, one.group) == ("own", CONCATENATED + key_of(rude.text))
        [(begin, end, _)] = one.spans or ()
        assert one.text[begin:end] == "fool"


def test_the_same_seed_joins_the_same() -> None:
    examples = [HARMLESS, *(Example(f"You fool {n}", "civil", {"toxicity": 1.0}) for n in range(40))]
    first, again, other = (list(concatenated(examples, seed)) for seed in (1, 1, 2))
    assert first == again != other
    assert 2 < len(first) < 25


def test_toxic_texts_and_what_perspective_finds_toxic_are_no_neighbours() -> None:
    neighbours = [
        Example(CALM, "wikipedia", {"toxicity": 1.0}),
        Example(CALM, "context", {"toxicity": 0.0, "perspective_toxicity": 0.6}),
        Example(CALM, "own", {"toxicity": 0.0}),
        Example(CALM, "wikipedia", {}),
    ]
    assert list(concatenated([*neighbours, Example("You fool", "own", {"toxicity": 1.0})], seed=1)) == []
