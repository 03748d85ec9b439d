"""Runs a policy's own tests: their texts are scored by the active models."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from moderation.policies import Policy, judge, judge_refusal
from moderation.policies.examples import Example, ExampleOutcome
from moderation.scoring import Refusal, Result, ScoringError
from moderation.services.errors import ServiceError
from moderation.services.model_versions import scorer_active
from moderation.services.verdicts.features import text_features


def policy_test(*, policy: Policy) -> list[ExampleOutcome]:
    """Returns what the policy does with each of its tests, in their order.

    Runs the model for tests with a text, outside of transactions. Raises ServiceError: `validation_error` if a goal of
    the policy has no number yet, `unavailable`, worth a retry, if the model fails.
    """
    texts = [example for example in policy.tests if example.scores is None]
    results = dict(zip((one.pointer for one in texts), _scored(texts), strict=True))
    return [_outcome(policy, example, results.get(example.pointer)) for example in policy.tests]


def _scored(examples: Sequence[Example]) -> list[Result | Refusal]:
    if not examples:
        return []
    languages = [example.features.language for example in examples]
    try:
        return scorer_active().score([example.text for example in examples], languages=languages)
    except ScoringError as error:
        raise ServiceError("unavailable", _("The model is not available at the moment."), retryable=True) from error


def _outcome(policy: Policy, example: Example, scored: Result | Refusal | None) -> ExampleOutcome:
    if isinstance(scored, Refusal):
        verdict = judge_refusal(policy, scored.code)
    else:
        features = example.features
        if scored is not None:
            known = replace(text_features(raw=example.text, text=example.text), language=scored.language.code)
            features = example.completed(known)
        scores = scored.scores if scored is not None else example.scores or {}
        verdict = judge(policy, scores, features=features, source=example.source, section=example.section)
    return ExampleOutcome(example, verdict.action, verdict.rule)
