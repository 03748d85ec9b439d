"""A policy's way into effect: in shadow, on a share of the comments, retired, taken back; what its rules hit."""

from math import isfinite
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.api.responses.schema import described
from moderation.api.serializers.inputs import NothingIn
from moderation.api.serializers.policies.stages import AlarmsOut, HitsOut, ReversionOut, RevertIn, RolloutIn, ShadowOut
from moderation.api.serializers.policies.versions import PolicyOut
from moderation.api.views.pointers import below
from moderation.api.views.rules.policies import ACTIVATE, READ, PolicyView, caller
from moderation.services.policies.hits import RuleAlarm, rule_alarms, rule_hits
from moderation.services.policies.rollout.stages import policy_retire, policy_revert, policy_rollout, policy_shadow
from moderation.services.policies.shadow_report import shadow_report

# A call that reverts ends after so many seconds, and the next one goes on.
REVERT_SECONDS = 10


class PolicyShadow(PolicyView):
    """A version in shadow: it judges all that comes, without effect."""

    access = {"GET": READ, "POST": ACTIVATE}
    body_class = NothingIn

    @described(responses=ShadowOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Returns what the version said as a candidate, beside the active one and what people decided."""
        return Response(ShadowOut(shadow_report(version=self.get_object(), sources=self.allowed_sources)).data)

    @described(request=None, responses=PolicyOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Puts the version into shadow; returns it."""
        self.body()
        with below("/body"):
            version = policy_shadow(version=self.get_object().version, **caller(request))
        return Response(PolicyOut(version).data)


class PolicyRollout(PolicyView):
    """A version that judges a share of the comments that come."""

    access = {"POST": ACTIVATE}
    body_class = RolloutIn

    @described(request=RolloutIn, responses=PolicyOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Sets the share; what is in it stays in a larger one. Takes a brake off. Returns the version."""
        fields = self.body()
        with below("/body", fields=frozenset({"/percent"})):
            version = policy_rollout(version=self.get_object().version, **fields, **caller(request))
        return Response(PolicyOut(version).data)


class PolicyRetirement(PolicyView):
    """Ends a draft or a candidate."""

    access = {"POST": ACTIVATE}
    body_class = NothingIn

    @described(request=None, responses=PolicyOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Retires the version; returns it."""
        self.body()
        return Response(PolicyOut(policy_retire(version=self.get_object().version, **caller(request))).data)


class PolicyReversion(PolicyView):
    """Undoes what a rule did without a person."""

    access = {"POST": ACTIVATE}
    body_class = RevertIn

    @described(request=RevertIn, responses=ReversionOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Undoes for up to ten seconds; the rule acts through a person from then on. Returns how far it has come."""
        fields = self.body()
        version = self.get_object().version
        reversion = policy_revert(version=version, **fields, **caller(request), seconds=REVERT_SECONDS)
        return Response(ReversionOut(reversion).data)


class PolicyHits(PolicyView):
    """What a version's rules hit, day by day."""

    access = {"GET": READ}

    @described(responses=HitsOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Returns the hits a rule a day of the last 28 days, in UTC, beside the version before or the active one."""
        today, sources = timezone.now().date(), self.allowed_sources
        return Response(HitsOut(rule_hits(version=self.get_object(), until=today, sources=sources)).data)


class PolicyAlarms(PolicyView):
    """Whether a version's rules behave as they did."""

    access = {"GET": READ}

    @described(responses=AlarmsOut)
    def get(self, request: Request, **_: Any) -> Response:
        """Returns each rule's share of today's comments, in UTC, and whether it leaves the rule's own history."""
        version, day = self.get_object(), timezone.now().date()
        rules = [_alarm_json(row) for row in rule_alarms(version=version, day=day, sources=self.allowed_sources)]
        return Response(AlarmsOut({"version": version.version, "day": day, "rules": rules}).data)


def _alarm_json(row: RuleAlarm) -> dict[str, Any]:
    figures = {name: getattr(row.alarm, name) for name in ("share", "low", "high", "p")}
    known = {name: figure if isfinite(figure) else None for name, figure in figures.items()}
    return {"rule": row.rule, "hits": row.hits, "judged": row.judged, "alarm": row.alarm.state.value, **known}
