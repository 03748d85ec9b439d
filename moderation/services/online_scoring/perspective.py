"""A text's scores on Perspective's scale: the outputs of the model that serves its language, through its calibration.

Perspective's attributes are served from the model's `perspective_…` outputs if it has them, with its attributes of
the same meaning if that helps, or from these alone; the further ones from an output of their own. What a model has
no output for is not served: no stand-in.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import structlog
from django.conf import settings
from prometheus_client import Counter

from moderation.scoring import Language, ModelDescription, Refusal, Result, ScoringError
from moderation.scoring.calibration import Calibration, Curve, checked, mean_of, own_calibration, read_calibration
from moderation.scoring.perspective import outputs_served
from moderation.scoring.plans import plan
from moderation.scoring.queueing.admission import Place
from moderation.scoring.text.language import base_code, language_code
from moderation.scoring.text.offset_mapped import readable
from moderation.scoring.text.sentences import sentence_ranges
from moderation.services.errors import ServiceError
from moderation.services.online_scoring.request_queue import RequestQueue

log = structlog.get_logger(__name__)

CALIBRATIONS = Path("var") / "perspective"
DIGITS = 7

DISAGREEMENTS = Counter(
    "moderato_language_disagreements",
    "Texts whose declared language was trusted although another one was detected.",
    ["declared", "detected"],
)


@dataclass(frozen=True, slots=True)
class SentenceScores:
    """A sentence's place, in code points of the text, and its scores."""

    begin: int
    end: int
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PerspectiveScores:
    """Attribute → score from 0 to 1, of the text and of its sentences (none unless asked for)."""

    scores: Mapping[str, float]
    sentences: tuple[SentenceScores, ...]
    model: str


@dataclass(frozen=True, slots=True)
class Languages:
    """What a text is in: as declared, as detected, and as it is scored.

    Attributes:
        declared: Tags as they came, without those that say nothing (`und`, `auto`).
        detected: The models' default if the text is short or doubtful; empty if it has nothing to read.
        used: The language to score it in, a declared tag if there is one; empty if no model serves it.
        unserved: Those of `declared`, else of `detected`, that no model serves.
    """

    declared: tuple[str, ...]
    detected: str
    used: str
    unserved: tuple[str, ...]


def attributes_served(*, queue: RequestQueue, language: str = "") -> frozenset[str]:
    """Returns Perspective's attributes that any of a queue's models serves, or the one that serves `language`."""
    routing = queue.routing
    models = [routing.routes[language_code(language)]] if language else routing.models
    return frozenset(attribute for model in models for attribute in outputs_served(model))


def languages_judge(*, queue: RequestQueue, text: str, declared: Sequence[str]) -> Languages:
    """Returns the languages of a text.

    If all declared languages are served they are trusted, also if detection denies them, which is counted. If some of
    them are, MODERATION_PERSPECTIVE_ANY_LANGUAGE says whether a text that is detected as one of these is scored in it.
    Without a declared language the detected one counts.
    """
    served = queue.routing.routes
    found = plan(text, None, None, queue.routing).language
    detected = found.code if found else ""
    tags = tuple(tag for tag in declared if language_code(tag))
    unserved = tuple(tag for tag in tags or [detected] if language_code(tag) not in served)
    if tags and found and not unserved:
        _count_disagreement([language_code(tag) for tag in tags], found)
    return Languages(tags, detected, _used(tags, detected, served, unserved), unserved)


def _used(tags: Sequence[str], detected: str, served: Collection[str], unserved: Collection[str]) -> str:
    """The language to score in: the declared tag of what was detected, if there is one."""
    detected_tag = next(
        (tag for tag in tags or [detected] if language_code(tag) == detected and detected in served), ""
    )
    if not unserved:
        return detected_tag or next(iter(tags), detected)
    return detected_tag if settings.MODERATION_PERSPECTIVE_ANY_LANGUAGE else ""


def _count_disagreement(codes: Sequence[str], found: Language) -> None:
    if found.origin == "detected" and found.code not in codes:
        DISAGREEMENTS.labels(declared=codes[0], detected=found.code).inc()


def scores_begin(
    *, queue: RequestQueue, text: str, language: str, sentences: bool = False, place: Place | None = None
) -> Callable[[], PerspectiveScores]:
    """Queues a text and returns what waits for its scores.

    Args:
        queue: From `request_queue_active`.
        text: Anything with a letter or a digit in it; `languages_judge` says so by `detected`.
        language: A language that one of the models serves.
        sentences: Whether each sentence is scored by itself too, in the same round.
        place: The caller's place in the queue, with which it is not refused.

    Raises:
        ServiceError: `overloaded`, as `RequestQueue.submit`. The returned function raises `no_text`,
            `language_not_supported`, or `scoring_failed`, which is retryable if the engine says so.
    """
    ranges = sentence_ranges(readable(text), base_code(language)) if sentences else []
    texts = [text, *(text[begin:end] for begin, end in ranges)]
    future = queue.submit(texts=texts, languages=[language] * len(texts), place=place)

    def finish() -> PerspectiveScores:
        try:
            found = future.result()
        except ScoringError as error:
            raise ServiceError("scoring_failed", error.detail, retryable=error.retryable) from error
        return _scores(found, ranges, queue)

    return finish


def _scores(found: list[Result | Refusal], ranges: list[tuple[int, int]], queue: RequestQueue) -> PerspectiveScores:
    whole = found[0]
    if isinstance(whole, Refusal):
        raise ServiceError(whole.code, whole.detail)
    # A sentence of nothing but marks says nothing by itself: it has no score of its own.
    places = zip(ranges, found[1:], strict=True)
    parts = [(place, result) for place, result in places if isinstance(result, Result)]
    model = queue.routing.described(whole.model)
    sentences = tuple(SentenceScores(*place, scores_calibrated(result, model)) for place, result in parts)
    return PerspectiveScores(scores_calibrated(whole, model), sentences, whole.model)


def scores_calibrated(result: Result, description: ModelDescription) -> dict[str, float]:
    """Returns Perspective's attribute → score, of a result that has the outputs on Perspective's scale."""
    outputs = {**result.scores, **result.perspective}
    calibration = calibration_active(description)
    curves = calibration.curves if calibration else {}
    return {
        attribute: round(_score(curves.get(attribute), read, outputs), DIGITS)
        for attribute, read in outputs_served(description).items()
    }


def _score(curve: Curve | None, read: Sequence[str], outputs: Mapping[str, float]) -> float:
    """An attribute through its curve, which knows what it reads; without one as the model has it."""
    return curve(mean_of(curve.read, outputs)) if curve else mean_of(read, outputs)


def calibration_path(name: str) -> Path:
    """Returns where the local calibration of this name is kept."""
    return Path(settings.BASE_DIR) / CALIBRATIONS / f"{name}.json"


def calibration_active(description: ModelDescription) -> Calibration | None:
    """Returns the calibration in use: one that MODERATION_PERSPECTIVE_CALIBRATION names, else the model's own.

    The setting may name several, one for each model. A local calibration that cannot be used is logged once, and the
    model's own stands in. Read once in a process.
    """
    return _calibration(settings.MODERATION_PERSPECTIVE_CALIBRATION, description)


@cache
def _calibration(names: str, description: ModelDescription) -> Calibration | None:
    for name in filter(None, map(str.strip, names.split(","))):
        try:
            found = read_calibration(calibration_path(name))
            if found.model.partition("@")[0] == description.name:
                return checked(found, description)
        except ScoringError as error:
            log.error("perspective_calibration_unusable", name=name, reason=error.code)
    return own_calibration(description)
