"""Policies: read, written as drafts, activated; thresholds suggested from the decisions so far."""

from typing import Any, TypedDict

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from archive.database.keyset import Key
from archive.models import Source
from moderation.api.requests.access import Access, read
from moderation.api.responses.schema import described
from moderation.api.serializers.inputs import NothingIn, PolicyIn, SimulationIn
from moderation.api.serializers.policies.differences import DiffOut, ResolvedOut
from moderation.api.serializers.policies.simulation import LackingOut, PolicyActivatedOut, SimulationOut
from moderation.api.serializers.policies.suggestions import SuggestionIn, SuggestionOut
from moderation.api.serializers.policies.versions import FindingOut, PolicyOut, PolicySavedOut
from moderation.api.views.base import ApiView, ListView
from moderation.api.views.pointers import below
from moderation.models import ApiKey, PolicyVersion
from moderation.policies import parse_policy
from moderation.services.errors import invalid
from moderation.services.online_scoring.equivalent import threshold_equal
from moderation.services.policies.hits import version_before
from moderation.services.policies.rollout.activation import policy_activate
from moderation.services.policies.rollout.renewal import policy_renew
from moderation.services.policies.simulation import policy_try
from moderation.services.policies.versions import policy_compare, policy_create
from moderation.services.simulation.scope import SimulationScope
from moderation.services.suggestions.suggest import threshold_suggest
from moderation.services.verdicts.facts_walk import policy_lacking

READ = read("moderation.view_policyversion")
WRITE = Access("policy", ("moderation.change_policy",))
SUGGEST = Access("moderate", ("moderation.decide",))
ACTIVATE = Access("policy_activate", ("moderation.activate_policy",))
# Of a version's number, as the database holds it.
MAX_DIGITS = 9


class Caller(TypedDict):
    """Who writes or activates, as arguments for services: a person or a key's user, and the key."""

    actor: User | None
    key: ApiKey | None


def caller(request: Request) -> Caller:
    """Returns the signed-in person, or the key with its user."""
    actor = request.user if isinstance(request.user, User) else None
    return {"actor": actor, "key": request.auth if isinstance(request.auth, ApiKey) else None}


class PolicyView(ApiView):
    """The base of views over versions of the policy."""

    source_path = ""
    queryset = PolicyVersion.objects.select_related("author", "activated_by", "rollout")
    serializer_class = PolicyOut
    lookup_field = "version"
    lookup_url_kwarg = "version"


class PolicyList(PolicyView, ListView):
    """The versions of the policy; one is active."""

    access = {"GET": READ, "POST": WRITE}
    body_class = PolicyIn
    orderings = {"version": Key("version")}
    ordering = "-version"

    @described(request=PolicyIn, responses={200: PolicySavedOut, 201: PolicySavedOut})
    def post(self, request: Request) -> Response:
        """Saves a policy as a draft, checked; 200 if the newest version says the same already."""
        fields = self.body()
        with below("/body"):
            saved = policy_create(**fields, **caller(request))
        shown = {**PolicyOut(saved.version).data, "warnings": FindingOut(saved.warnings, many=True).data}
        return Response(shown, status=201 if saved.created else 200)


class PolicyDetail(PolicyView):
    """One version of the policy."""

    access = {"GET": READ}

    def get(self, request: Request, **_: Any) -> Response:
        """Returns the version."""
        return Response(PolicyOut(self.get_object()).data)


class PolicyDiff(PolicyView):
    """What changes from one version to another."""

    access = {"GET": READ}
    parameters = {"GET": frozenset({"against"})}

    @described(
        responses=DiffOut,
        parameters=[
            OpenApiParameter("against", int, description="By default the active version, of that one the one before.")
        ],
    )
    def get(self, request: Request, **_: Any) -> Response:
        """Returns what has to change in the version `against` to make this one, part by part."""
        version = self.get_object()
        against = self._against(version)
        changes = policy_compare(before=against.body, after=version.body) if against else []
        shown = {"version": version.version, "against": against and against.version, "changes": changes}
        return Response(DiffOut(shown).data)

    def _against(self, version: PolicyVersion) -> PolicyVersion | None:
        asked = self.request.query_params.get("against")
        if asked is None:
            active = PolicyVersion.objects.filter(active=True).exclude(pk=version.pk).first()
            return active or version_before(version)
        numbered = asked.isascii() and asked.isdigit() and len(asked) <= MAX_DIGITS
        found = PolicyVersion.objects.filter(version=int(asked)).first() if numbered else None
        if found is None:
            raise invalid("/against", "There is no such version of the policy.", code="does_not_exist")
        return found


class PolicyResolution(PolicyView):
    """Works a version's numbers out anew."""

    access = {"POST": WRITE}
    body_class = NothingIn

    @described(request=None, responses={200: ResolvedOut, 201: ResolvedOut})
    def post(self, request: Request, **_: Any) -> Response:
        """Resolves the version's goals and its audit's shares from the decisions so far, for the active model.

        They are saved as a draft that waits for a person: 201. 200 if the version has these numbers already.
        """
        self.body()
        with below("/body"):
            renewed = policy_renew(version=self.get_object().version, **caller(request))
        goals = [{"pointer": at, **one.as_json()} for at, one in renewed.resolution.goals.items()]
        shown = {"version": renewed.of.version, "draft": renewed.version, "goals": goals}
        answer = ResolvedOut({**shown, "audit": list(renewed.resolution.audit)})
        return Response(answer.data, status=201 if renewed.version else 200)


class PolicyActivation(PolicyView):
    """Makes a version the active one."""

    access = {"POST": ACTIVATE}
    body_class = NothingIn

    @described(request=None, responses=PolicyActivatedOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Runs the version's checks and tests, and makes it the one that judges; returns it and what rows lack.

        Goals are resolved, and the audit's shares worked out, from the decisions so far. The numbers are frozen in a
        new version, which is activated in place of this one and returned.
        """
        self.body()
        with below("/body"):
            version = policy_activate(version=self.get_object().version, **caller(request))
        lacking = policy_lacking(parse_policy(version.body, version=version.version))
        return Response({**PolicyOut(version).data, "lacking": LackingOut(lacking).data})


class PolicySimulation(ApiView):
    """What a policy would do with stored scores."""

    access = {"POST": Access("moderate", ("moderation.decide",))}
    body_class = SimulationIn
    serializer_class = SimulationOut

    @described(request=SimulationIn, responses=SimulationOut)
    def post(self, request: Request) -> Response:
        """Judges up to 200,000 comments by a policy beside the active one, and writes nothing."""
        fields = self.body()
        policy = {name: fields.get(name) for name in ("body", "version")}
        ends = fields.get("since"), fields.get("until")
        scope = SimulationScope(*ends, sources=self._sources(fields), section=fields.get("section", ""))
        return Response(policy_try(**policy, scope=scope))

    def _sources(self, fields: dict[str, Any]) -> tuple[int, ...]:
        """Returns the ids of the sources asked for, of those that the caller may see."""
        if "source" not in fields:
            return tuple(self.allowed_sources)
        found = self.limited(Source.objects.filter(slug=fields["source"]), "pk").first()
        if found is None:
            raise invalid("/source", "There is no such source.")
        return (found.pk,)


class PolicySuggestion(PolicyView):
    """The threshold that meets a goal, from the newsroom's own decisions."""

    access = {"POST": SUGGEST}
    body_class = SuggestionIn

    @described(request=SuggestionIn, responses=SuggestionOut)
    def post(self, request: Request) -> Response:
        """Returns the threshold that meets the goal on the unfavourable end of its 95 % interval.

        With `guarantee` the goal has the form `minimum match_rate @ recall >= 0.95`, which is then kept at a confidence
        of 95 %. With `perspective` in place of a goal: the threshold that flags as many of the newest comments. If the
        decisions so far do not support an answer, `threshold` is null, and `more` says about how many more would; null
        if more of the same would not help. Nothing is stored.
        """
        fields = self.body()
        goal, theirs, guarantee = (fields.pop(name, None) for name in ("goal", "perspective", "guarantee"))
        if (goal is None) == (theirs is None):
            raise invalid("/goal", "Give either a goal or a threshold on Perspective's scale.", code="one_of")
        if goal is None and guarantee:
            raise invalid("/guarantee", "A threshold on Perspective's scale cannot be guaranteed.")
        asked = {"attribute": fields.pop("attribute"), "scope": self._scope(fields)}
        if goal is None:
            return Response(threshold_equal(threshold=theirs, **asked).as_json())
        return Response(threshold_suggest(goal=goal, guarantee=guarantee, **asked).as_json())

    def _scope(self, fields: dict[str, Any]) -> SimulationScope:
        """Returns which comments it is about: of the sources that are asked for, of those that the caller may see."""
        slugs = fields.pop("sources", [])
        seen = self.limited(Source.objects.all(), "id")
        known = dict(seen.filter(slug__in=slugs).values_list("slug", "pk"))
        for at, slug in enumerate(slugs):
            if slug not in known:
                raise invalid(f"/sources/{at}", f"There is no source {slug}.", code="does_not_exist")
        return SimulationScope(sources=tuple(known.values()) or tuple(self.allowed_sources), **fields)
