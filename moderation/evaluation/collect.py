"""Scores labelled texts through the whole engine and keeps only numbers, from which `evaluate_model` makes its figures.

For the figures of evasion, a toxic text is scored again with its toxic words disguised, once for each kind of disguise:
the annotated words, or without annotation those of the engine's list of abuse.
"""

import random
import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from moderation.evaluation.agreement import Pairs, batched, fold_of
from moderation.evaluation.samples import HATEFUL, Sample
from moderation.scoring import ModelDescription, Refusal, Result, Scorer
from moderation.scoring.metrics.identity_terms import terms_in
from moderation.scoring.metrics.perturbations import KINDS, disguise, word_ranges
from moderation.scoring.metrics.quality import Flags, Floats, character_f1
from moderation.scoring.perspective import outputs_served
from moderation.scoring.text.words.word_lists import abusive

TEXTS_AT_ONCE = 32
HALF = 0.5
NOISED: Final = "toxicity"
HATE: Final = ("toxicity", "identity_attack")
WORD = re.compile(r"[^\W\d_]+")


@dataclass(slots=True)
class Judged:
    """The rows of one label: our score, people's share, the group and the identity terms of each."""

    scores: "array[float]" = field(default_factory=lambda: array("d"))
    shares: "array[float]" = field(default_factory=lambda: array("d"))
    groups: list[str] = field(default_factory=list)
    terms: list[frozenset[str]] = field(default_factory=list)

    def add(self, score: float, share: float, group: str, terms: frozenset[str]) -> None:
        """Adds a row."""
        self.scores.append(score)
        self.shares.append(share)
        self.groups.append(group)
        self.terms.append(terms)

    def arrays(self) -> tuple[Floats, Floats]:
        """Returns scores and shares."""
        return np.array(self.scores), np.array(self.shares)

    def of_group(self, group: str) -> Flags:
        """Returns which rows belong to a group."""
        return np.array([one == group for one in self.groups], dtype=bool)

    def of_term(self, term: str) -> Flags:
        """Returns which rows name a term."""
        return np.array([term in found for found in self.terms], dtype=bool)


@dataclass(slots=True)
class Evaluated:
    """The numbers that figures are made from.

    Attributes:
        rates: Attribute → our score for every text, labelled or not.
        noise: Kind → scores of the rows of toxicity, toxic ones disguised, in the order of `labels`.
        disguised: How many rows were disguised.
        span_f1: F1 of each text with annotated characters.
    """

    labels: dict[str, Judged] = field(default_factory=lambda: defaultdict(Judged))
    perspective: dict[str, Pairs] = field(default_factory=dict)
    rates: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    noise: dict[str, "array[float]"] = field(default_factory=lambda: defaultdict(lambda: array("d")))
    disguised: int = 0
    span_f1: "array[float]" = field(default_factory=lambda: array("d"))
    texts: int = 0
    refused: int = 0


def evaluate(*, samples: Iterable[Sample], scorer: Scorer, language: str | None, noise: bool) -> Evaluated:
    """Scores any number of samples in small batches; no text is kept.

    Args:
        language: Trusted if given, else detected; texts in others are refused and counted.
        noise: Whether toxic texts are also scored disguised, once for each kind.

    Raises:
        ScoringError: If the engine fails.
    """
    served = outputs_served(scorer.description)
    found = Evaluated(perspective={attribute: Pairs(read) for attribute, read in served.items()})
    for batch in batched(samples, TEXTS_AT_ONCE):
        for sample, result in zip(batch, _scored(batch, scorer, language), strict=True):
            found.texts += 1
            if isinstance(result, Refusal):
                found.refused += 1
            else:
                _add(found, sample, result)
                if noise and NOISED in sample.labels and NOISED in result.scores:
                    _add_noise(found, sample, result, scorer, language)
    return found


def _scored(batch: Sequence[Sample], scorer: Scorer, language: str | None) -> list[Result | Refusal]:
    """Returns results in order, with words only for annotated texts: each takes many inferences."""
    found: dict[int, Result | Refusal] = {}
    for marked in (False, True):
        places = [i for i, sample in enumerate(batch) if (sample.marked is not None) is marked]
        texts = [batch[i].text for i in places]
        results = scorer.score(texts, languages=[language] * len(texts), spans=marked, perspective=True)
        found.update(zip(places, results, strict=True))
    return [found[i] for i in range(len(batch))]


def _add(found: Evaluated, sample: Sample, result: Result) -> None:
    for attribute, value in result.scores.items():
        found.rates[attribute].append(value)
    terms = terms_in(sample.text)
    for name, share in sample.labels.items():
        score = score_for(name, result)
        if score is not None:
            found.labels[name].add(score, share, sample.group, terms)
    _add_perspective(found, sample, result)
    if sample.marked is not None:
        found.span_f1.append(character_f1(_words(sample.text, result), sample.marked))


def score_for(name: str, result: Result) -> float | None:
    """Returns the score that a label is compared with; None if the model has none."""
    return max(
        (result.scores[attribute] for attribute in _attributes_of(name) if attribute in result.scores), default=None
    )


def output_compared(name: str, description: ModelDescription) -> bool:
    """Returns whether the model has an output to compare with a label, or an attribute of Perspective's."""
    return name in outputs_served(description) or any(one in description.attributes for one in _attributes_of(name))


def labels_unserved(names: Iterable[str], description: ModelDescription) -> list[str]:
    """Returns the labels that the model has no output for."""
    return [name for name in names if not output_compared(name, description)]


def _attributes_of(label: str) -> tuple[str, ...]:
    """Returns the attributes whose largest score is compared with a label."""
    return HATE if label == HATEFUL else (label,)


def _add_perspective(found: Evaluated, sample: Sample, result: Result) -> None:
    outputs = {**result.scores, **result.perspective}
    fold = fold_of(sample.text)
    for attribute, theirs in sample.perspective.items():
        if attribute in found.perspective:
            found.perspective[attribute].add(outputs, theirs, fold)


def _words(text: str, result: Result) -> frozenset[int]:
    """Returns the characters of the words that the engine names for toxicity."""
    spans = (span for span in result.spans if span.kind == "word" and span.attribute == "toxicity")
    return frozenset(i for span in spans for i in range(span.begin, min(span.end, len(text))))


def _add_noise(found: Evaluated, sample: Sample, result: Result, scorer: Scorer, language: str | None) -> None:
    """Adds the scores of the disguised text; one that the engine then refuses has evaded it and scores 0."""
    ranges = _toxic_words(sample) if sample.labels[NOISED] >= HALF else []
    clean = result.scores[NOISED]
    scores = dict.fromkeys(KINDS, clean)
    if ranges:
        found.disguised += 1
        texts = [disguise(sample.text, ranges, kind, random.Random(sample.text)) for kind in KINDS]  # noqa: S311
        results = scorer.score(texts, languages=[language] * len(texts))
        for kind, one in zip(KINDS, results, strict=True):
            scores[kind] = 0.0 if isinstance(one, Refusal) else one.scores[NOISED]
    for kind, score in scores.items():
        found.noise[kind].append(score)


def _toxic_words(sample: Sample) -> list[tuple[int, int]]:
    if sample.marked is None:
        return word_ranges(sample.text, abusive())
    words = (match.span() for match in WORD.finditer(sample.text))
    return [(begin, end) for begin, end in words if not sample.marked.isdisjoint(range(begin, end))]
