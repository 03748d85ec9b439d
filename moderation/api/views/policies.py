"""Policies: read, written as drafts, activated."""

from typing import Any, TypedDict

from django.contrib.auth.models import User
from rest_framework.request import Request
from rest_framework.response import Response

from archive.database.keyset import Key
from moderation.api.access import Access, read
from moderation.api.schema import described
from moderation.api.serializers.inputs import NothingIn, PolicyIn
from moderation.api.serializers.outputs import FindingOut, PolicyOut, PolicySavedOut
from moderation.api.views.base import ApiView, ListView
from moderation.api.views.pointers import below
from moderation.models import ApiKey, PolicyVersion
from moderation.services.policies.activation import policy_activate
from moderation.services.policies.versions import policy_create

READ = read("moderation.view_policyversion")
WRITE = Access("policy", ("moderation.change_policy",))
ACTIVATE = Access("policy_activate", ("moderation.activate_policy",))


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


class PolicyActivation(PolicyView):
    """Makes a version the active one."""

    access = {"POST": ACTIVATE}
    body_class = NothingIn

    @described(request=None, responses=PolicyOut)
    def post(self, request: Request, **_: Any) -> Response:
        """Runs the version's checks and tests, and makes it the one that judges; returns it."""
        self.body()
        with below("/body"):
            version = policy_activate(version=self.get_object().version, **caller(request))
        return Response(PolicyOut(version).data)
