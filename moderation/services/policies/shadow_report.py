"""What a candidate would have done, beside the active version, and beside what people decided since."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Count, F, Q, QuerySet

from moderation.estimates.measures import false_alarm_share, missed_share, precision, recall
from moderation.estimates.outcomes import tables_by_group
from moderation.estimates.rows import Rows
from moderation.models import DecidedBy, PolicyVersion, ShadowVerdict, State
from moderation.policies.verdict import FLAGGING_ACTIONS
from moderation.services.verdicts.policy import rollout_of

DECIDED = Q(comment__review__decided_by=DecidedBy.PERSON, comment__review__state__in=[State.APPROVED, State.REJECTED])
MEASURES = (precision, recall, missed_share, false_alarm_share)
# Somebody was asked: else the comment is of no sample.
ASKED = Q(comment__review__sampled=True) | Q(comment__review__flagged=True)
CURRENT = Q(revision=F("comment__revision"), comment__taken_revision=F("comment__revision"))


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What a candidate said about the newest comments.

    Attributes:
        compared: Comments that both versions judged; `failures` are those on which the candidate failed.
        actions: How often which action of the active version met which of the candidate's.
        rules: How often each of the candidate's rules decided; the empty one is that none matched.
        estimates: Of either version, precision, recall, missed and false-alarm share as people decided.
    """

    compared: int
    failures: int
    actions: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    estimates: list[dict[str, Any]]


def shadow_report(*, version: PolicyVersion, sources: Collection[int] = ()) -> ShadowReport:
    """Returns what the version said as a candidate; three queries, and `version.rollout` if it is not loaded.

    `sources` are ids: of their comments alone, but for the failures; none: of all.
    """
    verdicts = ShadowVerdict.objects.filter(policy=version)
    verdicts = verdicts.filter(comment__source__in=sources) if sources else verdicts
    pairs = verdicts.values_list("active_action", "action").annotate(comments=Count("pk")).order_by("-comments")
    rules = verdicts.values_list("rule").annotate(comments=Count("pk")).order_by("-comments", "rule")
    actions = [{"active": active, "candidate": action, "comments": count} for active, action, count in pairs]
    rollout = rollout_of(version)
    return ShadowReport(
        compared=sum(pair["comments"] for pair in actions),
        failures=rollout.failures if rollout else 0,
        actions=actions,
        rules=[{"rule": rule, "comments": count} for rule, count in rules],
        estimates=_estimates(verdicts),
    )


def _estimates(verdicts: QuerySet[ShadowVerdict]) -> list[dict[str, Any]]:
    decided = verdicts.filter(DECIDED, ASKED, CURRENT)
    names = ("action", "active_action", "comment__review__state", "comment__review__review_probability")
    rows = list(decided.values_list(*names))
    harmful = np.array([row[2] == State.REJECTED for row in rows], dtype=np.bool_)
    probability = np.array([row[3] for row in rows], dtype=np.float64)
    reviewed = np.ones(len(rows), dtype=np.bool_)
    found = []
    for at, name in enumerate(("candidate", "active")):
        matched = np.array([row[at] in FLAGGING_ACTIONS for row in rows], dtype=np.bool_)
        tables = tables_by_group(Rows(matched=matched, reviewed=reviewed, harmful=harmful, probability=probability))
        measured = {measure.__name__: measure(tables)[0].as_json() for measure in MEASURES}
        found.append({"of": name, "decided": len(rows), **measured})
    return found
