"""The audit's shares are worked out from what passes, and each draw keeps the chance with which it came."""

from collections.abc import Callable
from typing import Any

import pytest
from scipy.stats import binomtest

from archive.models import Comment
from moderation.models import ModelVersion, PolicyVersion, Review, Score
from moderation.policies import Verdict, parse_policy
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.renewal import policy_renew
from moderation.services.policies.versions import policy_create
from moderation.services.verdicts.features import comment_facts
from moderation.services.verdicts.transitions import Scored, review_apply_verdict

RULE = {"id": "toxic", "when": {"attribute": "toxicity", "gte": 0.8}, "action": "queue"}
AUDIT = {"share": 0.2, "floor": 0.05, "strata": 3}

pytestmark = pytest.mark.django_db


def version(audit: dict[str, Any]) -> PolicyVersion:
    body = {"schema": 2, "name": "x", "rules": [{**RULE, "when": {"all": [RULE["when"]]}}], "audit": audit}
    return policy_create(body=body, actor=None).version


def passed(comment: Comment, toxicity: float) -> None:
    model, _ = ModelVersion.objects.get_or_create(name="compact", version=1, sha256="0" * 64)
    columns = {"revision": 1, "text_hash": comment.text_hash, "toxicity": toxicity}
    score = Score.objects.create(comment=comment, model=model, **columns)
    where = {"source": comment.source, "article": comment.article, "created_at": comment.created_at}
    Review.objects.create(comment=comment, state="passed", score=score, toxicity=toxicity, risk=toxicity / 0.8, **where)


def test_shares_keep_the_budget_and_look_where_more_is_missed(make_comment: Callable[..., Comment]) -> None:
    for toxicity, count in ((0.01, 30), (0.3, 10), (0.5, 10)):
        for _ in range(count):
            passed(make_comment(), toxicity)
    before = version(AUDIT)
    frozen = policy_activate(version=before.version, actor=None)
    shares = frozen.body["audit"]["shares"]
    assert (frozen.version, frozen.status, before.body["audit"]) == (before.version + 1, "active", AUDIT)
    assert frozen.note.startswith(f"Version {before.version} with its numbers: the audit's shares {shares[0]}, ")
    assert shares == sorted(shares)
    assert shares[0] >= 0.05
    assert sum(n * share for n, share in zip((30, 10, 10), shares, strict=True)) == pytest.approx(10, abs=0.001)


def test_a_uniform_audit_has_no_shares_to_work_out() -> None:
    uniform = version({"share": 0.2})
    assert policy_activate(version=uniform.version, actor=None) == uniform


def test_shares_stay_until_they_are_worked_out_anew(make_comment: Callable[..., Comment]) -> None:
    given = version({**AUDIT, "shares": [0.1, 0.2, 0.3]})
    assert policy_activate(version=given.version, actor=None) == given
    passed(make_comment(), 0.01)
    renewed = policy_renew(version=given.version).version
    assert renewed is not None
    assert (renewed.status, renewed.body["audit"]["shares"]) != ("draft", [0.1, 0.2, 0.3])
    assert renewed.status == "draft"
    assert policy_renew(version=renewed.version).version is None


def test_the_audit_draws_at_the_chance_that_it_stores(make_comment: Callable[..., Comment]) -> None:
    row = version({**AUDIT, "shares": [0.05, 0.2, 0.6]})
    policy, risks, each = parse_policy(row.body), (0.1, 0.3, 0.7), 400
    comment = make_comment()
    for risk, chance in zip(risks, (0.05, 0.2, 0.6), strict=True):
        verdict, drawn = Verdict(action="pass", rule="", policy=row.version, risk=risk), 0
        for at in range(each):
            comment.external_id = f"{risk}-{at}"
            one = Scored(comment, None, verdict, {"text_hash": comment.text_hash}, policy.audit_chance(risk))
            review, _ = review_apply_verdict(scored=one, review=None, policy=row)
            assert review.review_probability == (chance if review.sampled else 1.0)
            drawn += review.sampled
        # Under the stored chance, fewer or more than that are drawn once in a million times.
        assert binomtest(drawn, each, chance).pvalue > 1e-6


def test_a_drawn_comment_keeps_its_stratums_chance(make_comment: Callable[..., Comment]) -> None:
    row = version({**AUDIT, "shares": [0.05, 0.1, 0.9999]})
    policy, comment = parse_policy(row.body), make_comment()
    verdict = Verdict(action="pass", rule="", policy=row.version, risk=0.7)
    one = Scored(comment, None, verdict, comment_facts(comment), policy.audit_chance(verdict.risk))
    review, _ = review_apply_verdict(scored=one, review=None, policy=row)
    assert (review.state, review.sampled, review.review_probability) == ("pending", True, 0.9999)
