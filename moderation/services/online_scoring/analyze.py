"""Scoring texts that nobody stores: the active model and the active policy, asked for their opinion."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from moderation.policies import Features, features_needed, judge
from moderation.policies.policy import Policy
from moderation.scoring import Refusal, Result, ScoringError
from moderation.services.errors import FieldError, ServiceError
from moderation.services.online_scoring.request_queue import request_queue_active
from moderation.services.verdicts.features import text_features
from moderation.services.verdicts.policy import policy_active
from moderation.services.word_lists.matching import CompiledLists, lists_compiled


def texts_analyze(
    *,
    texts: Sequence[str],
    language: str | None = None,
    attributes: Sequence[str] | None = None,
    spans: bool = False,
) -> dict[str, Any]:
    """Returns `{"model", "results"}`; n texts in, n results out, in the same order.

    A `language` is trusted and not detected. `attributes` limits which scores are shown; the verdict weighs all. A text
    that the model refuses has `error` in place of scores. Raises ServiceError for an attribute that the model does not
    serve, and, worth a retry, `overloaded` if the queue had no place in time or `unavailable` if the model fails.
    """
    _, policy = policy_active()
    try:
        queue = request_queue_active()
        wanted = _wanted(queue.description.attributes, attributes)
        found = queue.submit(texts=texts, languages=[language] * len(texts), spans=spans).result()
    except ScoringError as error:
        raise ServiceError("unavailable", "The model is not available at the moment.", retryable=True) from error
    lists = lists_compiled() if "lists" in features_needed(policy) else None
    features = [_features(text, one, lists) for text, one in zip(texts, found, strict=True)]
    shown = (_shown(known, one, policy, wanted, spans=spans) for known, one in zip(features, found, strict=True))
    results = [{"index": index, **one} for index, one in enumerate(shown)]
    return {"model": queue.description.label, "results": results}


def _wanted(served: Sequence[str], asked: Sequence[str] | None) -> tuple[str, ...]:
    unknown = [(index, name) for index, name in enumerate(asked or ()) if name not in served]
    if unknown:
        detail = f"The model serves {', '.join(served)}."
        errors = [FieldError(f"/attributes/{index}", "unknown_attribute", detail) for index, _ in unknown]
        raise ServiceError("validation_error", f"{errors[0].pointer}: {detail}", tuple(errors))
    return tuple(asked or served)


def _features(text: str, one: Result | Refusal, lists: CompiledLists | None) -> Features:
    """The features of a text that nobody wrote under an article: no record, no reports, and no age of the article."""
    language = one.language.code if one.language else ""
    features = text_features(raw=text, text=text, language=language, lists=lists)
    return replace(features, language=language or None)


def _shown(
    features: Features, one: Result | Refusal, policy: Policy, wanted: Sequence[str], *, spans: bool
) -> dict[str, Any]:
    if isinstance(one, Refusal):
        return {"error": {"code": one.code, "detail": one.detail}}
    shown: dict[str, Any] = {
        "scores": {name: one.scores[name] for name in wanted},
        "language": one.language,
        "windows": one.windows,
        "normalised": one.normalised,
        "verdict": judge(policy, one.scores, features=features, source="", section="").as_json(),
    }
    return {**shown, "spans": [span for span in one.spans if span.attribute in wanted]} if spans else shown
