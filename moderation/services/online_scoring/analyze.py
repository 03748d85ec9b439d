"""Scoring texts that nobody stores: the active models and the active policy, asked for their opinion."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from moderation.policies import Features, features_needed, judge
from moderation.policies.policy import Policy
from moderation.scoring import Refusal, Result, Routing, ScoringError
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

    Each text goes to the model that serves its language, which its result names; the `model` of all is None if they
    differ. A `language` is trusted and not detected. `attributes` limits which scores are shown; the verdict weighs
    all. A text that no model serves has `error` in place of scores. Raises ServiceError for an attribute that no model
    serves, and, worth a retry, `overloaded` if the queue had no place in time or `unavailable` if the model fails.
    """
    _, policy = policy_active()
    try:
        queue = request_queue_active()
        wanted = _wanted(queue.routing, attributes)
        found = queue.submit(texts=texts, languages=[language] * len(texts), spans=spans).result()
    except ScoringError as error:
        raise ServiceError("unavailable", "The model is not available at the moment.", retryable=True) from error
    lists = lists_compiled() if "lists" in features_needed(policy) else None
    features = [_features(text, one, lists) for text, one in zip(texts, found, strict=True)]
    shown = (_shown(known, one, policy, wanted, spans=spans) for known, one in zip(features, found, strict=True))
    results = [{"index": index, **one} for index, one in enumerate(shown)]
    return {"model": _model_of_all(queue.routing, found), "results": results}


def _model_of_all(routing: Routing, found: Sequence[Result | Refusal]) -> str | None:
    """The model of all results, of a single one that is active also if it refused them all; None where they differ."""
    labels = {one.model for one in found if isinstance(one, Result)} or {model.label for model in routing.models}
    return labels.pop() if len(labels) == 1 else None


def _wanted(routing: Routing, asked: Sequence[str] | None) -> tuple[str, ...]:
    served = routing.attributes
    unknown = [(index, name) for index, name in enumerate(asked or ()) if name not in served]
    if unknown:
        who = "The model serves" if len(routing.models) == 1 else "The models serve"
        detail = f"{who} {', '.join(served)}."
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
        "model": one.model,
        "scores": {name: one.scores[name] for name in wanted if name in one.scores},
        "language": one.language,
        "windows": one.windows,
        "normalised": one.normalised,
        "verdict": judge(policy, one.scores, features=features, source="", section="").as_json(),
    }
    return {**shown, "spans": [span for span in one.spans if span.attribute in wanted]} if spans else shown
