"""The API's OpenAPI schema: names of components, problem responses for every operation, keys as Bearer tokens."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import extend_schema

from moderation.api.responses.problems import CONTENT_TYPE
from moderation.api.serializers.analysis import ProblemOut
from moderation.api.serializers.fields import StrictSerializer
from moderation.api.serializers.inputs import MAX_ITEMS

PROBLEMS = {"4XX": "What is wrong with the request", "5XX": "What failed here"}
Handler = TypeVar("Handler", bound=Callable[..., Any])


def described(**options: Any) -> Callable[[Handler], Handler]:
    """Returns drf-spectacular's `extend_schema` as a decorator that keeps the handler's type."""
    return cast("Callable[[Handler], Handler]", extend_schema(**options))


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    """Describes API keys."""

    target_class = "moderation.api.requests.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Returns the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A key from `manage.py create_api_key`."}


class OneOrManyExtension(OpenApiSerializerExtension):  # type: ignore[misc]
    """Describes a body that is one object or a list of them."""

    target_class = "moderation.api.serializers.fields.OneOrMany"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Returns the schema for either form."""
        one = auto_schema.resolve_serializer(self.target.one, direction).ref
        return {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_ITEMS}]}


class EndpointSchema(AutoSchema):  # type: ignore[misc]
    """Adds what all operations share: problem responses, and request bodies without additional properties."""

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        """Returns the component's name without In or Out: both CommentIn and CommentOut are Comment."""
        name: str = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Out").removesuffix("In")

    def get_description(self) -> str:
        """Returns the operation's description; for a list, that of its view."""
        is_list = self.method == "GET" and hasattr(self.view, "list")
        return get_doc(self.view.__class__) if is_list else str(super().get_description())

    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        return {**schema, "additionalProperties": False} if isinstance(serializer, StrictSerializer) else schema

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        body: dict[str, Any] | None = super()._get_request_body(direction)
        return {**body, "required": True} if body else None

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        content = {CONTENT_TYPE: {"schema": self.resolve_serializer(ProblemOut, direction).ref}}
        return bodies | {statuses: {"description": title, "content": content} for statuses, title in PROBLEMS.items()}
